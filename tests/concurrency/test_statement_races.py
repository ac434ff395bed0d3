"""Statements answered at the same time as something else (catalogue P1, P3; ADR 0020)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import User
from funders.models import Agreement, Funder
from mhep.kernel.problems import BusinessRuleError
from outcomes.models import OutcomeEvent
from outcomes.services.verification import void_event
from payments.enums import StatementState
from payments.models import Document, DocumentCounter, Statement
from payments.services.statements import answer_statement, let_silence_speak
from tests.cast import Cast, close
from tests.payments.approving import (
    LATER,
    WITH_APPROVAL,
    an_approving_cast,
    another_approver,
    april_sent,
    statement_of,
)
from tests.shared.sessions import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def answering(statement: Statement, actor: User) -> Callable[[], str]:
    """Return an approval of all lines, which gives the state that it led to, or the refusal."""

    def answer() -> str:
        try:
            return answer_statement(
                statement_id=statement.pk, seen=statement.fingerprint, queries={}, actor=actor, at=LATER
            ).state
        except BusinessRuleError as refusal:
            return str(refusal)

    return answer


def invoices() -> list[int]:
    numbers = Document.objects.filter(agreement__ref="EALING-1", kind="INVOICE").order_by("number")
    return list(numbers.values_list("number", flat=True))


def test_of_two_approvers_one_is_first_and_the_other_is_told() -> None:
    cast, statement = april_sent()
    done = at_once([answering(statement, cast.approver), answering(statement, another_approver(cast))])
    assert sorted(done) == [
        "APPROVED",
        "This statement was answered already. Nothing was changed.",
    ]
    assert invoices() == [1]


def test_an_approval_beside_a_void_is_before_it_or_approves_nothing() -> None:
    cast, statement = april_sent()
    event = OutcomeEvent.objects.get(reference="E-001").pk

    def void() -> str:
        void_event(event_id=event, voided_on=LATER.date(), reason="x", actor=cast.analyst, at=LATER)
        return "voided"

    state, _ = at_once([answering(statement, cast.approver), void])
    invoiced = Document.objects.filter(agreement__ref="EALING-1").values_list("net_minor", flat=True)
    if state == StatementState.APPROVED:
        assert list(invoiced) == [100_000]
    else:
        assert state == StatementState.SUPERSEDED
        assert list(invoiced) == []
        assert statement_of("EALING-1").charges_net_minor == 25_000


def test_silence_beside_an_answer_issues_the_documents_once() -> None:
    cast = an_approving_cast(WITH_APPROVAL.replace(b"silence: waits", b"silence: approves"))
    close(cast.programme, "2026-04")
    statement = statement_of("EALING-1")
    late = LATER.replace(day=20)

    def silence() -> str:
        return let_silence_speak(statement_id=statement.pk, at=late).state

    at_once([silence, answering(statement, cast.approver), silence])
    assert statement_of("EALING-1").state in {StatementState.LAPSED, StatementState.APPROVED}
    assert invoices() == [1]


def test_an_approval_beside_a_close_leaves_numbers_without_a_gap() -> None:
    cast, statement = april_sent()
    state, _ = at_once([answering(statement, cast.approver), lambda: _closed(cast)])
    assert state == StatementState.APPROVED
    _numbers_have_no_gap()


def test_two_funders_approving_at_once_get_numbers_without_a_gap() -> None:
    monthly = WITH_APPROVAL.replace(b"    billing: quarterly\n", b"")
    cast = an_approving_cast(monthly)
    close(cast.programme, "2026-04")
    foundation = another_approver(cast, "FOUND")
    assert Funder.objects.filter(programme=cast.programme).count() == 2
    states = at_once(
        [
            answering(statement_of("EALING-1"), cast.approver),
            answering(statement_of("FOUND-1"), foundation),
        ]
    )
    assert states == [StatementState.APPROVED] * 2
    _numbers_have_no_gap()
    assert DocumentCounter.objects.get(kind="INVOICE").last_number == 2


def _closed(cast: Cast) -> str:
    close(cast.programme, "2026-05")
    return "closed"


def _numbers_have_no_gap() -> None:
    assert Agreement.objects.exists()
    for counter in DocumentCounter.objects.all():
        numbers = Document.objects.filter(kind=counter.kind).order_by("number")
        assert list(numbers.values_list("number", flat=True)) == list(range(1, counter.last_number + 1))
