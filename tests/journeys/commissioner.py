"""
A commissioner's minute: from signing in to knowing whether it is on track, what comes and what to ask.

Each step is one function, named by what the person does. It ends on a page that shows that it worked, or it
fails.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

from playwright.sync_api import expect

from tests.journeys.month_close import DONE_WITHIN, Visit

A_MINUTE = 60.0  # seconds, in which somebody who has never seen it knows the answers


def sign_in(visit: Visit) -> None:
    """Sign in, and be where the day begins."""
    visit.page.goto(f"{visit.site}/sign-in/")
    visit.sees("Sign in")
    visit.person.fill("Email address", visit.email)
    visit.person.fill("Password", visit.password)
    visit.press("Sign in")
    visit.sees("How it is going")
    visit.picture("on-track")


def know_whether_it_is_on_track(visit: Visit) -> None:
    """Read whether it is on track, in words and not by colour."""
    verdicts = visit.page.get_by_role("region", name="Are we on track?").get_by_role("listitem")
    expect(verdicts.first).to_contain_text(re.compile("On track|Watch|Off track|Nothing to hold it against"))


def read_what_changed_and_what_to_ask(visit: Visit) -> None:
    """Read what changed since the month before, and what to ask at the review."""
    changed = visit.page.get_by_role("region", name="What changed since the month before")
    expect(changed.get_by_role("listitem")).to_have_count(3)
    ask = visit.page.get_by_role("heading", name="What to ask at the review")
    expect(ask).to_be_visible()


def know_the_next_invoice(visit: Visit) -> None:
    """Read what the next invoice will come to."""
    invoices = visit.page.get_by_role("region", name="The next invoice").first
    expect(invoices).to_contain_text(re.compile(r"£[\d,]+\.\d\d"))
    _show(visit, "The next invoice", "next-invoice")


def know_when_the_cap_binds(visit: Visit) -> None:
    """Read when the cap binds and how sure that is."""
    caps = visit.page.get_by_role("region", name="What of each cap is used, and when it binds")
    expect(caps).to_contain_text(re.compile("bind|used up"))
    _show(visit, "What of each cap is used, and when it binds", "caps")


def look_at_the_figures(visit: Visit) -> None:
    """Look at the figures, and month by month for what is more than chance."""
    _show(visit, "The figures", "figures")
    _show(visit, "Month by month", "month-by-month")


def compare_the_services(visit: Visit) -> None:
    """Compare services, with staff and quality beside the money."""
    _show(visit, "Services: results, staff and quality beside the money", "services")


def take_it_along(visit: Visit) -> None:
    """Take everything along as a workbook."""
    with visit.page.expect_download(timeout=DONE_WITHIN) as download:
        visit.follow("Excel")
    assert download.value.suggested_filename.endswith(".xlsx")


def ask_what_a_figure_means(visit: Visit) -> None:
    """Ask what a figure means, in one click."""
    visit.follow("Job-start rate")
    visit.sees("Job-start rate")
    visit.picture("what-it-means")


ANSWERS = (
    know_whether_it_is_on_track,
    read_what_changed_and_what_to_ask,
    know_the_next_invoice,
    know_when_the_cap_binds,
)


def walk(visit: Visit) -> Iterator[str]:
    """Take every step, giving what each is before it is taken; a step that fails raises."""
    yield _said(sign_in)
    sign_in(visit)
    begun = time.monotonic()
    for step in ANSWERS:
        yield _said(step)
        step(visit)
    assert time.monotonic() - begun < A_MINUTE, "The answers took more than a minute."
    for step in (look_at_the_figures, compare_the_services, take_it_along, ask_what_a_figure_means):
        yield _said(step)
        step(visit)


def _said(step: object) -> str:
    return (getattr(step, "__doc__", "") or "").strip().rstrip(".")


def _show(visit: Visit, heading: str, picture: str) -> None:
    target = visit.page.get_by_role("heading", name=heading, exact=True)
    target.evaluate("heading => heading.scrollIntoView()")
    visit.picture(picture)
