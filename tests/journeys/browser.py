"""
Chromium, and the people who use it: one with a mouse, one with nothing but a keyboard.

A step of a journey is written once, for a :class:`Person`; who takes it decides which keys are pressed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from playwright.sync_api import Browser, FilePayload, Locator, Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# Started as root in a container there is no sandbox; nothing but the tested site is ever opened.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 20_000  # milliseconds for a page or a part of it to appear
MOST_STEPS = 400  # presses of Tab before a target counts as out of reach

Name = str | re.Pattern[str]

# Where the focus is: whether that is the target, and whether a sighted person sees it there.
FOCUS = """
target => {
    const focused = document.activeElement;
    if (!focused || focused === document.body) return { what: "nothing", onTarget: false, fault: "" };
    const style = getComputedStyle(focused);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    const marked = outlined || style.boxShadow !== "none";
    const box = focused.getClientRects()[0] || focused.getBoundingClientRect();
    const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 2);
    const y = Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 2);
    const inView = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const there = document.elementFromPoint(x, y);
    const uncovered = there && (focused.contains(there) || there.contains(focused));
    return {
        what: `${focused.tagName.toLowerCase()} "${(focused.innerText || focused.name || "").slice(0, 60)}"`,
        onTarget: focused === target,
        fault: !marked ? "has no visible focus" : !inView ? "is out of view" : !uncovered ? "is covered" : "",
    };
}
"""


def find_chromium() -> str:
    """
    Return the path of the machine's Chromium.

    :raises LookupError: if there is none; the text says what to install.
    """
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise LookupError(f"There is no Chromium here. Install one of: {', '.join(PROGRAMS)}.")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """
    Run the machine's Chromium, without a window.

    :raises LookupError: if there is none.
    """
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Person(Protocol):
    """Somebody who uses pages as they present themselves: by the names of links, buttons and fields."""

    @property
    def page(self) -> Page: ...

    def use(self, target: Locator) -> None:
        """Follow a link or press a button."""

    def fill(self, label: str, text: str) -> None:
        """Write into a field."""

    def write(self, field: Locator, text: str) -> None:
        """Write into a field that its label alone does not tell from others."""

    def check(self, box: Locator) -> None:
        """Tick a box, or choose one of several."""

    def choose(self, label: str, option: str) -> None:
        """Choose from a list."""

    def attach(self, field: Locator, file: FilePayload) -> None:
        """Choose a file."""


def link(page: Page, name: Name) -> Locator:
    """Return the first link of the page with this name."""
    return page.get_by_role("link", name=name).first


def button(page: Page, name: Name) -> Locator:
    """Return the button of the page with this name, be it a button or a link that looks like one."""
    return page.get_by_role("button", name=name)


@dataclass(frozen=True, slots=True)
class Mouse:
    """Somebody who points and clicks."""

    page: Page

    def use(self, target: Locator) -> None:
        target.click()

    def fill(self, label: str, text: str) -> None:
        self.write(self.page.get_by_label(label, exact=True), text)

    def write(self, field: Locator, text: str) -> None:
        field.fill(text)

    def check(self, box: Locator) -> None:
        box.check()

    def choose(self, label: str, option: str) -> None:
        self.page.get_by_label(label, exact=True).select_option(label=option)

    def attach(self, field: Locator, file: FilePayload) -> None:
        field.set_input_files(file)


@dataclass(frozen=True, slots=True)
class Keyboard:
    """Somebody who has no pointer: Tab, Enter and letters; every stop on the way must show where it is."""

    page: Page

    def use(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Enter")

    def fill(self, label: str, text: str) -> None:
        self.write(self.page.get_by_label(label, exact=True), text)

    def write(self, field: Locator, text: str) -> None:
        self._reach(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def check(self, box: Locator) -> None:
        if box.get_attribute("type") == "checkbox":
            self._reach(box)
            self.page.keyboard.press("Space")
            return
        self._reach(self.page.locator(f'[type=radio][name="{box.get_attribute("name")}"]').first)
        self.page.keyboard.press("Space")
        while not box.is_checked():  # arrows go round, so this ends
            self.page.keyboard.press("ArrowDown")

    def choose(self, label: str, option: str) -> None:
        self._reach(self.page.get_by_label(label, exact=True))
        self.page.keyboard.type(option)

    def attach(self, field: Locator, file: FilePayload) -> None:
        self._reach(field)
        field.set_input_files(file)  # in a window of the system, not of the page

    def _reach(self, target: Locator) -> None:
        """
        Go from where the focus is to the target.

        :raises AssertionError: if it cannot be reached, or the focus cannot be seen at a stop on the way.
        """
        handle = target.element_handle(timeout=PATIENCE)
        for _ in range(MOST_STEPS):
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(FOCUS, handle)
            if stop["fault"]:
                raise AssertionError(f"{stop['what']} {stop['fault']} on {self.page.url}")
            if stop["onTarget"]:
                return
        raise AssertionError(f"{target} cannot be reached with Tab on {self.page.url}")
