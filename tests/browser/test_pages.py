"""Every page at every width: no barrier that a program can find (B1, B4, B5), and no page is left out."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.test import Client
from django.urls import resolve
from playwright.sync_api import Browser, Page, ViewportSize

from tests.access.table import API
from tests.addresses import every_address
from tests.browser.pages import FILES, PAGES
from tests.browser.stage import Stage
from tests.browser.watch import Watch

pytestmark = [pytest.mark.needs_browser, pytest.mark.django_db]

NARROW = 320  # what 1280 px are at 400%
WIDTHS = (NARROW, 768, 1280)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
AXE_OPTIONS = {"runOnly": {"type": "tag", "values": list(RULES)}, "resultTypes": ["violations"]}
# What sticks out of the page sideways, unless a frame of its own scrolls it.
STICKS_OUT = """
() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest(".mhep-scroll"))
    .map(each => `${each.tagName.toLowerCase()}.${each.className} sticks out of the page`)
"""
# Targets under 24 px, unless they stand in a sentence or have room around them (WCAG 2.2, 2.5.8).
TOO_SMALL = """
() => {
    const SIZE = 24;
    const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
        .filter(each => each.checkVisibility() && each.type !== "hidden")
        .map(element => ({ element, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width > 1 && box.height > 1);
    const inSentence = ({ element }) => getComputedStyle(element).display === "inline"
        && [...element.parentElement.childNodes].some(
            other => other.nodeType === Node.TEXT_NODE && other.textContent.trim());
    const centre = ({ box }) => [box.left + box.width / 2, box.top + box.height / 2];
    const distance = ([x, y], { box }) => Math.hypot(
        Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
    const isCrowded = target => all.some(
        other => other !== target && distance(centre(target), other) < SIZE / 2);
    return all
        .filter(({ box }) => Math.min(box.width, box.height) < SIZE)
        .filter(target => !inSentence(target) && isCrowded(target))
        .map(({ element, box }) =>
            `"${element.innerText || element.name}" is ${box.width} by ${box.height} px and crowded`);
}
"""


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_a_barrier_at_any_width(name: str, gallery: Stage, page: Page) -> None:
    """B1, B4, B5; and with every other test here W3 and W14."""
    PAGES[name](page, gallery)
    assert page.get_by_role("heading", level=1).count() == 1
    # A form that was refused is the same page with its errors: those take most room where there is least.
    widths = WIDTHS[:1] if name.endswith("refused") else WIDTHS
    faults = [f"at {width} px: {fault}" for width in widths for fault in _faults(page, width)]
    assert faults == []


def test_no_page_is_left_out(gallery: Stage) -> None:
    client = Client()
    client.force_login(gallery.cast.administrator)
    looked_at = {name.partition(",")[0] for name in PAGES}
    answering_get = {
        resolve(address).view_name for address in every_address() if client.get(address).status_code != 405
    }
    assert answering_get - looked_at - set(API) == FILES


def test_a_barrier_would_be_found(page: Page) -> None:
    page.set_content(
        """<html><body><img src="data:,"><p style="width: 2000px">Too wide</p>
        <button style="all: unset; width: 9px; height: 9px"></button
        ><button style="all: unset; width: 9px; height: 9px"></button></body></html>"""
    )
    found = _faults(page, NARROW)
    assert any("image-alt" in fault for fault in found)
    assert any("sticks out" in fault for fault in found)
    assert any("crowded" in fault for fault in found)


def test_a_broken_promise_would_be_noticed(browser: Browser) -> None:
    with browser.new_context() as context:
        watch = Watch(context)
        page = context.new_page()
        page.set_content(
            """<meta http-equiv="Content-Security-Policy" content="script-src 'none'"><script>x()</script>"""
        )
        other = context.new_page()
        other.set_content("""<img src="http://elsewhere.invalid/"><script>alert("up"); missing()</script>""")
        other.wait_for_load_state("networkidle")
    seen = " ".join(watch.faults)
    for fault in ("Content Security Policy", "elsewhere.invalid", "a dialog: up", "missing is not defined"):
        assert fault in seen


def _faults(page: Page, width: int) -> list[str]:
    page.set_viewport_size(ViewportSize(width=width, height=800))
    found: list[str] = [*page.evaluate(STICKS_OUT), *page.evaluate(TOO_SMALL)]
    for violation in Axe().run(page, options=AXE_OPTIONS).response["violations"]:
        found += [f"{violation['id']}: {_where(node)}" for node in violation["nodes"]]
    return found


def _where(node: dict[str, Any]) -> str:
    return f"{node['html'][:200]} ({' '.join(node['failureSummary'].split())})"
