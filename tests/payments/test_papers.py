"""PDFs of issued documents: made once from frozen facts, the same bytes ever after (N8, F15)."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import connection

from funders.models import Funder, OutcomeType, Programme
from payments.enums import DocumentKind
from payments.models import Document, DocumentFile, Month
from payments.rules.paper import BankAccount, PaperKind, printed
from payments.selectors.papers import bank_account, paper_of, papers_of
from payments.selectors.schedules import schedule_of
from payments.services import papers
from payments.services.papers import SpoiltFile, make_pdfs, pdf_of
from tests.cast import AT, Cast, a_cast
from tests.payments.documents import document, three_months
from tests.payments.golden import CASES, look_at_what_waits_for_the_commit
from tests.payments.golden import Case as GoldenCase

pytestmark = pytest.mark.django_db

SOME_CASES = [case for case in CASES if case.name in {"carry-forward-and-clawback", "edges", "mixed-104"}]


def silent(done: int, total: int, message: str) -> None:
    """Show nothing."""


@pytest.mark.parametrize("golden", SOME_CASES, ids=lambda case: case.name)
def test_every_document_adds_up_on_paper_and_in_its_schedule(golden: GoldenCase, tmp_path: Path) -> None:
    golden.prepare(tmp_path)
    for period in golden.periods:
        golden.close(period)
    documents = list(Document.objects.select_related("agreement"))

    for key, paper in papers_of(documents).items():
        issued = next(each for each in documents if each.pk == key)
        sheet = schedule_of(issued)
        amounts = [row[sheet.headings.index("Amount")].minor for row in sheet.rows]  # type: ignore[union-attr]
        assert sum(amounts) == paper.net_minor == issued.net_minor
        assert len(sheet.rows) == issued.line_count

    assert {each.kind for each in documents} >= {DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE}


def test_a_pdf_is_stored_once_with_its_hash_and_never_changes(cast: Cast) -> None:
    three_months(cast)
    for issued in Document.objects.all():
        first = pdf_of(issued.pk, AT)
        again = pdf_of(issued.pk, AT)

        assert bytes(first.content) == bytes(again.content)
        assert first.sha256 == sha256(bytes(first.content)).hexdigest()
        assert bytes(first.content).startswith(b"%PDF-")
    assert DocumentFile.objects.count() == Document.objects.count() == 5


def test_what_changes_after_the_issue_does_not_reach_the_paper(cast: Cast) -> None:
    three_months(cast)
    issued = document(cast, "INVOICE", "EALING-1")
    before = printed(paper_of(issued))
    operator = cast.programme.operator
    operator.name, operator.address, operator.vat_number = "Renamed", "Elsewhere 1", "GB999999973"
    operator.save()
    Funder.objects.filter(code="EALING").update(name="Renamed")
    OutcomeType.objects.filter(code="JOB_START").update(name="Renamed", position=90)
    issued.agreement.terms.update(clause="Changed")
    Programme.objects.update(name="Renamed")

    assert printed(paper_of(Document.objects.get(pk=issued.pk))) == before


def test_each_kind_is_set_as_what_it_is(cast: Cast) -> None:
    cast.programme.operator.bank_details = "Account name: HEP\nSort code: 00-00-00\nAccount number: 00000000"
    cast.programme.operator.address = "1 Example Street\n\nLondon"
    cast.programme.operator.save()
    three_months(cast)

    invoice = paper_of(document(cast, "INVOICE", "EALING-1"))
    credit_note = paper_of(document(cast, "CREDIT_NOTE", "EALING-1"))
    remittance = paper_of(document(cast, "REMITTANCE", "TWN-1"))

    assert invoice.kind is PaperKind.INVOICE
    assert invoice.operator.address == ("1 Example Street", "London")
    assert invoice.bank == BankAccount("HEP", sort_code="00-00-00", account_number="00000000")
    assert [(line.event, line.term, line.clause, line.amount_minor) for line in invoice.outcome_lines] == [
        ("E-001", "job-start", "Schedule 4, 2.3", 75_000),
        ("E-002", "job-start", "Schedule 4, 2.3", 25_000),
    ]
    assert (invoice.net_minor, invoice.vat_minor, invoice.po_number) == (100_000, 20_000, "PO-7781")
    assert credit_note.kind is PaperKind.CREDIT_NOTE
    assert [line.corrects for line in credit_note.outcome_lines] == [invoice.number]
    assert (credit_note.due_on, credit_note.bank) == (None, None)
    assert remittance.kind is PaperKind.REMITTANCE
    assert paper_of(document(cast, "CREDIT_NOTE", "TWN-1")).kind is PaperKind.REMITTANCE_CREDIT


def test_a_quarterly_invoice_names_the_months_that_it_bills(cast: Cast) -> None:
    three_months(cast)

    paper = paper_of(document(cast, "INVOICE", "FOUND-1"))

    assert [str(month) for month in paper.periods] == ["2026-04", "2026-05", "2026-06"]
    assert [(fee.description, str(fee.month), fee.amount_minor) for fee in paper.fee_lines] == [
        ("Setting up", "2026-04", 33_334),
        ("Setting up", "2026-05", 33_333),
        ("Setting up", "2026-06", 33_333),
    ]


def test_the_pdfs_of_a_month_are_made_in_batches_with_progress(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(papers, "BATCH", 1)
    three_months(cast)
    april = Month.objects.get(first_day=date(2026, 4, 1))
    seen: list[tuple[int, int]] = []

    made = make_pdfs(april.pk, progress=lambda done, total, _: seen.append((done, total)), at=AT)

    assert made == 2
    assert seen == [(0, 2), (1, 2), (2, 2)]
    assert DocumentFile.objects.filter(document__month=april).count() == 2


def test_making_the_pdfs_again_goes_on_where_it_stopped(cast: Cast) -> None:
    three_months(cast)
    april = Month.objects.get(first_day=date(2026, 4, 1))
    done = pdf_of(document(cast, "INVOICE", "EALING-1").pk, AT)

    assert make_pdfs(april.pk, progress=silent, at=AT) == 2
    assert make_pdfs(april.pk, progress=silent, at=AT) == 2

    assert DocumentFile.objects.count() == 2
    assert DocumentFile.objects.get(pk=done.pk).sha256 == done.sha256


def test_one_flipped_bit_is_refused_and_logged(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    """F15, at 200 places of one stored file."""
    three_months(cast)
    stored = pdf_of(document(cast, "INVOICE", "EALING-1").pk, AT)
    content = bytes(stored.content)
    places = range(0, len(content), len(content) // 200)
    look_at_what_waits_for_the_commit()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_documentfile DISABLE TRIGGER USER")
    refused = 0
    for place in places:
        spoilt = bytearray(content)
        spoilt[place] ^= 1 << (place % 8)
        DocumentFile.objects.filter(pk=stored.pk).update(content=bytes(spoilt))
        with caplog.at_level(logging.ERROR), pytest.raises(SpoiltFile, match="damaged"):
            pdf_of(stored.pk, AT)
        refused += 1

    assert refused >= 200
    assert stored.sha256 in caplog.text
    DocumentFile.objects.filter(pk=stored.pk).update(content=content)
    assert pdf_of(stored.pk, AT).sha256 == stored.sha256


@pytest.mark.django_db(transaction=True)
def test_callers_at_the_same_time_get_the_one_file_that_is_stored() -> None:
    cast = a_cast()
    three_months(cast)
    issued = document(cast, "INVOICE", "EALING-1")

    def download(_: int) -> bytes:
        try:
            return bytes(pdf_of(issued.pk, AT).content)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        contents = set(pool.map(download, range(4)))

    assert len(contents) == 1
    assert DocumentFile.objects.count() == 1


@pytest.mark.parametrize(
    ("details", "account"),
    [
        ("", None),
        (" \n ", None),
        (
            "Account name: HEP Ltd\nSORT CODE: 00-00-00\nAccount number : 00000000",
            BankAccount("HEP Ltd", sort_code="00-00-00", account_number="00000000"),
        ),
        ("IBAN: GB00\nBIC: EXAM", BankAccount("", iban="GB00", bic="EXAM")),
        ("HEP Ltd\nExample Bank\nLondon branch", BankAccount("HEP Ltd", bank="Example Bank, London branch")),
        ("Account name: HEP\nBank: Example\nLondon", BankAccount("HEP", bank="Example, London")),
    ],
)
def test_bank_details_are_read_line_by_line_and_none_is_lost(
    details: str, account: BankAccount | None
) -> None:
    assert bank_account(details) == account
