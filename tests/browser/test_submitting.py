"""Impatient fingers, the Back button, and forms that are sent wrong (B6, B7, B11)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.apps import apps
from playwright.sync_api import Browser, Error, Locator, Page, Request, expect

from funders.models import Programme
from mhep.shared.models import Job
from participants.models import Participant
from tests.browser.pages import CHECK, Visit, at, imports, load, outside, sending
from tests.browser.stage import Stage
from tests.browser.worker import Worker
from tests.cast import PARTICIPANTS, PASSWORD, PROGRAMME, price
from tests.journeys.browser import PATIENCE, button

pytestmark = pytest.mark.needs_browser

A_NEW_ROW = PARTICIPANTS + b"P-010,WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06\n"
ANOTHER_PROGRAMME = PROGRAMME.replace(b"code: WL-IPS", b"code: WL-TWO")
NOT_COUNTED = {"Session", "Job", "Change", "ChainLink"}  # a month priced again leaves its trail, and no more

sign_in_page = outside("/sign-in/", role=None)
april = at("payments:month-detail", "2026-04", role="finance")
confirm = at("payments:month-confirm-close", "2026-04", role="finance")
checked = sending(imports, CHECK, Participants=A_NEW_ROW)


def filled_in_sign_in(page: Page, stage: Stage) -> None:
    """Go to the sign-in page and write what it asks for."""
    sign_in_page(page, stage)
    page.get_by_label("Email address").fill(stage.cast.finance.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)


def chosen_file(before: Visit, label: str, content: bytes) -> Visit:
    """Return a way to a form in which a file is chosen."""

    def visit(page: Page, stage: Stage) -> None:
        before(page, stage)
        field = page.get_by_label(label, exact=True)
        field.set_input_files({"name": "file", "mimeType": "text/plain", "buffer": content})

    return visit


# Every form that changes something: how to get to it, its button, and what there is of it once it was sent.
FORMS: dict[str, tuple[Visit, str, Callable[[], int]]] = {
    "price": (april, "Price April 2026", Job.objects.count),
    "close": (confirm, "Close April 2026 for good", Job.objects.count),
    "store an import": (checked, "Store 1 row", Participant.objects.filter(reference="P-010").count),
    "load a programme": (
        chosen_file(load, "Programme file", ANOTHER_PROGRAMME),
        "Load the file",
        Programme.objects.filter(code="WL-TWO").count,
    ),
}


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def any_page(
    request: pytest.FixtureRequest, open_april: Stage, browser: Browser, browser_context_args: dict[str, Any]
) -> Iterator[Page]:
    """A page in a browser with JavaScript, and in one without."""
    with browser.new_context(**browser_context_args, java_script_enabled=request.param) as context:
        context.set_default_timeout(PATIENCE)
        yield context.new_page()


@pytest.mark.parametrize("form", FORMS)
def test_a_double_click_asks_once(form: str, open_april: Stage, any_page: Page) -> None:
    """B6: without scripts the browser sends both, and the server makes one of them."""
    reach, name, count = FORMS[form]
    price(open_april.cast.programme, "2026-04")
    reach(any_page, open_april)
    with any_page.expect_navigation():
        button(any_page, re.compile(name)).dblclick(no_wait_after=True)
    expect(any_page.get_by_role("heading", level=1)).to_be_visible()
    any_page.wait_for_load_state("networkidle")
    assert count() == 1


def test_a_double_click_on_store_says_what_was_stored(open_april: Stage, any_page: Page) -> None:
    """B6: the answer to the second click is the one that the person gets to see."""
    checked(any_page, open_april)
    with any_page.expect_navigation():
        button(any_page, "Store 1 row").dblclick(no_wait_after=True)
    expect(any_page.get_by_role("heading", level=1)).to_have_text("Participants stored")
    any_page.wait_for_load_state("networkidle")
    expect(any_page.get_by_role("heading", level=1)).to_have_text("Participants stored")
    expect(any_page.locator(".mhep-figure").first).to_contain_text(re.compile(r"Stored\s*1$"))


def test_going_back_after_storing_asks_nothing_and_says_what_was_stored(
    open_april: Stage, any_page: Page
) -> None:
    """B7: every page on the way is one that can be looked at again."""
    checked(any_page, open_april)
    check = any_page.url
    button(any_page, "Store 1 row").click()
    expect(any_page.get_by_role("heading", level=1)).to_have_text("Participants stored")
    any_page.reload()
    expect(any_page.get_by_role("heading", level=1)).to_have_text("Participants stored")

    any_page.go_back()
    if any_page.url == check:
        expect(any_page.get_by_role("heading", level=1)).to_have_text("Participants stored")
        any_page.go_back()

    expect(any_page.get_by_role("heading", level=1)).to_have_text("Imports")


def test_a_double_click_signs_in(open_april: Stage, any_page: Page) -> None:
    """B6."""
    filled_in_sign_in(any_page, open_april)
    with any_page.expect_navigation():
        button(any_page, "Sign in").dblclick(no_wait_after=True)
    expect(any_page.get_by_role("heading", level=1)).to_have_text("Programmes")


def test_going_back_and_sending_again_adds_nothing(open_april: Stage, worker: Worker, page: Page) -> None:
    """B7, for each form one after the other."""
    for form, (reach, name, _) in FORMS.items():
        reach(page, open_april)
        sent = _sent_by(page, button(page, re.compile(f"^{name}")))
        _until_all_is_done(page, open_april)
        before = _rows()

        _send_again(page, sent)
        with suppress(Error):  # where it leads back to the answer of another form, Chromium asks first
            page.go_back()
        with suppress(Error):
            page.go_forward()
        _until_all_is_done(page, open_april)

        assert _rows() == before, form


@pytest.mark.parametrize(
    ("way", "problem"),
    [
        (sending(sign_in_page, "Sign in"), "Enter your email address"),
        (sending(imports, CHECK), "Choose a file"),
        (sending(imports, CHECK, Participants=b"\x00\x01"), "file"),
        (sending(load, "Load the file"), "Choose a file"),
        (sending(load, "Load the file", Programme=b"programme: {code: X}"), "problem"),
    ],
    ids=["sign in", "no file", "unreadable file", "no programme", "faulty programme"],
)
def test_an_error_is_told_where_it_is_looked_for(
    way: Visit, problem: str, open_april: Stage, page: Page
) -> None:
    """B11: in the title, in a summary that has the focus, and beside the field that the summary leads to."""
    way(page, open_april)
    summary = page.locator(".govuk-error-summary")
    expect(page).to_have_title(re.compile("^Error: "))
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("There is a problem")
    first = summary.get_by_role("link").first
    expect(first).to_contain_text(problem)

    told = first.inner_text()
    target = page.locator(first.get_attribute("href") or "")
    first.click()

    if target.evaluate("each => each.matches('input')"):
        expect(target).to_be_focused()
        expect(target.locator("xpath=..")).to_contain_text(told)
    else:
        expect(target).to_be_in_viewport()


def test_what_was_typed_is_still_there_after_an_error(open_april: Stage, page: Page) -> None:
    """B11."""
    sign_in_page(page, open_april)
    page.get_by_label("Email address").fill("somebody@example.org")
    page.get_by_label("Password", exact=True).fill("wrong")
    button(page, "Sign in").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_label("Email address")).to_have_value("somebody@example.org")


def _sent_by(page: Page, press: Locator) -> Request:
    """Press the button of a form and return the request that sends it."""
    with page.expect_navigation(), page.expect_request(lambda request: request.method == "POST") as sent:
        press.click()
    return sent.value


def _send_again(page: Page, sent: Request) -> None:
    """Reload the page that answered, then send the same form to the same address once more."""
    page.reload()
    if sent.post_data_buffer is None:  # a form with a file, which the reload has sent again
        return
    kind = {"Content-Type": sent.headers["content-type"]}
    answer = page.request.post(sent.url, data=sent.post_data_buffer, headers=kind)
    assert answer.ok, f"{sent.url}: {answer.status}"


def _until_all_is_done(page: Page, stage: Stage) -> None:
    for _ in range(600):
        if not Job.objects.unfinished().exists():
            return
        page.wait_for_timeout(50)
    raise AssertionError("a job is not done")


def _rows() -> dict[str, int]:
    """Return how many rows each table has that holds what people rely on."""
    return {
        model.__name__: model._default_manager.count()
        for model in apps.get_models()
        if model.__name__ not in NOT_COUNTED
    }
