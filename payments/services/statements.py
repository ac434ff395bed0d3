"""
Statements: sent when a month is closed, answered by the funder, replaced when anything changed.

Each change locks the programme's row first, as a close and a void do, so that an answer comes either before
or after them and is compared with what stands then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet

from accounts.models import User
from audit.services import acting, record
from funders.enums import FunderRole, Silence
from funders.models import Agreement, FunderMember, Programme
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.copying import copy_rows
from outcomes.models import OutcomeEvent
from outcomes.selectors.verification import took_part
from payments.enums import Settlement, StatementState
from payments.models import Charge, LineQuery, Month, Statement
from payments.rules import billing
from payments.rules.statements import answer_by, differences, fingerprint
from payments.selectors.billable import bill_ready
from payments.selectors.contracts import Contract, contract_of
from payments.selectors.stated import stated_header, stated_lines, still_due, what_became
from payments.services.documents import Issuing, issue_lines
from providers.models import OperatorMember


class CannotAnswer(BusinessRuleError):
    pass


def send_statements(
    contract: Contract, month: Month, stated: Mapping[int, billing.Billed], *, at: datetime
) -> None:
    """Send a statement of each agreement's lines, within the transaction that closes the month."""
    for key, billed in stated.items():
        row = contract.agreements[key].row
        terms = _Asking(row, month, row.approval_days or 1, row.approval_silence)
        _send(contract.programme, terms, billed, at=at)
    _uphold_what_is_gone(contract.programme, at)


def renew_statements(programme: Programme, *, at: datetime) -> None:
    """Replace every open statement of the programme that the present has overtaken. Needs its lock."""
    waiting = Statement.objects.filter(agreement__programme=programme, state=StatementState.SENT)
    conditions = ("agreement__vat_treatments", "agreement__purchase_orders")
    for statement in waiting.select_related("agreement__funder", "month").prefetch_related(*conditions):
        renew(statement, programme, at=at)


def renew(statement: Statement, programme: Programme, *, at: datetime) -> bool:
    """
    Replace an open statement if what it says is no longer so; tell whether it was.

    The next revision has its own days for the answer. If nothing is left to approve there is none.
    """
    due = still_due(statement)
    now = stated_header(statement.agreement, programme), stated_lines(due)
    if fingerprint(*now) == statement.fingerprint:
        return False
    sent = [line.charge_id for line in statement.lines.all()]
    before = statement.header, stated_lines(sent)
    changes = differences(before, now, what_became(set(sent) - set(due)))
    _end(statement, StatementState.SUPERSEDED, at, what_changed="\n".join(changes))
    contract = contract_of(programme)
    billed = bill_ready(
        contract.agreements[statement.agreement_id], _billable(Charge.objects.filter(pk__in=due))
    )
    if billed.invoice or billed.credit_note:
        days = (statement.answer_by - programme.local_date(statement.sent_at)).days
        asking = _Asking(statement.agreement, statement.month, days, statement.silence)
        _send(programme, asking, billed, at=at)
    _record(None, "superseded", statement, at)
    return True


@transaction.atomic
def answer_statement(
    *,
    statement_id: int,
    seen: str,
    queries: Mapping[int, str],
    actor: User,
    evidence: str = "",
    at: datetime,
) -> Statement:
    """
    Approve a statement but for the lines that are queried, and issue the documents of the rest.

    If anything changed since the statement was sent, nothing is approved: the statement that is returned is
    superseded and says what changed.

    :param seen: the fingerprint of what the person saw.
    :param queries: the reason of each query, by the key of the line's charge.
    :param evidence: how the funder answered, if somebody of the operator records its answer.
    :raises CannotAnswer: if it was answered or replaced already, another version of it was seen, a query is
        not about one of its lines or has no reason, or the person may not answer it.
    """
    statement, programme = _locked(statement_id)
    if statement.state != StatementState.SENT or seen != statement.fingerprint:
        raise CannotAnswer(_too_late(statement))
    with acting(actor):
        if renew(statement, programme, at=at):
            return statement
        _check_person(statement, programme, actor, evidence)
        reasons = _check_queries(statement, queries)
        state = StatementState.PARTLY_APPROVED if reasons else StatementState.APPROVED
        _end(statement, state, at, answered_by=actor, evidence=evidence.strip())
        _raise_queries(statement, reasons, actor, at)
        _issue(statement, programme, without=set(reasons), actor=actor, at=at)
    _record(actor, "answered", statement, at, state=state, queries=len(reasons))
    return statement


@transaction.atomic
def let_silence_speak(*, statement_id: int, at: datetime) -> Statement:
    """
    Do what is due for an open statement: replace it if the present overtook it, else let it lapse.

    It lapses, and its documents are issued, once the last day for an answer is over where the programme runs
    and its silence means approval; otherwise it goes on waiting. Done again, nothing more happens.
    """
    statement, programme = _locked(statement_id)
    if statement.state != StatementState.SENT or renew(statement, programme, at=at):
        return statement
    if statement.silence == Silence.APPROVES and programme.local_date(at) > statement.answer_by:
        _end(statement, StatementState.LAPSED, at)
        _issue(statement, programme, without=set(), actor=None, at=at)
        _record(None, "lapsed", statement, at)
    return statement


def open_statements() -> Iterator[int]:
    """Yield the keys of all statements that wait for an answer, the oldest first."""
    yield from (
        Statement.objects.filter(state=StatementState.SENT).order_by("pk").values_list("pk", flat=True)
    )


def _uphold_what_is_gone(programme: Programme, at: datetime) -> None:
    """Uphold the open queries about lines that cancelled out, because their event was voided meanwhile."""
    gone = LineQuery.objects.filter(
        charge__agreement__programme=programme, charge__unbilled__isnull=True, settlement=""
    )
    for query in gone:
        query.settlement, query.settled_at = Settlement.UPHELD, at
        query.settlement_reason = "The outcome was voided."
        query.save(update_fields=["settlement", "settled_at", "settlement_reason"])


@dataclass(frozen=True, slots=True)
class _Asking:
    """Whom a statement asks about which month, for how many days, and what silence means."""

    agreement: Agreement
    month: Month
    days: int
    silence: str


def _send(programme: Programme, asking: _Asking, billed: billing.Billed, *, at: datetime) -> None:
    agreement, month = asking.agreement, asking.month
    drafts = [draft for draft in (billed.invoice, billed.credit_note) if draft is not None]
    keys = [key for draft in drafts for key in draft.lines]
    header = stated_header(agreement, programme)
    last = Statement.objects.filter(agreement=agreement, month=month).aggregate(Max("revision"))
    charges, given_back = billed.invoice, billed.credit_note
    statement = Statement.objects.create(
        agreement=agreement,
        month=month,
        revision=(last["revision__max"] or 0) + 1,
        silence=asking.silence,
        header=header,
        fingerprint=fingerprint(header, stated_lines(keys)),
        line_count=len(keys),
        charges_net_minor=charges.net if charges else 0,
        charges_vat_minor=charges.vat if charges else 0,
        credits_net_minor=given_back.net if given_back else 0,
        credits_vat_minor=given_back.vat if given_back else 0,
        sent_at=at,
        answer_by=answer_by(programme.local_date(at), asking.days),
    )
    copy_rows(
        "payments_statementline",
        ("statement_id", "charge_id"),
        ((statement.pk, key) for key in sorted(keys)),
    )
    _record(None, "sent", statement, at)


def _locked(statement_id: int) -> tuple[Statement, Programme]:
    """Return a statement and its programme, both locked, the programme first."""
    of = Statement.objects.values_list("agreement__programme_id", flat=True).get(pk=statement_id)
    programme = Programme.objects.select_for_update(no_key=True).get(pk=of)
    statement = (
        Statement.objects.select_for_update(of=("self",))
        .select_related("agreement__funder", "month")
        .get(pk=statement_id)
    )
    return statement, programme


def _too_late(statement: Statement) -> str:
    if statement.state == StatementState.SENT:
        return "You saw another version of this statement. Look at it as it is now, then answer."
    if statement.state == StatementState.SUPERSEDED:
        return "This statement was replaced because something changed. Answer the new one."
    return "This statement was answered already. Nothing was changed."


def _check_person(statement: Statement, programme: Programme, actor: User, evidence: str) -> None:
    funder = statement.agreement.funder_id
    if evidence.strip():
        at_operator = OperatorMember.objects.of(actor).filter(operator=programme.operator_id)
        is_theirs_too = FunderMember.objects.filter(user=actor, funder=funder).exists()  # chosen or not
        if is_theirs_too or not at_operator.exists():
            raise CannotAnswer("Only the operator’s people record an answer that a funder gave elsewhere.")
    elif not FunderMember.objects.of(actor).filter(funder=funder, role=FunderRole.FINANCE_APPROVER).exists():
        raise CannotAnswer(
            "Only a finance approver of the funder answers. If the funder answered you, say how it did."
        )
    events = OutcomeEvent.objects.filter(charges__statement_lines__statement=statement)
    if took_part(actor, events):
        raise CannotAnswer(
            "You claimed or verified an outcome on this statement. Ask somebody else to answer it."
        )


def _check_queries(statement: Statement, queries: Mapping[int, str]) -> dict[int, str]:
    """Return the reasons, tidied, of queries that may be raised."""
    lines = set(statement.lines.filter(charge__in=list(queries)).values_list("charge_id", flat=True))
    asked_before = set(LineQuery.objects.filter(charge__in=lines).values_list("charge_id", flat=True))
    if set(queries) - lines:
        raise CannotAnswer("A query is about a line that is not on this statement.")
    if asked_before:
        raise CannotAnswer(
            "A line that was queried before is queried again. Its query was settled: it is invoiced now."
        )
    if not all(reason.strip() for reason in queries.values()):
        raise CannotAnswer("Write a reason for each line that you query.")
    return {key: reason.strip() for key, reason in queries.items()}


def _raise_queries(statement: Statement, reasons: Mapping[int, str], actor: User, at: datetime) -> None:
    for line in statement.lines.filter(charge__in=list(reasons)).order_by("charge_id"):
        reason = reasons[line.charge_id]
        LineQuery.objects.create(
            line=line, charge_id=line.charge_id, reason=reason, raised_by=actor, raised_at=at
        )


def _issue(
    statement: Statement, programme: Programme, *, without: set[int], actor: User | None, at: datetime
) -> None:
    charges = Charge.objects.filter(statement_lines__statement=statement).exclude(pk__in=without)
    terms = contract_of(programme).agreements[statement.agreement_id]
    issuing = Issuing(programme.local_date(at), actor, at)
    issue_lines(programme, statement.month, terms, _billable(charges), issuing)


def _billable(charges: QuerySet[Charge]) -> list[billing.BillableLine]:
    rows = charges.order_by("pk").values_list("pk", "amount_minor", "credits_id")
    return [billing.BillableLine(*row) for row in rows]


def _end(statement: Statement, state: StatementState, at: datetime, **details: object) -> None:
    statement.state, statement.ended_at = state, at
    for name, value in details.items():
        setattr(statement, name, value)
    statement.save(update_fields=["state", "ended_at", *details])


def _record(actor: User | None, done: str, statement: Statement, at: datetime, **details: object) -> None:
    agreement = statement.agreement
    subject = f"{agreement.programme.code} {statement.month.period} {agreement.ref}"
    details = {"revision": statement.revision, "fingerprint": statement.fingerprint, **details}
    record(actor=actor, action=f"statement.{done}", subject=subject, at=at, **details)
