"""Connections that break, sign-ins that end and windows that meet, in forms of a working day (B6 to B10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import pytest
from django.core.servers.basehttp import ServerHandler
from playwright.sync_api import Browser, BrowserContext, CDPSession, Error, Page, Route, expect

from accounts.models import SignIn
from participants.access import own_people
from participants.models import VocationalProfile
from tests.browser.forms import EVERY_FORM, FORMS, MORE_FORMS, NOTE, Form, change, named
from tests.browser.stage import Stage
from tests.cast import PASSWORD
from tests.journeys.browser import PATIENCE

pytestmark = [pytest.mark.needs_browser, pytest.mark.django_db(transaction=True)]

SLOW = {
    "offline": False,
    "latency": 100,
    "downloadThroughput": 50_000,
    "uploadThroughput": 50_000,
}  # bytes a second
TOLD = re.compile("No answer came.+may or may not have been stored.+will not be stored twice")
KEPT = """async () => [
    ...Object.keys(localStorage), ...Object.keys(sessionStorage), ...await caches.keys(),
    ...(await indexedDB.databases()).map(each => each.name),
].filter(name => name !== "htmx-current-path-for-history")"""

ROLES = (("specialist",), ("analyst", "finance", "administrator"))

Cut = Callable[[Page, CDPSession], Callable[[], object]]


def before(_page: Page, network: CDPSession) -> Callable[[], object]:
    """Cut the connection before anything is sent."""
    network.send("Network.emulateNetworkConditions", {**SLOW, "offline": True})
    return lambda: network.send("Network.emulateNetworkConditions", SLOW)


def during(_page: Page, _network: CDPSession) -> Callable[[], object]:
    """Let the server take the form, and lose its answer."""
    answer = ServerHandler.finish_response

    def lose(handler: Any) -> None:
        if handler.environ["REQUEST_METHOD"] == "POST":
            handler.request_handler.close_connection = True
            raise ConnectionResetError
        answer(handler)

    losing = patch.object(ServerHandler, "finish_response", lose)
    losing.start()
    return losing.stop


def on_the_way(page: Page, _network: CDPSession) -> Callable[[], object]:
    """Lose the form on its way to the server."""

    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/*", lose)
    return lambda: page.unroute("**/*", lose)


CUTS: tuple[Cut, ...] = (before, on_the_way, during)


def still_typed(page: Page, form: Form) -> None:
    for label, text in form.typed:
        expect(page.get_by_label(label, exact=True)).to_have_value(text)
    if form.file:
        assert page.get_by_label(form.file, exact=True).evaluate("each => each.files.length") == 1


def send_until_taken(page: Page, network: CDPSession, stage: Stage, form: Form) -> None:
    """Send a form with the connection cut before, on the way to and from the server, and after the answer."""
    form.reach(page, stage)
    already = form.count(stage)
    place, press = page.url, page.get_by_role("button", name=named(form.button))
    for number, cut in enumerate(CUTS):
        mend = cut(page, network)
        press.evaluate("each => each.form.requestSubmit(each)")  # a click within a second is taken for a slip
        expect(page.get_by_role("alert").filter(has_text=TOLD)).to_be_focused()
        mend()
        assert page.url == place
        still_typed(page, form)
        wanted = already + (during in CUTS[: number + 1])
        for _ in range(60):  # the browser may give up before the server has ended
            if form.count(stage) == wanted:
                break
            page.wait_for_timeout(50)
        assert form.count(stage) == wanted
    assert page.evaluate(KEPT) == []

    page.route("**/*", lambda route: route.continue_() if route.request.method == "POST" else route.abort())
    press.evaluate("each => each.form.requestSubmit(each)")  # taken, and the next page does not come
    with suppress(Error):
        page.wait_for_url("chrome-error://**")
    page.unroute_all()
    page.reload()
    with suppress(Error):  # where Back leads to the answer of another form, Chromium asks first
        page.go_back()
        page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert form.count(stage) - already == 1
    assert page.evaluate(KEPT) == []


@pytest.mark.parametrize("roles", ROLES, ids=[" and ".join(roles) for roles in ROLES])
def test_b9_a_connection_that_breaks_makes_one_record_and_the_page_says_what_is_known(
    roles: tuple[str, ...], open_april: Stage, context: BrowserContext
) -> None:
    """Four cuts for each of sixteen forms, at 400 kbit/s: 64 trials; B7 too, by a reload and by Back."""
    for name, form in EVERY_FORM.items():
        if form.role in roles:
            page = context.new_page()  # what was cut off in the last one holds nothing up here
            network = context.new_cdp_session(page)
            network.send("Network.enable")
            network.send("Network.emulateNetworkConditions", SLOW)
            try:
                send_until_taken(page, network, open_april, form)
            except Exception as fault:
                fault.add_note(name)
                raise
            page.close()


def test_b9_no_role_is_left_out() -> None:
    assert {form.role for form in EVERY_FORM.values()} == {role for roles in ROLES for role in roles}


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def any_page(
    request: pytest.FixtureRequest, open_april: Stage, browser: Browser, browser_context_args: dict[str, Any]
) -> Iterator[Page]:
    """A page in a browser with JavaScript, and in one without."""
    with browser.new_context(**browser_context_args, java_script_enabled=request.param) as context:
        context.set_default_timeout(PATIENCE)
        yield context.new_page()


@pytest.mark.parametrize("name", MORE_FORMS)
def test_b6_impatient_fingers_make_one_record(name: str, open_april: Stage, any_page: Page) -> None:
    form = MORE_FORMS[name]
    form.reach(any_page, open_april)
    any_page.get_by_role("button", name=named(form.button)).click(click_count=4, delay=5, no_wait_after=True)
    for _ in range(60):
        if form.count(open_april):
            break
        any_page.wait_for_timeout(50)
    any_page.wait_for_load_state("networkidle")
    expect(any_page.get_by_role("heading", level=1)).to_be_visible()
    assert form.count(open_april) == 1


@pytest.mark.parametrize("name", [name for name, form in MORE_FORMS.items() if form.typed])
def test_b8_what_was_typed_is_back_after_signing_in_again(
    name: str, open_april: Stage, any_page: Page
) -> None:
    """Not a letter is lost, and nothing is stored before it is sent again."""
    form, page = MORE_FORMS[name], any_page
    form.reach(page, open_april)
    place = page.url
    SignIn.objects.all().delete()
    page.get_by_role("button", name=named(form.button)).click()
    page.wait_for_url("**/sign-in/**")
    page.get_by_label("Email address", exact=True).fill(getattr(open_april.cast, form.role).email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_contain_text("What you typed is back, and has not been stored yet.")
    assert page.url == place
    still_typed(page, form)
    assert form.count(open_april) == 0
    page.get_by_role("button", name=named(form.button)).click()
    page.wait_for_load_state("networkidle")
    assert form.count(open_april) == 1


def test_b8_what_was_typed_when_the_time_was_over_is_kept_without_being_sent(
    open_april: Stage, page: Page
) -> None:
    form = FORMS["activity"]
    form.reach(page, open_april)
    SignIn.objects.all().delete()
    page.evaluate("document.getElementById('time-left').dataset.seconds = 0")
    page.add_script_tag(url="/static/time-left.js")
    page.get_by_label("Email address", exact=True).fill(open_april.cast.specialist.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Note (optional)")).to_have_value(re.compile(re.escape(NOTE)))
    assert form.count(open_april) == 0


def test_b10_a_second_window_is_told_what_is_there_now_and_loses_nothing(
    open_april: Stage, any_page: Page
) -> None:
    page, wanted = any_page, "What work do they want? (optional)"
    change("profile")(page, open_april)
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label(wanted, exact=True).fill("Cook")
    other.get_by_role("button", name="Keep profile").click()
    expect(other.get_by_text("Profile kept.")).to_be_visible()

    page.get_by_label(wanted, exact=True).fill("Gardener")
    page.get_by_role("button", name="Keep profile").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "It now says: What work do they want? (optional): Cook."
    )
    expect(page.get_by_label(wanted, exact=True)).to_have_value("Gardener")
    page.get_by_role("button", name="Keep profile").click()
    expect(page.get_by_text("Profile kept.")).to_be_visible()
    with own_people(open_april.cast.specialist):
        assert VocationalProfile.objects.get().work_wanted == "Gardener"
