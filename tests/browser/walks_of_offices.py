"""What the operator's people and commissioners do: verify, look again, take over files, close, ask why."""

from __future__ import annotations

import io
import re
from datetime import date

from openpyxl import Workbook, load_workbook
from playwright.sync_api import FilePayload, expect

from outcomes.enums import EventState
from outcomes.models import OutcomeEvent, SampleAudit
from outcomes.services.imports import import_outcomes
from participants.models import Participant
from payments.enums import DocumentKind
from payments.models import Document
from tests.browser.ways import Scene
from tests.browser.worker import Worker
from tests.cast import AT, close
from tests.journeys import month_close
from tests.journeys.job_start import fill_day
from tests.journeys.month_close import Visit

MORE_TO_VERIFY = b"""\
event,participant,outcome,outcome_date,hours_per_week,job,evidence,submitted_on,verified_on,voided_on
E-010,P-001,SUSTAINED,2026-06-01,20,,payslip,2026-06-10,,
E-011,P-003,SUSTAINED,2026-06-01,20,,payslip,2026-06-11,,
"""
HEADINGS = ("participant", "service", "area", "cohort", "referred_on", "started_on", "consented_on")
GOOD = ("P-020", "WL-1", "EAL", "SUD", date(2026, 4, 2), date(2026, 4, 6), date(2026, 4, 6))
BAD = ("P-021", "WL-9", "HRW", "SUD", date(2026, 4, 2), date(2026, 4, 6), date(2026, 4, 6))
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def verify_query_and_reject(scene: Scene) -> None:
    """Work through the queue: verify one event, ask about the next, reject the last."""
    more = import_outcomes(programme_id=scene.cast.programme.pk, content=MORE_TO_VERIFY, actor=None, at=AT)
    assert not more.rejections
    visit = _programme_of(scene.enter(scene.cast.analyst))
    visit.follow(re.compile("^Verification"))
    visit.sees("Verification")
    visit.follow("E-005")
    visit.sees("E-005")
    visit.press(re.compile("^Verify$"))
    visit.sees("E-010")
    visit.person.use(visit.page.locator("summary", has_text="Query: ask the provider"))
    visit.person.choose("Which rule is it about?", "Evidence")
    visit.person.fill("Question to the provider", "Which month?")
    visit.press("Send the question")
    visit.sees("E-011")
    visit.person.use(visit.page.locator("summary", has_text="Reject for good"))
    visit.person.choose("Which rule does it break?", "Evidence")
    visit.person.fill("Reason", "No payslip.")
    visit.person.fill("How to cure it", "Send one.")
    visit.press("Reject this event")
    visit.sees("Verification")
    events = OutcomeEvent.objects.filter(reference__in=["E-005", "E-010", "E-011"]).order_by("reference")
    assert [each.state for each in events] == [
        EventState.VERIFIED,
        EventState.QUERIED,
        EventState.REJECTED,
    ]


def audit_a_sample(scene: Scene) -> None:
    """Draw a sample, disagree about an event, and have the provider reply to it."""
    officer = _programme_of(scene.enter(scene.cast.finance))
    officer.follow(re.compile("^Verification"))
    officer.sees("Verification")
    officer.follow("Sample audits")
    officer.sees("Sample audits")
    fill_day(officer, "Verified from", date(2026, 4, 1))
    fill_day(officer, "Verified to", date(2026, 4, 30))
    officer.person.fill("Share to look at, in per cent", "50")
    officer.person.fill("Seed", "dice 6 6 1")
    officer.press("Draw the sample")
    officer.sees("Sample audit")
    expect(officer.page.get_by_role("main")).to_contain_text(
        "Drawn again from the seed, the sample is the same."
    )
    reference = SampleAudit.objects.get().sampled.order_by("position")[0].event.reference
    officer.follow(reference)
    officer.sees(f"Second look at {reference}")
    officer.person.choose("Do you agree with the verification?", "Not agreed")
    officer.person.fill("Finding (optional)", "The payslip is of another person.")
    officer.press("Record the finding")
    officer.sees("Sample audit")

    manager = scene.enter(scene.cast.manager)
    manager.page.goto(f"{manager.site}/todo/")
    manager.sees("To do")
    manager.follow(re.compile("1 finding waits for your reply"))
    manager.sees("Sample audits")
    manager.person.use(manager.page.get_by_role("table").get_by_role("link").first)
    manager.sees("Sample audit")
    manager.follow(reference)
    manager.sees(f"Second look at {reference}")
    manager.person.fill("Reply", "Here is the right one.")
    manager.press("Send the reply")
    manager.sees("Sample audit")
    officer.page.reload()
    expect(officer.page.locator(".mhep-figure").filter(has_text="With a reply")).to_contain_text("1")


def import_a_spreadsheet(scene: Scene) -> None:
    """Take over the good row of a workbook, mend the other in the workbook that comes back, and send that."""
    visit = _programme_of(scene.enter(scene.cast.administrator))
    _check_people(visit, _workbook(HEADINGS, GOOD, BAD))
    expect(visit.page.get_by_role("main")).to_contain_text("unknown_service")
    visit.press("Store 1 row, leave 1 out")
    visit.sees("Participants stored")
    with visit.page.expect_download() as saved:
        visit.follow("Download the rows to mend (XLSX)")
    book = load_workbook(io.BytesIO(saved.value.path().read_bytes()))
    wrong = next(cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value == "WL-9")
    wrong.value = "WL-1"
    out = io.BytesIO()
    book.save(out)
    _check_people(visit, out.getvalue())
    visit.press("Store 1 row")
    visit.sees("Participants stored")
    assert Participant.objects.filter(reference__in=["P-020", "P-021"]).count() == 2


def close_a_month(scene: Scene) -> None:
    """Price and close a month, read an invoice and save its PDF, and ask why of an amount and of nothing."""
    visit = scene.enter(scene.cast.finance)
    visit.page.goto(f"{visit.site}/")
    with Worker():
        for step in month_close.STEPS[1:]:
            step(visit)
    invoice = Document.objects.get(kind=DocumentKind.INVOICE)
    assert (visit.month, visit.number) == ("April 2026", invoice.full_number)
    assert visit.pdf is not None
    assert visit.pdf.read_bytes() == bytes(invoice.pdf.content)


def read_why_an_amount_is_what_it_is(scene: Scene) -> None:
    """As a commissioner, go from the programme over an invoice to the clause and the cap behind an amount."""
    close(scene.cast.programme, "2026-04", scene.cast.finance)
    visit = _programme_of(scene.enter(scene.cast.commissioner))
    visit.follow("Invoices")
    visit.sees("Invoices")
    visit.follow(month_close.NUMBER)
    visit.sees(month_close.NUMBER)
    line = visit.page.get_by_role("row").filter(has_text="E-002")
    visit.person.use(line.get_by_role("link"))
    visit.sees("Why this amount?")
    told = visit.page.get_by_role("main")
    for words in ("E-002", "60%", "Schedule 4, 2.3", "£1,000.00", "£250.00"):
        expect(told).to_contain_text(words)


def _programme_of(visit: Visit) -> Visit:
    """Open the programme, as people do who see its rate card first."""
    visit.page.goto(f"{visit.site}/")
    month_close.open_the_programme(visit)
    return visit


def _check_people(visit: Visit, content: bytes) -> None:
    visit.follow("Imports")
    visit.sees("Imports")
    file: FilePayload = {"name": "people.xlsx", "mimeType": WORKBOOK, "buffer": content}
    visit.person.attach(visit.page.get_by_label("Participants file", exact=True), file)
    visit.press("Check the participants file")
    visit.sees("Check participants")


def _workbook(*rows: tuple[str | date, ...]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(out)
    return out.getvalue()
