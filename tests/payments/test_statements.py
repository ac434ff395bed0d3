"""A funder approves first: statements, answers, silence, and what overtakes them (ADR 0020)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from funders.models import Agreement
from outcomes.models import OutcomeEvent
from outcomes.services.imports import import_outcomes
from outcomes.services.verification import verify_event
from participants.services import import_participants
from payments.enums import DocumentKind, StatementState
from payments.models import Document, LineQuery, Statement, Unbilled
from payments.selectors.exports import documents_csv
from payments.services.programme_file import load_programme
from payments.services.statements import CannotAnswer, answer_statement, let_silence_speak
from tests.cast import AT, OUTCOMES, PARTICIPANTS, PROGRAMME, a_cast, close
from tests.payments.approving import (
    LATER,
    WITH_APPROVAL,
    an_approving_cast,
    another_approver,
    answer,
    april_sent,
    line_of,
    statement_of,
    void,
)

PEOPLE = PARTICIPANTS.splitlines(keepends=True)[0]
EVENTS = OUTCOMES.splitlines(keepends=True)[0]
pytestmark = pytest.mark.django_db


def documents(agreement: str = "EALING-1") -> list[tuple[str, str, int]]:
    rows = Document.objects.filter(agreement__ref=agreement).order_by("pk")
    return [(str(row.month.period), row.full_number, row.net_minor) for row in rows.select_related("month")]


def test_without_the_setting_a_month_issues_documents_and_no_statement() -> None:
    cast = a_cast()
    close(cast.programme, "2026-04")
    assert not Statement.objects.exists()
    assert documents() == [("2026-04", "INV-000001", 100_000)]


def test_with_it_the_funder_gets_a_statement_and_the_provider_its_remittance() -> None:
    _, statement = april_sent()
    assert documents() == []
    assert documents("TWN-1")
    assert (statement.state, statement.revision, statement.line_count) == ("SENT", 1, 2)
    assert (statement.charges_net_minor, statement.charges_vat_minor) == (100_000, 20_000)
    assert (statement.sent_at, statement.answer_by) == (AT, date(2026, 7, 13))
    assert Unbilled.objects.filter(agreement__ref="EALING-1").count() == 2


def test_all_approved_is_invoiced_as_the_close_would_have_done_it() -> None:
    cast, statement = april_sent()
    answered = answer(statement, cast.approver)
    assert (answered.state, answered.answered_by) == (StatementState.APPROVED, cast.approver)
    assert documents() == [("2026-04", "INV-000001", 100_000)]
    assert Document.objects.get(agreement__ref="EALING-1").issued_on == date(2026, 7, 6)
    assert not Unbilled.objects.filter(agreement__ref="EALING-1").exists()

    with_approval = documents_csv(cast.programme)
    assert "2026-04,receivable,EALING-1,invoice,2,1000.00,200.00,1200.00" in with_approval


def test_a_quarterly_agreement_gets_its_statement_with_the_quarters_third_month() -> None:
    cast = an_approving_cast()
    for month in ("2026-04", "2026-05", "2026-06"):
        close(cast.programme, month)
    statement = statement_of("FOUND-1", "2026-06-01")
    assert Statement.objects.filter(agreement__ref="FOUND-1").count() == 1
    assert statement.answer_by == date(2026, 7, 8)


def test_a_queried_line_is_held_back_while_the_rest_is_invoiced() -> None:
    cast, statement = april_sent()
    answered = answer(statement, cast.approver, "E-001")
    assert answered.state == StatementState.PARTLY_APPROVED
    assert documents() == [("2026-04", "INV-000001", 25_000)]
    close(cast.programme, "2026-05")
    close(cast.programme, "2026-06")
    assert documents() == [("2026-04", "INV-000001", 25_000)]
    assert not Statement.objects.filter(month__first_day__gt="2026-04-01", agreement__ref="EALING-1").exists()
    assert Unbilled.objects.get(agreement__ref="EALING-1").charge == line_of(statement, "E-001")


def test_everything_may_be_queried_and_then_nothing_is_issued() -> None:
    cast, statement = april_sent()
    answer(statement, cast.approver, "E-001", "E-002")
    assert documents() == []
    assert LineQuery.objects.count() == 2


def test_an_answer_that_names_another_version_changes_nothing() -> None:
    cast, statement = april_sent()
    with pytest.raises(CannotAnswer, match="another version"):
        answer_statement(statement_id=statement.pk, seen="0" * 64, queries={}, actor=cast.approver, at=LATER)
    assert documents() == []


def test_a_void_after_sending_replaces_the_statement_and_approves_nothing() -> None:
    cast, statement = april_sent()
    void("E-001", date(2026, 7, 5))
    answered = answer(statement, cast.approver)
    assert answered.state == StatementState.SUPERSEDED
    assert answered.what_changed == "E-001 of 2026-04-10, 750.00: voided as of 2026-07-05."
    assert documents() == []
    renewed = statement_of("EALING-1")
    assert (renewed.revision, renewed.line_count, renewed.charges_net_minor) == (2, 1, 25_000)
    assert renewed.answer_by == date(2026, 7, 16)
    assert renewed.fingerprint != statement.fingerprint
    answer(renewed, cast.approver)
    assert documents() == [("2026-04", "INV-000001", 25_000)]


def test_a_void_of_the_only_line_leaves_nothing_to_approve() -> None:
    cast, statement = april_sent()
    void("E-001", date(2026, 7, 5))
    void("E-002", date(2026, 7, 5))
    answer(statement, cast.approver)
    assert [each.state for each in Statement.objects.filter(agreement__ref="EALING-1")] == ["SUPERSEDED"]


@pytest.mark.parametrize(
    ("added", "words"),
    [
        (
            b'    vat: [{category: standard, lines: JOB_START, rate: "5", from: 2026-04-01}]\n',
            "How lines are taxed was empty and is standard rate 5%, JOB_START, from 2026-04-01.",
        ),
        (
            b'    purchase_orders: [{number: P1, from: 2026-04-01, to: 2027-03-31, amount: "500.00"}]\n',
            "The list of purchase orders was empty and is P1, from 2026-04-01, to 2027-03-31, worth 500.00.",
        ),
    ],
)
def test_another_treatment_of_vat_or_purchase_order_replaces_the_statement(added: bytes, words: str) -> None:
    cast, statement = april_sent()
    changed = WITH_APPROVAL.replace(b"    po_number: PO-7781\n", b"    po_number: PO-7781\n" + added)
    load_programme(changed, actor=cast.administrator, at=AT)
    answered = answer(statement, cast.approver)
    assert (answered.state, answered.what_changed) == (StatementState.SUPERSEDED, words)
    assert documents() == []
    again = answer(statement_of("EALING-1"), cast.approver)
    assert again.state == StatementState.APPROVED


def test_changed_conditions_replace_the_statement_too() -> None:
    cast, statement = april_sent()
    changed = WITH_APPROVAL.replace(b'vat_rate: "20"', b'vat_rate: "10"').replace(b"PO-7781", b"PO-9000")
    load_programme(changed, actor=cast.administrator, at=AT)
    answered = answer(statement, cast.approver)
    assert answered.what_changed.splitlines() == [
        "The purchase order was PO-7781 and is PO-9000.",
        "The VAT rate was 20 and is 10.",
    ]
    assert statement_of("EALING-1").charges_vat_minor == 10_000


def test_a_later_close_replaces_an_open_statement_whose_line_cancelled() -> None:
    cast, statement = april_sent()
    void("E-001", date(2026, 5, 5))
    close(cast.programme, "2026-05")
    renewed = statement_of("EALING-1")
    assert (renewed.revision, renewed.line_count) == (2, 1)
    assert not Statement.objects.filter(month__first_day="2026-05-01", agreement__ref="EALING-1").exists()
    with pytest.raises(CannotAnswer, match="replaced"):
        answer(statement, cast.approver)


def test_taking_the_setting_out_leaves_what_was_sent_and_issues_what_follows() -> None:
    cast, statement = april_sent()
    load_programme(PROGRAMME, actor=cast.administrator, at=AT)
    void("E-003", date(2026, 5, 5))
    close(cast.programme, "2026-05")
    assert documents() == []
    assert Agreement.objects.get(ref="EALING-1").approval_days is None
    answer(statement, cast.approver)
    assert documents() == [("2026-04", "INV-000001", 100_000)]


def test_silence_that_approves_issues_once_the_last_day_is_over_there_and_not_before() -> None:
    cast = an_approving_cast(WITH_APPROVAL.replace(b"silence: waits", b"silence: approves"))
    close(cast.programme, "2026-04")
    statement = statement_of("EALING-1")
    # 13 July is the last day; in London it ends at 23:00 UTC.
    last_minute = datetime(2026, 7, 13, 22, 59, tzinfo=UTC)
    assert let_silence_speak(statement_id=statement.pk, at=last_minute).state == StatementState.SENT
    over = datetime(2026, 7, 13, 23, 0, tzinfo=UTC)
    for _ in range(2):
        assert let_silence_speak(statement_id=statement.pk, at=over).state == StatementState.LAPSED
    assert documents() == [("2026-04", "INV-000001", 100_000)]
    assert Document.objects.get(agreement__ref="EALING-1").issued_on == date(2026, 7, 14)


def test_silence_that_waits_issues_nothing_however_late() -> None:
    _, statement = april_sent()
    let_silence_speak(statement_id=statement.pk, at=datetime(2027, 1, 1, tzinfo=UTC))
    assert statement_of("EALING-1").state == StatementState.SENT
    assert documents() == []


def test_silence_about_something_that_changed_approves_nothing() -> None:
    cast = an_approving_cast(WITH_APPROVAL.replace(b"silence: waits", b"silence: approves"))
    close(cast.programme, "2026-04")
    statement = statement_of("EALING-1")
    void("E-001", date(2026, 7, 5))
    at = datetime(2026, 7, 20, tzinfo=UTC)
    assert let_silence_speak(statement_id=statement.pk, at=at).state == StatementState.SUPERSEDED
    assert documents() == []
    assert statement_of("EALING-1").answer_by == date(2026, 7, 30)


@pytest.mark.parametrize(
    "who",
    ["commissioner", "other_commissioner", "finance", "administrator", "auditor", "outsider", "manager"],
)
def test_nobody_but_a_finance_approver_of_the_funder_answers(who: str) -> None:
    cast, statement = april_sent()
    with pytest.raises(CannotAnswer, match="Only a finance approver"):
        answer(statement, getattr(cast, who))


def test_an_answer_given_elsewhere_is_recorded_with_its_evidence() -> None:
    cast, statement = april_sent()
    answered = answer(statement, cast.finance, evidence="E-mail of J. Doe, 5 July 2026, 10:12")
    assert (answered.state, answered.answered_by) == (StatementState.APPROVED, cast.finance)
    assert answered.evidence == "E-mail of J. Doe, 5 July 2026, 10:12"


@pytest.mark.parametrize("who", ["approver", "commissioner", "outsider"])
def test_only_the_operator_records_an_answer_given_elsewhere(who: str) -> None:
    cast, statement = april_sent()
    with pytest.raises(CannotAnswer, match="Only the operator"):
        answer(statement, getattr(cast, who), evidence="By telephone")


@pytest.mark.parametrize("part", ["claim", "verify"])
@pytest.mark.parametrize(("who", "evidence"), [("approver", ""), ("finance", "E-mail of 5 July 2026")])
def test_a12_who_claimed_or_verified_an_outcome_does_not_answer_for_it(
    part: str, who: str, evidence: str
) -> None:
    roomy = WITH_APPROVAL.replace(b'total: "2000.00"', b'total: "9000.00"').replace(
        b'"1000.00"}', b'"9000.00"}'
    )
    cast = an_approving_cast(roomy)
    person = getattr(cast, who)
    claimer, verifier = (person, cast.analyst) if part == "claim" else (cast.analyst, person)
    person_row = b"P-009,WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06\n"
    import_participants(
        programme_id=cast.programme.pk, content=PEOPLE + person_row, actor=cast.analyst, at=AT
    )
    row = b"E-009,P-009,JOB_START,2026-07-01,,,,2026-07-02,,\n"
    import_outcomes(programme_id=cast.programme.pk, content=EVENTS + row, actor=claimer, at=AT)
    verify_event(event_id=OutcomeEvent.objects.get(reference="E-009").pk, actor=verifier, at=AT)
    for month in ("2026-04", "2026-05", "2026-06", "2026-07"):
        close(cast.programme, month)
    statement = statement_of("EALING-1", "2026-07-01")
    with pytest.raises(CannotAnswer, match="claimed or verified"):
        answer(statement, person, evidence=evidence)
    answer(statement, another_approver(cast))
    assert [month for month, *_ in documents()] == ["2026-07"]


def test_a_query_needs_a_reason_and_a_line_of_this_statement() -> None:
    cast, statement = april_sent()
    own = line_of(statement, "E-001").pk
    for queries, refusal in (({own: "  "}, "Write a reason"), ({own + 100_000: "Why?"}, "not on this")):
        with pytest.raises(CannotAnswer, match=refusal):
            answer_statement(
                statement_id=statement.pk,
                seen=statement.fingerprint,
                queries=queries,
                actor=cast.approver,
                at=LATER,
            )
    assert not LineQuery.objects.exists()


def test_a_credit_waits_for_its_charge_that_is_queried() -> None:
    cast, statement = april_sent()
    answer(statement, cast.approver)
    void("E-001", date(2026, 5, 5))
    close(cast.programme, "2026-05")
    credited = statement_of("EALING-1", "2026-05-01")
    assert (credited.credits_net_minor, credited.credits_vat_minor) == (75_000, 15_000)
    answer(credited, cast.approver)
    note = Document.objects.get(kind=DocumentKind.CREDIT_NOTE, agreement__ref="EALING-1")
    assert {line.corrects.full_number for line in note.lines.all() if line.corrects} == {"INV-000001"}
