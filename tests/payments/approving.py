"""The small programme with funders that approve first: Ealing's silence waits, the foundation's approves."""

from __future__ import annotations

from datetime import UTC, date, datetime

from accounts.models import User
from funders.enums import FunderRole
from funders.models import Agreement, Funder, FunderMember, Programme
from outcomes.models import OutcomeEvent
from payments.models import Adjustment, Charge, LineQuery, Statement
from payments.services.adjustments import About, approve_adjustment, propose_adjustment
from payments.services.programme_file import load_programme
from payments.services.statements import answer_statement
from tests.cast import AT, PASSWORD, PROGRAMME, Cast, a_cast, close

WITH_APPROVAL = PROGRAMME.replace(
    b"    po_number: PO-7781\n", b"    po_number: PO-7781\n    approval: {days: 10, silence: waits}\n"
).replace(
    b"    billing: quarterly\n", b"    billing: quarterly\n    approval: {days: 5, silence: approves}\n"
)
LATER = datetime(2026, 7, 6, 9, 30, tzinfo=UTC)
REASON = "Our records show another start date."


def an_approving_cast(content: bytes = WITH_APPROVAL) -> Cast:
    """Return the cast of a programme whose funders approve first; nothing is priced."""
    cast = a_cast()
    load_programme(content, actor=cast.administrator, at=AT)
    cast.programme.refresh_from_db()
    return cast


def april_sent() -> tuple[Cast, Statement]:
    """Close April: Ealing gets a statement of two lines, E-001 (750.00) and E-002 (250.00)."""
    cast = an_approving_cast()
    close(cast.programme, "2026-04", cast.administrator)
    return cast, statement_of("EALING-1")


def statement_of(agreement: str, month: str = "2026-04-01") -> Statement:
    """Return the last revision of an agreement's statement."""
    found = Statement.objects.filter(agreement__ref=agreement, month__first_day=month)
    return found.select_related("agreement__funder", "month").order_by("revision").last() or _none(agreement)


def _none(agreement: str) -> Statement:
    raise AssertionError(f"{agreement} has no statement")


def line_of(statement: Statement, event: str) -> Charge:
    """Return the charge of an event's line."""
    return Charge.objects.get(statement_lines__statement=statement, event__reference=event)


def answer(statement: Statement, actor: User, *queried: str, evidence: str = "") -> Statement:
    """Approve a statement but for the lines of the events named."""
    return answer_statement(
        statement_id=statement.pk,
        seen=statement.fingerprint,
        queries={line_of(statement, event).pk: REASON for event in queried},
        actor=actor,
        evidence=evidence,
        at=LATER,
    )


def a_query() -> tuple[Cast, LineQuery]:
    """Return a query about E-001 over 750.00, raised by Ealing's approver; E-002 is invoiced."""
    cast, statement = april_sent()
    answer(statement, cast.approver, "E-001")
    return cast, LineQuery.objects.get()


def void(event: str, on: date) -> None:
    """Void an event as a service would, to be priced in the open month."""
    found = OutcomeEvent.objects.select_related("programme").get(reference=event)
    falls_in = max(on.replace(day=1), found.programme.open_month)
    OutcomeEvent.objects.filter(pk=found.pk).update(
        own_voided_on=on, voided_on=on, void_reason="Left before the start", void_falls_in=falls_in
    )


def another_approver(cast: Cast, funder_code: str = "EALING") -> User:
    """Return one more finance approver of a funder."""
    user = User.objects.create_user("second@example.org", PASSWORD, name="Second approver")
    funder = Funder.objects.get(programme=cast.programme, code=funder_code)
    FunderMember.objects.create(funder=funder, user=user, role=FunderRole.FINANCE_APPROVER)
    return user


def ask(programme: Programme, *, proposed_by: User, approved_by: User) -> None:
    """
    Leave each funder with an open statement of June, a query about a line of May's, and a proposal.

    May and June are closed for it, and every agreement is billed by the month.
    """
    agreements = Agreement.objects.filter(programme=programme, direction="RECEIVABLE")
    agreements.update(approval_days=10, approval_silence="WAITS", billing="MONTHLY")
    for month in ("2026-05", "2026-06"):
        for agreement in agreements:
            adjusted = _proposed(agreement, proposed_by)
            approve_adjustment(adjustment_id=adjusted.pk, actor=approved_by, at=AT)
        close(programme, month)
        for statement in Statement.objects.filter(agreement__in=agreements, state="SENT"):
            if month == "2026-05":
                _query_all(statement, approved_by)
    for agreement in agreements:
        _proposed(agreement, proposed_by)


def _proposed(agreement: Agreement, actor: User) -> Adjustment:
    return propose_adjustment(
        agreement=agreement, amount_minor=10_000, reason="Setting up", about=About(), actor=actor, at=AT
    )


def _query_all(statement: Statement, actor: User) -> None:
    adjusted = Charge.objects.get(statement_lines__statement=statement, kind="ADJUSTMENT")
    answer_statement(
        statement_id=statement.pk,
        seen=statement.fingerprint,
        queries={adjusted.pk: REASON},
        actor=actor,
        evidence="By telephone",
        at=AT,
    )
