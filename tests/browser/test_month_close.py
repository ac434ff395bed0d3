"""The whole of a month's close, by people who use a browser each in their own way (B2, B3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from payments.enums import DocumentKind
from payments.models import Document
from tests.browser.stage import Stage
from tests.browser.watch import Watch
from tests.browser.worker import Worker
from tests.cast import PASSWORD
from tests.journeys.browser import Keyboard, Mouse, Person
from tests.journeys.month_close import STEPS, Visit, walk

pytestmark = pytest.mark.needs_browser


@pytest.fixture
def page_without_scripts(
    open_april: Stage, browser: Browser, browser_context_args: dict[str, Any]
) -> Iterator[Page]:
    """A page in a browser that runs no JavaScript."""
    with browser.new_context(**browser_context_args, java_script_enabled=False) as context:
        watch = Watch(context)
        yield context.new_page()
        assert watch.faults == []


def test_a_month_is_closed_with_a_mouse(
    open_april: Stage, worker: Worker, page: Page, tmp_path: Path
) -> None:
    assert_closed_and_explained(open_april, Mouse(page), tmp_path)


def test_a_month_is_closed_by_keyboard_alone(
    open_april: Stage, worker: Worker, page: Page, tmp_path: Path
) -> None:
    """B2: every stop of the focus is visible, too."""
    assert_closed_and_explained(open_april, Keyboard(page), tmp_path)


def test_a_month_is_closed_without_javascript(
    open_april: Stage, worker: Worker, page_without_scripts: Page, tmp_path: Path
) -> None:
    """B3."""
    assert_closed_and_explained(open_april, Mouse(page_without_scripts), tmp_path)


def assert_closed_and_explained(stage: Stage, person: Person, downloads: Path) -> None:
    """Walk through the journey; April must then be closed and its invoice saved."""
    visit = Visit(person, stage.site, stage.cast.finance.email, PASSWORD, downloads=downloads)
    assert len(list(walk(visit))) == len(STEPS)
    invoice = Document.objects.get(kind=DocumentKind.INVOICE)
    assert (visit.month, visit.number) == ("April 2026", invoice.full_number)
    assert visit.pdf is not None
    assert visit.pdf.read_bytes() == bytes(invoice.pdf.content)
