"""
From the close of a month to a ledger that ties, by everybody who has a part in it.

Finance closes a month, two funders approve their statements and one queries a line, the bank's file is
imported, its proposals are confirmed, and the investor sees what finance sees. Each step is one function,
named by what is done. It ends on a page that shows that it worked, or it fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import expect

from tests.journeys import month_close
from tests.journeys.browser import PATIENCE, link
from tests.journeys.month_close import DONE_WITHIN, Visit

ZERO = "£0.00"
MOST_ROUNDS = 3  # of proposals; those left after that are for a person who asks
DOUBT = "Our records show another day for this outcome. Please send us the evidence."


@dataclass(slots=True)
class Story:
    """
    Everybody's ways through the pages.

    :param picture: takes whose page it is and what is on it; called where a reader would like to see it.
    """

    finance: Visit
    approving: tuple[Visit, ...]
    querying: Visit
    investor: Visit
    picture: Callable[[Visit, str], None] = lambda visit, name: None


def close_the_month(story: Story) -> None:
    """Sign in as finance and close the open month, whose statements go to the funders that approve first."""
    visit = story.finance
    month_close.sign_in(visit)
    month_close.open_the_programme(visit)
    for step in month_close.CLOSE_A_MONTH:
        step(visit)
    sent = visit.page.get_by_role("table", name="Statements to approve before they are invoiced")
    expect(sent.get_by_role("row")).to_have_count(2 + len(story.approving))
    sent.scroll_into_view_if_needed()
    story.picture(visit, "statements-sent")


def approve_two_statements(story: Story) -> None:
    """Approve the statement, as the approvers of two funders."""
    for place, visit in enumerate(story.approving):
        _open_statement(visit, story.finance.month)
        if place == 0:
            story.picture(visit, "statement")
        visit.press("Answer this statement")
        visit.sees("Answer the statement")
        visit.press("See what this answer does")
        visit.sees("Approve all lines")
        visit.press("Approve the statement")
        expect(visit.page.get_by_role("alert")).to_contain_text("What was approved is invoiced")
        if place == 0:
            story.picture(visit, "approved")


def query_a_line(story: Story) -> None:
    """Query one line and approve the rest, as the approver of a third funder."""
    visit = story.querying
    _open_statement(visit, story.finance.month)
    visit.press("Answer this statement")
    visit.sees("Answer the statement")
    visit.person.use(visit.page.get_by_text(re.compile("^Query this line")).first)
    visit.person.write(visit.page.get_by_label(re.compile("^Why do you query")).first, DOUBT)
    story.picture(visit, "query")
    visit.press("See what this answer does")
    visit.sees("Approve all but 1 line")
    story.picture(visit, "what-the-answer-does")
    visit.press("Approve the rest and send the query")
    expect(visit.page.get_by_role("alert")).to_contain_text("What was approved is invoiced")


def see_what_the_funders_answered(story: Story) -> None:
    """See what the funders answered, and what is owed before the bank's file."""
    visit = story.finance
    visit.follow("Statements")
    visit.sees("Statements before invoices")
    rows = visit.page.get_by_role("row").filter(has_text=visit.month)
    expect(rows.filter(has_text="Approved but for queries")).to_have_count(1)
    expect(rows.get_by_text("Approved", exact=True)).to_have_count(len(story.approving))
    story.picture(visit, "answers")
    visit.follow("Money")
    visit.sees("Reconciliation")
    _ties(visit)
    story.picture(visit, "before")


def import_the_banks_file(story: Story) -> None:
    """Take the made-up statement and import it."""
    visit = story.finance
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
    _ties(visit)
    story.picture(visit, "imported")


def import_it_again(story: Story) -> None:
    """Import the same file again, which adds nothing."""
    visit = story.finance
    visit.page.get_by_label("Bank statement file", exact=True).set_input_files(
        visit.downloads / "statement.xml"
    )
    visit.press("Import the statement")
    expect(visit.page.get_by_role("alert")).to_contain_text("0 of", timeout=DONE_WITHIN)
    (visit.downloads / "statement.xml").unlink()


def confirm_the_proposals(story: Story) -> None:
    """Look at the proposals and confirm the best of each payment."""
    visit = story.finance
    for number in range(MOST_ROUNDS):
        best = visit.page.locator(".mhep-payment").filter(has=visit.page.get_by_role("checkbox")).all()
        if not best:
            break
        for payment in best:
            payment.get_by_role("checkbox").first.check()
        if number == 0:
            visit.page.get_by_role("heading", name="Payments that wait").scroll_into_view_if_needed()
            story.picture(visit, "proposals")
        with visit.page.expect_navigation(timeout=DONE_WITHIN):
            visit.press("Confirm the chosen proposals")
        expect(visit.page.get_by_role("heading", name=re.compile("Success|Important"))).to_be_visible()
    _ties(visit)
    story.picture(visit, "confirmed")


def see_every_balance_tie(story: Story) -> None:
    """See that every balance ties to the ledger."""
    visit = story.finance
    visit.follow("Money")
    visit.sees("Reconciliation")
    _ties(visit)
    ties = visit.page.get_by_role("table", name=re.compile("ledger", re.IGNORECASE)).get_by_role("row")
    for row in ties.all()[1:]:
        expect(row.get_by_role("cell").last).to_contain_text(ZERO)
    story.picture(visit, "reconciliation")
    visit.page.get_by_role("table", name=re.compile("^By funder")).scroll_into_view_if_needed()
    story.picture(visit, "by-funder")


def follow_a_figure(story: Story) -> None:
    """Follow a figure to its lines, in two clicks."""
    visit = story.finance
    table = visit.page.get_by_role("table", name=re.compile("^By funder"))
    visit.person.use(table.get_by_role("row").nth(1).get_by_role("link"))
    visit.sees("Reconciliation")
    months = visit.page.get_by_role("table", name=re.compile("^By month"))
    visit.person.use(months.get_by_role("link").last)
    expect(visit.page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
    story.picture(visit, "lines")


def read_the_trial_balance(story: Story) -> None:
    """Read the trial balance, whose sides are the same."""
    visit = story.finance
    visit.follow("Money")
    visit.person.use(link(visit.page, re.compile("^Ledger$")))
    visit.sees("Trial balance")
    figure = visit.page.locator(".mhep-figure").filter(has_text="Difference")
    expect(figure).to_contain_text(ZERO)
    story.picture(visit, "trial-balance")


def make_the_investors_report(story: Story) -> None:
    """Make the investor's report."""
    visit = story.finance
    visit.follow("Money")
    visit.person.use(link(visit.page, re.compile("^Investment$")))
    visit.sees("Investments")
    visit.person.use(visit.page.get_by_role("table").get_by_role("link").first)
    visit.sees("WL-IPS")
    with visit.page.expect_download(timeout=DONE_WITHIN) as download:
        visit.follow(re.compile(r"Download the movements \(XLSX\)"))
    report = visit.downloads / "report.xlsx"
    download.value.save_as(report)
    assert report.read_bytes()[:2] == b"PK", "the report is no workbook"
    report.unlink()


def see_it_as_the_investor(story: Story) -> None:
    """See the same figures as the investor, and no person."""
    visit = story.investor
    _sign_in(visit)
    visit.page.goto(f"{visit.site}/investments/")
    visit.sees("Investments")
    visit.person.use(visit.page.get_by_role("table").get_by_role("link").first)
    visit.sees("WL-IPS")
    figures = [each.page.locator(".mhep-figures").first.inner_text() for each in (story.finance, visit)]
    assert figures[0] == figures[1], f"finance sees {figures[0]}, the investor {figures[1]}"
    story.picture(visit, "investor")


STEPS = [
    close_the_month,
    approve_two_statements,
    query_a_line,
    see_what_the_funders_answered,
    import_the_banks_file,
    import_it_again,
    confirm_the_proposals,
    see_every_balance_tie,
    follow_a_figure,
    read_the_trial_balance,
    make_the_investors_report,
    see_it_as_the_investor,
]


def walk(story: Story) -> Iterator[str]:
    """Take every step, giving what each is before it is taken; a step that fails raises."""
    for step in STEPS:
        yield (step.__doc__ or step.__name__).strip().rstrip(".")
        step(story)


def _sign_in(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/sign-in/")
    visit.sees("Sign in")
    visit.person.fill("Email address", visit.email)
    visit.person.fill("Password", visit.password)
    visit.press("Sign in")
    visit.page.wait_for_url(lambda address: "/sign-in/" not in address)


def _open_statement(visit: Visit, month: str) -> None:
    """Sign in as an approver and open the funder's statement of the month."""
    _sign_in(visit)
    visit.page.goto(f"{visit.site}/")
    visit.sees("Programmes")
    visit.person.use(visit.page.get_by_role("table").get_by_role("link").first)
    visit.sees("Rate card")
    visit.follow(re.compile("^Statements"))
    visit.sees("Statements before invoices")
    visit.person.use(link(visit.page, re.compile(f"^{month}")))
    visit.sees(f"Statement of {month}")


def _ties(visit: Visit) -> None:
    """Look whether the page says that everything ties, to the penny."""
    figure = visit.page.locator(".mhep-figure").filter(has_text="Tie to ledger")
    expect(figure).to_contain_text(ZERO)
