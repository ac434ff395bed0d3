"""Scripts stored wherever a text is stored stay text wherever it is shown (W13)."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.browser.pages import PAGES
from tests.browser.stage import Stage
from tests.cast import PROGRAMME as HARMLESS

pytestmark = [pytest.mark.needs_browser, pytest.mark.django_db]

# Each would leave a trace: a dialog, which the watch on every page reports, or an element that is marked.
PAYLOADS = (
    "<script data-injected>alert(1)</script>",
    "<img data-injected src=x onerror=alert(1)>",
    '"><svg data-injected onload=alert(1)>',
    "' onfocus=alert(1) autofocus data-injected='",
    "</title><b data-injected>",
    "</dd></td></table><i data-injected>",
    "{% debug %}{{ 7|add:1 }}<u data-injected>",
    "<a data-injected href=javascript:alert(1)>",
    "<!--<b data-injected>",
    "&lt;b data-injected&gt;<b data-injected>",
)
TEXTS = {"name", "description", "clause", "po_number"}


def _with_payloads(value: Any, payloads: cycle[str]) -> Any:
    """Put a payload before every text of a programme file that people choose freely."""
    if isinstance(value, list):
        return [_with_payloads(each, payloads) for each in value]
    if isinstance(value, dict):
        return {
            key: f"{next(payloads)} {each}" if key in TEXTS else _with_payloads(each, payloads)
            for key, each in value.items()
        }
    return value


PROGRAMME = yaml.safe_dump(
    _with_payloads(yaml.safe_load(HARMLESS), cycle(PAYLOADS)), sort_keys=False
).encode()


@pytest.mark.parametrize("name", PAGES)
def test_a_stored_script_is_shown_as_text(name: str, gallery: Stage, page: Page) -> None:
    PAGES[name](page, gallery)
    assert page.locator("[data-injected]").count() == 0
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_scripts_are_there_to_be_seen(gallery: Stage, page: Page) -> None:
    seen = ""
    for name in ("funders:programme-list", "payments:rate-card", "outcomes:event-detail"):
        PAGES[name](page, gallery)
        seen += page.locator("body").inner_text()
    assert [payload for payload in PAYLOADS if payload not in seen] == []
