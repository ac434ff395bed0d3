"""One statement as people read it: its lines by outcome, its sums, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from funders.models import Programme
from mhep.kernel.money import Money
from mhep.kernel.periods import Month
from mhep.shared.sheets import Cell, Sheet
from payments.enums import Settlement
from payments.models import Document, LineQuery, Statement
from payments.rules import billing
from payments.rules.statements import StatedLine, fingerprint
from payments.selectors.billable import bill_ready
from payments.selectors.contracts import contract_of
from payments.selectors.stated import stated_header, stated_lines, still_due

HEADINGS = (
    "Participant",
    "Event",
    "Outcome",
    "Outcome date",
    "Term, fee or adjustment",
    "Month",
    "Corrects",
    "Amount",
    "Answer",
    "Currency",
)


@dataclass(frozen=True, slots=True)
class LineView:
    """
    One line; ``query`` is the query that this statement's answer raised about it.

    ``was_dismissed`` says that it was queried on an earlier statement: it cannot be again.
    """

    line: StatedLine
    query: LineQuery | None
    was_dismissed: bool

    @property
    def day(self) -> date | None:
        """The outcome date, if the line is about an outcome."""
        return date.fromisoformat(self.line.outcome_date) if self.line.outcome_date else None

    @property
    def month(self) -> Month:
        """The month of the fee, or in which the line was charged."""
        return Month.parse(self.line.period)


@dataclass(frozen=True, slots=True)
class LineGroup:
    """The lines of one outcome type, or those of none."""

    name: str
    lines: Sequence[LineView]

    @property
    def net_minor(self) -> int:
        return sum(view.line.amount_minor for view in self.lines)


@dataclass(frozen=True, slots=True)
class StatementPage:
    """
    A statement with all that its page shows.

    ``has_changed`` says of an open one that the present has overtaken it; ``before`` are the revisions that
    it replaced, the newest first, ``after`` the one that stands now if it was itself replaced.
    """

    statement: Statement
    groups: Sequence[LineGroup]
    documents: Sequence[Document]
    has_changed: bool
    before: Sequence[Statement]
    after: Statement | None


@dataclass(frozen=True, slots=True)
class AnswerEffect:
    """What an answer would do: how many lines are issued now on which sums, and what is held back."""

    invoice: billing.Draft | None
    credit_note: billing.Draft | None
    queried: Sequence[StatedLine]

    @property
    def held_minor(self) -> int:
        return sum(line.amount_minor for line in self.queried)


def statement_page(statement: Statement, programme: Programme) -> StatementPage:
    """Return what the page of a statement shows, in a number of queries that does not grow with its lines."""
    others = Statement.objects.filter(agreement=statement.agreement_id, month=statement.month_id)
    later = others.filter(revision__gt=statement.revision).order_by("-revision").first()
    documents = Document.objects.filter(agreement=statement.agreement_id, month=statement.month_id)
    is_open = statement.ended_at is None
    return StatementPage(
        statement=statement,
        groups=_groups(statement, programme),
        documents=() if is_open else list(documents.order_by("kind")),
        has_changed=is_open and _overtaken(statement, programme),
        before=list(others.filter(revision__lt=statement.revision).order_by("-revision")),
        after=later,
    )


def answer_effect(statement: Statement, programme: Programme, queried: Collection[int]) -> AnswerEffect:
    """Return what would be issued if all but the ``queried`` lines were approved as things stand."""
    lines = stated_lines(list(statement.lines.values_list("charge_id", flat=True)))
    terms = contract_of(programme).agreements[statement.agreement_id]
    credited = dict(statement.lines.values_list("charge_id", "charge__credits_id"))
    approved = [
        billing.BillableLine(line.key, line.amount_minor, credited[line.key])
        for line in lines
        if line.key not in queried
    ]
    billed = bill_ready(terms, approved)
    return AnswerEffect(billed.invoice, billed.credit_note, [line for line in lines if line.key in queried])


def statement_lines_sheet(statement: Statement, programme: Programme) -> Sheet:
    """Return a statement's lines as a table; what gives back is negative."""
    views = [view for group in _groups(statement, programme) for view in group.lines]
    return Sheet("Statement", HEADINGS, [_row(view, programme) for view in views])


def _overtaken(statement: Statement, programme: Programme) -> bool:
    now = stated_header(statement.agreement, programme), stated_lines(still_due(statement))
    return fingerprint(*now) != statement.fingerprint


def _groups(statement: Statement, programme: Programme) -> list[LineGroup]:
    charges = list(statement.lines.values_list("charge_id", flat=True))
    queries = {query.charge_id: query for query in LineQuery.objects.filter(charge__in=charges)}
    own = set(LineQuery.objects.filter(line__statement=statement).values_list("charge_id", flat=True))
    names = dict(programme.outcome_types.values_list("code", "name"))
    groups: dict[str, list[LineView]] = {code: [] for code in (*names, "")}
    for line in stated_lines(charges):
        query = queries.get(line.key)
        views = groups.setdefault(line.outcome, [])
        views.append(
            LineView(line, query if line.key in own else None, query is not None and line.key not in own)
        )
    return [
        LineGroup(names.get(code, "Fixed fees and adjustments"), views)
        for code, views in groups.items()
        if views
    ]


def _row(view: LineView, programme: Programme) -> tuple[Cell, ...]:
    line = view.line
    answer = ""
    if view.query is not None:
        settled = view.query.settlement
        answer = f"Queried: {view.query.reason}" + (f" ({Settlement(settled).label})" if settled else "")
    return (
        line.participant,
        line.event,
        line.outcome,
        line.outcome_date,
        line.what,
        line.period,
        line.corrects,
        Money(line.amount_minor, programme.currency),
        answer,
        programme.currency,
    )
