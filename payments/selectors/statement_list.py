"""Lists of statements and of the queries on them, as people see them and as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import (
    Case,
    Count,
    DateField,
    Exists,
    F,
    IntegerField,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from accounts.models import User
from funders.models import Agreement, Programme
from mhep.kernel.money import Money
from mhep.shared.sheets import Cell, Sheet
from payments.enums import Settlement, StatementState
from payments.models import LineQuery, Statement

STATEMENT_HEADINGS = (
    "Funder",
    "Agreement",
    "Month",
    "Revision",
    "State",
    "Sent on",
    "Answer by",
    "Lines",
    "To invoice, net",
    "To credit, net",
    "Open queries",
    "Answered by",
    "How the funder answered",
    "Currency",
)
QUERY_HEADINGS = (
    "Funder",
    "Agreement",
    "Month",
    "Line",
    "Amount",
    "Reason",
    "Raised on",
    "Raised by",
    "Settled",
    "Why",
    "Settled by",
    "Currency",
)


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """What to list; an empty value leaves everything in."""

    funder: str = ""
    state: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> StatementFilter:
        """Read the filter from an address; a state that is none is left out."""
        state = query.get("state", "")
        return cls(query.get("funder", ""), state if state in StatementState.values else "")


def statements_to_see(user: User, programme: Programme) -> QuerySet[Statement]:
    """Return every revision of the statements that the user may see."""
    seen = Statement.objects.visible_to(user).filter(agreement__programme=programme)
    return seen.select_related("agreement__funder", "month", "answered_by")


def statements_listed(user: User, programme: Programme, chosen: StatementFilter) -> QuerySet[Statement]:
    """
    Return the statements that stand: those that wait, by the day on which their answer is due, then the
    others, the latest month first.
    """
    statements = statements_to_see(user, programme)
    if chosen.funder:
        statements = statements.filter(agreement__funder__code=chosen.funder)
    state = Q(state=chosen.state) if chosen.state else ~Q(state=StatementState.SUPERSEDED)
    waits_until = Case(When(state=StatementState.SENT, then=F("answer_by")), output_field=DateField())
    open_queries = Count("lines__query", filter=Q(lines__query__settlement=""), distinct=True)
    return (
        statements.filter(state)
        .annotate(waits_until=waits_until, open_queries=open_queries)
        .order_by(
            F("waits_until").asc(nulls_last=True), "-month__first_day", "agreement__position", "-revision"
        )
    )


def waiting_statements(user: User, programme: Programme) -> int | None:
    """
    Return how many statements wait for an answer that the user sees.

    None where the programme asks none of the funders that the user sees, and never did. One query.
    """
    seen = Statement.objects.visible_to(user).filter(agreement__programme=programme)
    asking = Agreement.objects.visible_to(user).filter(programme=programme, approval_days__isnull=False)
    counts = Programme.objects.filter(pk=programme.pk).values_list(
        Exists(asking),
        Exists(seen),
        Subquery(
            seen.filter(state=StatementState.SENT)
            .order_by()
            .values("agreement__programme")
            .annotate(waiting=Count("pk", distinct=True))
            .values("waiting")
        ),
    )
    is_asked, has_any, waiting = counts.get()
    return waiting or 0 if is_asked or has_any else None


def funders_asked(user: User, programme: Programme) -> list[tuple[str, str]]:
    """Return code and name of the funders whose statements the user sees."""
    seen = Statement.objects.visible_to(user).filter(agreement__programme=programme)
    rows = seen.order_by("agreement__funder__name").values_list(
        "agreement__funder__code", "agreement__funder__name"
    )
    return list(dict.fromkeys(rows))


def statement_sheet(statements: Iterable[Statement], programme: Programme) -> Sheet:
    """Return listed statements as a table."""
    return Sheet(
        "Statements", STATEMENT_HEADINGS, [_statement_row(statement, programme) for statement in statements]
    )


def queries_to_see(user: User, programme: Programme) -> QuerySet[LineQuery]:
    """Return the queries that the user may see, those to settle first, the oldest first."""
    statements = Statement.objects.visible_to(user).filter(agreement__programme=programme)
    is_settled = Case(When(settlement="", then=Value(0)), default=Value(1), output_field=IntegerField())
    return (
        LineQuery.objects.filter(line__statement__in=statements)
        .select_related(
            "charge__agreement__funder",
            "charge__event",
            "charge__term",
            "charge__fee",
            "charge__adjustment",
            "line__statement__month",
            "raised_by",
            "settled_by",
        )
        .annotate(is_settled=is_settled)
        .order_by("is_settled", "raised_at", "pk")
    )


def at_stake(queries: QuerySet[LineQuery]) -> int:
    """Return what the queries that are not settled hold back in all, in minor units."""
    return sum(queries.filter(settlement="").values_list("charge__amount_minor", flat=True))


def days_open(query: LineQuery, programme: Programme, today: date) -> int:
    """Return for how many days a query has waited, or waited until it was settled."""
    until = programme.local_date(query.settled_at) if query.settled_at else today
    return (until - programme.local_date(query.raised_at)).days


def line_name(query: LineQuery) -> str:
    """Return what the queried line is called: its event, or its fee or adjustment."""
    charge = query.charge
    if charge.event is not None:
        return charge.event.reference
    if charge.adjustment is not None:
        return charge.adjustment.ref
    return charge.fee.ref if charge.fee else ""


def query_sheet(queries: Iterable[LineQuery], programme: Programme) -> Sheet:
    """Return queries as a table."""
    return Sheet("Queries", QUERY_HEADINGS, [_query_row(query, programme) for query in queries])


def _statement_row(statement: Statement, programme: Programme) -> tuple[Cell, ...]:
    currency = programme.currency
    return (
        statement.agreement.party_name,
        statement.agreement.ref,
        str(statement.month.period),
        statement.revision,
        StatementState(statement.state).label,
        programme.local_date(statement.sent_at),
        statement.answer_by,
        statement.line_count,
        Money(statement.charges_net_minor, currency),
        Money(statement.credits_net_minor, currency),
        getattr(statement, "open_queries", 0),
        statement.answered_by.name if statement.answered_by else "",
        statement.evidence,
        currency,
    )


def _query_row(query: LineQuery, programme: Programme) -> tuple[Cell, ...]:
    return (
        query.charge.agreement.party_name,
        query.charge.agreement.ref,
        str(query.line.statement.month.period),
        line_name(query),
        Money(query.charge.amount_minor, programme.currency),
        query.reason,
        programme.local_date(query.raised_at),
        query.raised_by.name,
        Settlement(query.settlement).label if query.settlement else "",
        query.settlement_reason,
        query.settled_by.name if query.settled_by else "",
        programme.currency,
    )
