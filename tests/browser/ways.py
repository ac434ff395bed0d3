"""The four ways in which each of the main journeys is taken, and how people come onto the stage for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from accounts.models import User
from tests.browser.stage import Stage
from tests.browser.test_pages import STICKS_OUT
from tests.browser.watch import Watch
from tests.cast import PASSWORD, Cast
from tests.journeys.browser import PATIENCE, Keyboard, Mouse, Name
from tests.journeys.month_close import Visit

PHONE, DESK = 360, 1280  # pixels


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody uses a browser; who has no scripts has a small screen too."""

    name: str
    kind: type[Mouse | Keyboard] = Mouse
    width: int = PHONE
    scripts: bool = True


WAYS = (
    Way("with a mouse at 360 px"),
    Way("with a mouse at 1280 px", width=DESK),
    Way("by keyboard alone", Keyboard, DESK),
    Way("without JavaScript", scripts=False),
)


class Steady(Visit):
    """A visit to pages of which none scrolls sideways."""

    def sees(self, heading: Name) -> None:
        Visit.sees(self, heading)
        assert self.page.evaluate(STICKS_OUT) == [], self.page.url


@dataclass(slots=True)
class Scene:
    """
    One journey's surroundings: the stage, and a browser of their own for each person who acts.

    Leaving it fails if a page broke a promise on the way (W3, W13, W14).
    """

    stage: Stage
    browser: Browser
    way: Way
    downloads: Path
    arguments: Mapping[str, Any]
    _windows: list[tuple[BrowserContext, Watch]] = field(default_factory=list)

    @property
    def cast(self) -> Cast:
        return self.stage.cast

    def enter(self, user: User, *, signed_in: bool = True) -> Visit:
        """Let a person come, signed in already unless they do it themselves."""
        window = self.browser.new_context(
            **{**self.arguments, "viewport": {"width": self.way.width, "height": 740}},
            java_script_enabled=self.way.scripts,
        )
        window.set_default_timeout(PATIENCE)
        self._windows.append((window, Watch(window)))
        if signed_in:
            self.stage.admit(window, user)
        person = self.way.kind(window.new_page())
        return Steady(person, self.stage.site, user.email, PASSWORD, downloads=self.downloads)

    def leave(self) -> None:
        """Close every browser, then say what no page may do and one did."""
        for window, _ in self._windows:
            window.close()
        assert [fault for _, watch in self._windows for fault in watch.faults] == []
