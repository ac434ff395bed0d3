"""
From the close of a month to a ledger that ties: the bank's file, its proposals, and the reconciliation.

Each step is one function, named by what is done. It ends on a page that shows that it worked, or it fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import expect

from tests.journeys import month_close
from tests.journeys.browser import PATIENCE, link
from tests.journeys.month_close import DONE_WITHIN, Visit

ZERO = "£0.00"
MOST_ROUNDS = 3  # of proposals; those left after that are for a person who asks


def without_pictures(visit: Visit) -> None:
    """Sign in, and close the open month and as many more as it takes to an invoice."""
    picture, visit.picture = visit.picture, lambda name: None
    for step in (
        month_close.sign_in,
        month_close.open_the_programme,
        *month_close.CLOSE_A_MONTH,
        month_close.bill_the_quarter,
    ):
        step(visit)
    visit.picture = picture


def see_what_is_owed(visit: Visit) -> None:
    """See what funders owe before the bank's file."""
    visit.follow("Money")
    visit.sees("Reconciliation")
    _ties(visit)
    visit.picture("before")


def import_the_banks_file(visit: Visit) -> None:
    """Take the made-up statement and import it."""
    visit.follow("Bank")
    visit.sees("Bank accounts")
    visit.person.use(visit.page.get_by_role("table").get_by_role("link").first)
    visit.sees("account")
    with visit.page.expect_download(timeout=DONE_WITHIN) as download:
        visit.follow("a made-up statement")
    file = visit.downloads / "statement.xml"
    download.value.save_as(file)
    visit.page.get_by_label("Bank statement file", exact=True).set_input_files(file)
    visit.press("Import the statement")
    expect(visit.page.get_by_role("alert")).to_contain_text("matched by themselves", timeout=DONE_WITHIN)
    visit.picture("imported")


def import_it_again(visit: Visit) -> None:
    """Import the same file again, which adds nothing."""
    visit.page.get_by_label("Bank statement file", exact=True).set_input_files(
        visit.downloads / "statement.xml"
    )
    visit.press("Import the statement")
    expect(visit.page.get_by_role("alert")).to_contain_text("0 of", timeout=DONE_WITHIN)
    (visit.downloads / "statement.xml").unlink()


def confirm_the_proposals(visit: Visit) -> None:
    """Look at the proposals and confirm the best of each payment."""
    for number in range(MOST_ROUNDS):
        best = visit.page.locator(".mhep-payment").filter(has=visit.page.get_by_role("checkbox")).all()
        if not best:
            break
        for payment in best:
            payment.get_by_role("checkbox").first.check()
        if number == 0:
            visit.page.get_by_role("heading", name="Payments that wait").scroll_into_view_if_needed()
            visit.picture("proposals")
        visit.press("Confirm the chosen proposals")
        expect(visit.page.get_by_role("heading", name=re.compile("Success|Important"))).to_be_visible(
            timeout=DONE_WITHIN
        )
    visit.picture("confirmed")


def see_every_balance_tie(visit: Visit) -> None:
    """See that every balance ties to the ledger."""
    visit.follow("Money")
    visit.sees("Reconciliation")
    _ties(visit)
    visit.picture("reconciliation")


def follow_a_figure(visit: Visit) -> None:
    """Follow a figure to its lines, in two clicks."""
    table = visit.page.get_by_role("table", name=re.compile("^By funder"))
    visit.person.use(table.get_by_role("row").nth(1).get_by_role("link"))
    visit.sees("Reconciliation")
    months = visit.page.get_by_role("table", name=re.compile("^By month"))
    visit.person.use(months.get_by_role("link").last)
    expect(visit.page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
    visit.picture("lines")


def read_the_trial_balance(visit: Visit) -> None:
    """Read the trial balance, whose sides are the same."""
    visit.follow("Money")
    visit.person.use(link(visit.page, re.compile("^Ledger$")))
    visit.sees("Trial balance")
    figure = visit.page.locator(".mhep-figure").filter(has_text="Difference")
    expect(figure).to_contain_text(ZERO)
    visit.picture("trial-balance")


STEPS = [
    without_pictures,
    see_what_is_owed,
    import_the_banks_file,
    import_it_again,
    confirm_the_proposals,
    see_every_balance_tie,
    follow_a_figure,
    read_the_trial_balance,
]


def walk(visit: Visit) -> Iterator[str]:
    """Take every step, giving what each is before it is taken; a step that fails raises."""
    for step in STEPS:
        yield (step.__doc__ or step.__name__).strip().rstrip(".")
        step(visit)


def _ties(visit: Visit) -> None:
    """Look whether the page says that everything ties, to the penny."""
    figure = visit.page.locator(".mhep-figure").filter(has_text="Tie to ledger")
    expect(figure).to_contain_text(ZERO)
