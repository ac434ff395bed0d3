"""An outcome logged on a telephone, with everything that goes wrong on one (B1, B6, B8, B9, B10)."""

from __future__ import annotations

import time

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.conf import settings
from playwright.sync_api import Page, ViewportSize, expect

from outcomes.models import OutcomeDraft, OutcomeEvent
from tests.browser.stage import Stage
from tests.browser.test_pages import AXE_OPTIONS
from tests.outcomes.drafts import demanding, draft_of, every_file, person, picture

pytestmark = [pytest.mark.needs_browser, pytest.mark.django_db(transaction=True)]

PHONE = ViewportSize(width=360, height=740)
MOST_SCREENS, MOST_SECONDS = 6, 90
SAVED = "Saved on"
# Where htmx notes the address of the page, and nothing else.
STORED = "() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].join()"
NOTHING_TYPED = {"", "htmx-current-path-for-history"}


@pytest.fixture
def phone(open_april: Stage, page: Page) -> Page:
    """The specialist's telephone, at the list of outcomes; June's engagement asks for evidence."""
    kind = demanding(open_april.cast)
    kind.submit_within_days = None
    kind.save()
    page.set_viewport_size(PHONE)
    open_april.admit(page.context, open_april.cast.specialist)
    page.goto(open_april.address("outcomes:outcome-list"))
    return page


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def test_from_the_list_to_submitted_in_six_screens_and_ninety_seconds_with_a_photograph(
    open_april: Stage, phone: Page
) -> None:
    seen: list[str] = []

    def look() -> None:
        title = phone.get_by_role("heading", level=1).inner_text()
        if title not in seen:
            seen.append(title)
        faults = Axe().run(phone, options=AXE_OPTIONS).response["violations"]
        assert faults == [], [fault["id"] for fault in faults]
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert phone.evaluate(STORED) in NOTHING_TYPED

    began = time.monotonic()
    press(phone, "Log an outcome")
    look()
    phone.get_by_label("P-003", exact=True).check()
    press(phone, "Continue")
    look()
    expect(phone.get_by_text("Evidence: consent form; and either payslip")).to_be_visible()
    phone.get_by_label("Engagement", exact=True).check()
    press(phone, "Continue")
    look()
    for part, value in (("Day", "15"), ("Month", "6"), ("Year", "2026")):
        phone.get_by_label(part, exact=True).fill(value)
    phone.get_by_label("Hours a week").fill("20")
    press(phone, "Save and continue")
    look()
    phone.get_by_label("Consent form", exact=True).check()
    press(phone, "Add, then add another")
    look()
    phone.get_by_label("Payslip", exact=True).check()
    phone.get_by_label("Photograph or file").set_input_files(
        {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(1200, 1600))}
    )
    press(phone, "Continue")
    look()
    expect(phone.get_by_role("heading", name="It will pass the rules")).to_be_visible()
    press(phone, "Submit the outcome")
    look()
    taken = time.monotonic() - began

    event = OutcomeEvent.objects.get(submitted_by=open_april.cast.specialist)
    expect(phone.get_by_text(event.reference)).to_be_visible()
    assert event.evidence == ["consent_form", "payslip"]
    assert [file.kind for file in every_file() if file.event_id == event.pk] == ["payslip"]
    assert len(seen) <= MOST_SCREENS
    assert taken < MOST_SECONDS


def test_b6_impatient_taps_on_submit_make_one_record(open_april: Stage, page: Page) -> None:
    author = open_april.cast.specialist
    draft = draft_of(author, person(open_april.cast))
    open_april.admit(page.context, author)
    page.goto(open_april.address("outcomes:claim-check", draft.token))
    page.get_by_role("button", name="Submit the outcome").click(click_count=5, delay=5)
    page.wait_for_url("**/submitted/")
    page.go_back()
    page.wait_for_url("**/submitted/")
    page.reload()
    assert OutcomeEvent.objects.filter(submitted_by=author).count() == 1


def test_b8_what_is_typed_while_the_session_ends_is_there_after_signing_in(
    open_april: Stage, page: Page
) -> None:
    author = open_april.cast.specialist
    draft = draft_of(author, person(open_april.cast))
    open_april.admit(page.context, author)
    address = open_april.address("outcomes:claim-details", draft.token)
    page.goto(address)
    for value in ("12", "12.5"):  # kept each time that the fingers rest
        page.get_by_label("Hours a week").fill(value)
        expect(page.get_by_text(SAVED)).to_be_visible()
        page.wait_for_function(
            "kept => document.getElementById('draft-version').value === kept", arg=str(_version(draft, value))
        )
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="Save and continue").click()
    page.wait_for_url("**/sign-in/**")

    open_april.admit(page.context, author)
    page.goto(address)
    expect(page.get_by_label("Hours a week")).to_have_value("12.5")
    press(page, "Save and continue")
    assert page.evaluate(STORED) in NOTHING_TYPED


def test_b10_a_second_window_is_told_and_its_words_stay(open_april: Stage, page: Page) -> None:
    author = open_april.cast.specialist
    draft = draft_of(author, person(open_april.cast))
    open_april.admit(page.context, author)
    address = open_april.address("outcomes:claim-details", draft.token)
    page.goto(address)
    other = page.context.new_page()
    other.goto(address)
    other.get_by_label("Hours a week").fill("24")
    press(other, "Save and continue")
    page.get_by_label("Hours a week").fill("31")
    press(page, "Save and continue")
    expect(page.get_by_role("alert")).to_contain_text("It now says: 15 6 2026, 24, Job 1")
    expect(page.get_by_label("Hours a week")).to_have_value("31")
    press(page, "Save and continue")
    draft.refresh_from_db()
    assert draft.typed["hours"] == "31"


def _version(draft: OutcomeDraft, hours: str) -> int:
    """Wait until the draft holds the hours, and return its version."""
    for _ in range(100):
        draft.refresh_from_db()
        if draft.typed["hours"] == hours:
            break
        time.sleep(0.1)
    return draft.version
