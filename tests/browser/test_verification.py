"""A verifier's day in a browser: by the mouse, by keys alone, and without JavaScript (B2, B3)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from outcomes.enums import EventState
from outcomes.models import OutcomeEvent
from outcomes.services.imports import import_outcomes
from tests.browser.stage import Stage
from tests.cast import AT

pytestmark = [pytest.mark.needs_browser, pytest.mark.django_db(transaction=True)]

HEADINGS = (
    "event,participant,outcome,outcome_date,hours_per_week,job,evidence,submitted_on,verified_on,voided_on\n"
)
ROWS = """\
E-010,P-001,SUSTAINED,2026-06-01,20,,payslip,2026-06-10,,
E-011,P-003,SUSTAINED,2026-06-01,20,,payslip,2026-06-11,,
"""


@pytest.fixture
def queue(open_april: Stage) -> Stage:
    """Three events that wait: E-005, E-010 and E-011."""
    content = (HEADINGS + ROWS).encode()
    report = import_outcomes(programme_id=open_april.cast.programme.pk, content=content, actor=None, at=AT)
    assert not report.rejections
    return open_april


@pytest.fixture
def page_without_scripts(browser: Browser) -> Iterator[Page]:
    with_nothing: BrowserContext = browser.new_context(java_script_enabled=False)
    yield with_nothing.new_page()
    with_nothing.close()


def state(reference: str) -> str:
    return OutcomeEvent.objects.get(reference=reference).state


def key(reference: str) -> int:
    return OutcomeEvent.objects.get(reference=reference).pk


def go_to(page: Page, stage: Stage, reference: str) -> None:
    stage.admit(page.context, stage.cast.analyst)
    page.goto(stage.address("payments:verification-detail", key(reference)))


def heading(page: Page, reference: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(reference)


def test_by_keys_alone_a_verifier_walks_the_queue(queue: Stage, page: Page) -> None:
    """B2: next, previous, verify, query and reject without a mouse."""
    go_to(page, queue, "E-005")
    page.keyboard.press("j")
    heading(page, "E-010")
    page.keyboard.press("k")
    heading(page, "E-005")
    page.keyboard.press("v")
    expect(page.get_by_role("button", name="Verify", exact=True)).to_be_focused()
    assert state("E-005") == EventState.SUBMITTED, "a key alone decides nothing"
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("E-005 is verified.")
    heading(page, "E-010")

    page.keyboard.press("q")
    expect(page.get_by_label("Which rule is it about?")).to_be_focused()
    page.keyboard.type("Evi")
    page.keyboard.press("Tab")
    page.keyboard.type("Which junk month of qrvjk?")  # letters in a field are letters
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    heading(page, "E-011")
    page.keyboard.press("r")
    expect(page.get_by_label("Which rule does it break?")).to_be_focused()
    assert (state("E-005"), state("E-010")) == (EventState.VERIFIED, EventState.QUERIED)
    assert OutcomeEvent.objects.get(reference="E-010").queries.get().question == "Which junk month of qrvjk?"


def test_the_keys_can_be_turned_off_and_stay_off(queue: Stage, page: Page) -> None:
    """WCAG 2.1.4: single letters are no trap for those who speak to their computer."""
    go_to(page, queue, "E-005")
    page.get_by_role("button", name="Turn the keys off").click()
    page.locator("h1").click()
    page.keyboard.press("j")
    page.reload()
    page.keyboard.press("j")
    heading(page, "E-005")
    page.get_by_role("button", name="Turn the keys on").click()
    page.locator("h1").click()
    page.keyboard.press("j")
    heading(page, "E-010")


def test_a_void_is_previewed_and_confirmed_without_javascript(
    queue: Stage, page_without_scripts: Page
) -> None:
    page = page_without_scripts
    go_to(page, queue, "E-001")
    page.get_by_role("link", name="Void this event").click()
    page.get_by_label("Reason").fill("It was voluntary work.")
    page.get_by_role("button", name="See what it would credit").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("What voiding E-001 does")
    assert OutcomeEvent.objects.get(reference="E-001").voided_on is None
    page.get_by_role("button", name="Void E-001").click()
    expect(page.get_by_role("alert")).to_contain_text("E-001 is voided, and with it E-010.")
