"""
A month's close, as a finance officer lives through it: from signing in to the explanation of one penny.

Each step is one function, named by what the person does. It ends on a page that shows that it worked, or it
fails. The steps know pages by what stands on them, never by their addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.journeys.browser import PATIENCE, Name, Person, button, link

DONE_WITHIN = 120_000  # milliseconds for a job, on a busy machine
IN_PROGRESS = re.compile("Waiting|Running")
MONTHS_OF_A_QUARTER, MONTHS_OF_A_YEAR = 3, 12
NUMBER = re.compile(r"\bINV-\d{6,}")
WHY = re.compile("why this amount", re.IGNORECASE)


class NothingToClose(Exception):
    """The demo has no month left on which the journey could show anything."""


@dataclass(slots=True)
class Visit:
    """
    One person's way through the pages.

    :param site: where the pages are, without a slash at the end.
    :param picture: takes the name of what is on the page; called where a reader would like to see it.
    """

    person: Person
    site: str
    email: str
    password: str
    picture: Callable[[str], None] = lambda name: None
    month: str = ""  # in words, once it is chosen
    number: str = ""  # of the invoice, once it is chosen
    pdf: Path | None = None
    downloads: Path = field(default_factory=Path)

    @property
    def page(self) -> Page:
        return self.person.page

    def follow(self, name: Name) -> None:
        """Follow the first link with this name; where a narrow page hides it in the menu, open that first."""
        self.page.wait_for_load_state()
        target, menu = link(self.page, name), button(self.page, "Menu")
        if menu.is_visible() and not target.count():
            self.person.use(menu)
        self.person.use(target)

    def press(self, name: Name) -> None:
        self.person.use(button(self.page, name))

    def sees(self, heading: Name) -> None:
        """Wait until the page with this heading is there."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(heading, timeout=PATIENCE)


def sign_in(visit: Visit) -> None:
    """Sign in."""
    visit.page.goto(f"{visit.site}/sign-in/")
    visit.sees("Sign in")
    visit.picture("sign-in")
    visit.person.fill("Email address", visit.email)
    visit.person.fill("Password", visit.password)
    visit.press("Sign in")
    visit.page.wait_for_url(lambda address: "/sign-in/" not in address)
    visit.page.goto(f"{visit.site}/")  # an analyst's day begins at the queue
    visit.sees("Programmes")
    visit.picture("programmes")


def open_the_programme(visit: Visit) -> None:
    """Open the programme and read its rate card."""
    visit.person.use(visit.page.get_by_role("table").get_by_role("link").first)
    visit.sees("Rate card")
    visit.picture("rate-card")


def open_the_month(visit: Visit) -> None:
    """Go to the month that is open."""
    visit.follow("Months")
    visit.sees("Months")
    visit.picture("months")
    to_open_month = link(visit.page, re.compile("Go to the open month"))
    visit.month = to_open_month.inner_text().rpartition(", ")[2]
    visit.person.use(to_open_month)
    visit.sees(visit.month)
    if not button(visit.page, re.compile("^Price ")).count() or not _has_verified_outcomes(visit.page):
        raise NothingToClose(
            f"{visit.month} has no verified outcome to price. Start the demo afresh: make reset-db run"
        )
    visit.picture("open-month")


def price_it(visit: Visit) -> None:
    """Price the month and watch it being done."""
    visit.press(re.compile(f"^Price {visit.month}"))
    _wait_for_job(visit, "Pricing", "pricing")
    visit.follow("Go to the month")
    visit.sees(visit.month)
    expect(visit.page.get_by_role("main")).to_contain_text("Nothing is issued until you close the month")
    visit.picture("priced-month")


def read_what_closing_means(visit: Visit) -> None:
    """Ask to close the month, and be told that this cannot be undone."""
    visit.press(re.compile(f"^Close {visit.month}$"))
    visit.sees(f"Close {visit.month}")
    expect(visit.page.get_by_role("main")).to_contain_text("This cannot be undone")
    visit.picture("cannot-be-undone")


def close_it(visit: Visit) -> None:
    """Close the month and watch its documents being made."""
    visit.press(re.compile(f"^Close {visit.month} for good"))
    _wait_for_job(visit, "Closing", "closing")
    expect(visit.page.get_by_role("main")).to_contain_text(re.compile("documents? (is|are) issued"))
    visit.picture("closed")
    visit.follow("Go to the month")
    visit.sees(re.compile(f"{visit.month}\\s*Closed"))
    visit.picture("closed-month")


def bill_the_quarter(visit: Visit) -> None:
    """Close the next month too, if this one lies amid a quarter and so led to no invoice."""
    for _ in range(MONTHS_OF_A_QUARTER - 1):
        if link(visit.page, NUMBER).count():
            return
        for step in CLOSE_A_MONTH:
            step(visit)
    if not link(visit.page, NUMBER).count():
        raise NothingToClose(f"{visit.month} is closed and led to no invoice to show.")


def list_its_invoices(visit: Visit) -> None:
    """List the invoices of the month."""
    visit.follow("Invoices")
    visit.sees("Invoices")
    visit.person.choose("From month", visit.month)
    visit.person.choose("To month", visit.month)
    visit.press("Apply filters")
    expect(visit.page.get_by_role("link", name=f"Remove the filter From {visit.month}")).to_be_visible()
    visit.picture("invoices")


def open_an_invoice(visit: Visit) -> None:
    """Open one funder's invoice."""
    first = link(visit.page, NUMBER)
    visit.number = first.inner_text()
    visit.person.use(first)
    visit.sees(visit.number)
    visit.picture("invoice")


def download_its_pdf(visit: Visit) -> None:
    """Download the invoice's PDF."""
    with visit.page.expect_download(timeout=DONE_WITHIN) as download:
        visit.press("Download the PDF")
    visit.pdf = visit.downloads / download.value.suggested_filename
    download.value.save_as(visit.pdf)
    begins = visit.pdf.read_bytes()[:5]
    assert begins == b"%PDF-", f"the PDF of {visit.number} begins with {begins!r}"


def ask_why_an_amount(visit: Visit) -> None:
    """Ask why one line of the invoice is what it is."""
    visit.follow(WHY)
    visit.sees("Why this amount?")
    expect(visit.page.get_by_role("heading", level=2).first).to_be_visible()
    visit.picture("why-this-amount")


def ask_why_nothing_was_charged(visit: Visit) -> None:
    """Ask why an outcome was charged nothing, in the latest month that has such a one."""
    month, party = _open_a_month_with_a_nil_decision(visit)
    visit.person.use(party)
    visit.sees(f"Decisions in {month}")
    visit.picture("decisions")
    nothing = visit.page.get_by_role("row").filter(has_text="Nothing charged")
    visit.person.use(nothing.get_by_role("link", name=re.compile("^Why")).first)
    visit.sees("Why this amount?")
    expect(visit.page.get_by_role("main")).to_contain_text("0.00")
    visit.picture("why-nothing")


CLOSE_A_MONTH = [open_the_month, price_it, read_what_closing_means, close_it]
STEPS = [
    sign_in,
    open_the_programme,
    *CLOSE_A_MONTH,
    bill_the_quarter,
    list_its_invoices,
    open_an_invoice,
    download_its_pdf,
    ask_why_an_amount,
    ask_why_nothing_was_charged,
]


def walk(visit: Visit) -> Iterator[str]:
    """Take every step, giving what each is before it is taken; a step that fails raises."""
    for step in STEPS:
        yield (step.__doc__ or step.__name__).strip().rstrip(".")
        step(visit)


def _wait_for_job(visit: Visit, heading: str, name: str) -> None:
    """Wait until the job that the page shows is done; take a picture of the bar while it moves, if it can."""
    visit.sees(heading)
    job = visit.page.locator("#job")
    bar = job.locator("progress")
    finished = job.get_by_text(re.compile("^(Done|Failed)$"))
    expect(bar.or_(finished).first).to_be_visible(timeout=DONE_WITHIN)
    if bar.is_visible():
        visit.picture(name)
    expect(finished).to_be_visible(timeout=DONE_WITHIN)
    assert finished.inner_text() == "Done", job.inner_text()


def _has_verified_outcomes(page: Page) -> bool:
    rows = page.get_by_role("table", name="Outcomes in this month").get_by_role("row").all()[1:]
    return any(row.get_by_role("cell").first.inner_text() != "0" for row in rows)


def _open_a_month_with_a_nil_decision(visit: Visit) -> tuple[str, Locator]:
    """Open closed months from the latest on; return the first fit one and the way to its nil decisions."""
    visit.follow("Months")
    visit.sees("Months")
    closed = visit.page.get_by_role("row").filter(has_text="Closed").get_by_role("link")
    for month in closed.all_inner_texts()[:MONTHS_OF_A_YEAR]:
        visit.follow(month)
        visit.sees(month)
        rows = visit.page.get_by_role("table", name="Funders").get_by_role("row")
        for row in rows.filter(has=visit.page.get_by_role("link")).all():
            if row.get_by_role("cell").last.inner_text() != "0":
                return month, row.get_by_role("link").last
        visit.follow("Months")
        visit.sees("Months")
    raise NothingToClose("The last year charged each funder something for every outcome.")
