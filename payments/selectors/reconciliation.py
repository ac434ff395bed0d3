"""Reconciliation: every figure by funder and month, their totals, and that they tie to the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Coalesce

from funders.models import Funder, Programme
from mhep.kernel.money import Money
from mhep.kernel.periods import Month
from mhep.shared.sheets import Cell, Sheet
from payments.enums import Account, AllocationKind, DocumentKind
from payments.models import Allocation, Document, Posting
from payments.rules.reconciliation import AGES, Figures, ThreeTotals, Tie, age_of, total

CHARGED = """
    SELECT a.funder_id, m.first_day, sum(c.amount_minor)::bigint
    FROM payments_month m JOIN funders_agreement a ON a.programme_id = m.programme_id
    JOIN payments_charge c ON c.agreement_id = a.id AND c.month_id = m.id
    WHERE m.programme_id = %(programme)s AND m.state = 'CLOSED' AND a.direction = 'RECEIVABLE'
    GROUP BY 1, 2
"""
DOCUMENTS = """
    SELECT a.funder_id, m.first_day, d.kind, d.due_on, sum(d.net_minor)::bigint, sum(d.gross_minor)::bigint,
        sum(b.open_minor)::bigint
    FROM payments_document d JOIN funders_agreement a ON a.id = d.agreement_id
    JOIN payments_month m ON m.id = d.month_id JOIN payments_documentbalance b ON b.document_id = d.id
    WHERE a.programme_id = %(programme)s AND a.direction = 'RECEIVABLE'
    GROUP BY 1, 2, 3, 4
"""
# Money and set-offs by the month of the document that they settle.
SETTLED = """
    SELECT a.funder_id, m.first_day, x.kind, sum(x.amount)::bigint
    FROM (
        SELECT document_id, kind,
            CASE WHEN reverses_id IS NULL THEN amount_minor ELSE -amount_minor END AS amount
        FROM payments_allocation WHERE document_id IS NOT NULL
        UNION ALL
        SELECT credit_id, kind, CASE WHEN reverses_id IS NULL THEN amount_minor ELSE -amount_minor END
        FROM payments_allocation WHERE credit_id IS NOT NULL
    ) x
    JOIN payments_document d ON d.id = x.document_id JOIN funders_agreement a ON a.id = d.agreement_id
    JOIN payments_month m ON m.id = d.month_id
    WHERE a.programme_id = %(programme)s AND a.direction = 'RECEIVABLE' AND d.kind {kind} 'CREDIT_NOTE'
    GROUP BY 1, 2, 3
"""
KEPT = """
    SELECT x.funder_id, date_trunc('month', l.booked_on)::date,
        sum(CASE WHEN x.reverses_id IS NULL THEN x.amount_minor ELSE -x.amount_minor END)::bigint
    FROM payments_allocation x JOIN funders_funder f ON f.id = x.funder_id
    JOIN payments_bankline l ON l.id = x.line_id
    WHERE f.programme_id = %(programme)s GROUP BY 1, 2
"""
ANSWERED = """
    SELECT a.funder_id, m.first_day,
        coalesce(sum(c.amount_minor) FILTER (WHERE s.state <> 'SENT' AND (q.id IS NULL)), 0)::bigint,
        coalesce(sum(c.amount_minor) FILTER (WHERE q.settlement = ''), 0)::bigint
    FROM payments_statement s JOIN funders_agreement a ON a.id = s.agreement_id
    JOIN payments_month m ON m.id = s.month_id JOIN payments_statementline l ON l.statement_id = s.id
    JOIN payments_charge c ON c.id = l.charge_id LEFT JOIN payments_linequery q ON q.line_id = l.id
    WHERE a.programme_id = %(programme)s AND s.state <> 'SUPERSEDED' GROUP BY 1, 2
"""
WAITING = """
    SELECT coalesce(sum(c.amount_minor), 0)::bigint
    FROM payments_unbilled u JOIN payments_charge c ON c.id = u.charge_id
    JOIN funders_agreement a ON a.id = u.agreement_id
    WHERE a.programme_id = %(programme)s AND a.direction = 'RECEIVABLE'
"""
COLUMNS = (
    ("Charged (net)", "charged"),
    ("Approved (net)", "approved"),
    ("Disputed (net)", "disputed"),
    ("Invoiced", "invoiced"),
    ("Credited", "credited"),
    ("Received", "received"),
    ("Bank charges", "bank_charges"),
    ("Set off", "set_off"),
    ("Outstanding", "outstanding"),
    *((name, f"age_{place}") for place, name in enumerate(AGES)),
    ("Unallocated", "unallocated"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the page: a funder, or a month of one."""

    funder: Funder
    month: Month | None
    figures: Figures

    @property
    def amounts(self) -> list[int]:
        """The figures in the order of ``COLUMNS``."""
        return [getattr(self.figures, name) for _, name in COLUMNS]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The page: rows and their total, held against the ledger; ``totals`` are of the whole programme."""

    rows: tuple[Row, ...]
    sum: Figures
    ties: tuple[Tie, ...]
    totals: ThreeTotals
    months: tuple[Month, ...]
    funders: tuple[Funder, ...]

    @property
    def sums(self) -> list[int]:
        return [getattr(self.sum, name) for _, name in COLUMNS]

    @property
    def difference(self) -> int:
        """What page and ledger are apart in all: nothing, or something is broken."""
        return sum(abs(tie.difference) for tie in self.ties) + abs(self.sum.gap)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to show: one funder by month, or all funders; months are inclusive, None leaves all in."""

    funder: Funder | None = None
    first: Month | None = None
    last: Month | None = None

    def holds(self, funder: int, month: Month) -> bool:
        return (
            (self.funder is None or self.funder.pk == funder)
            and (self.first is None or self.first <= month)
            and (self.last is None or month <= self.last)
        )


@dataclass(frozen=True, slots=True)
class CellPage:
    """All lines behind the figures of a funder and a month."""

    figures: Figures
    documents: list[Document]
    allocations: list[Allocation]
    kept: list[Allocation]


Cells = dict[tuple[int, Month], Figures]


def cells_of(programme: Programme, today: date) -> Cells:
    """Return the figures of each funder and month that has any; aged as on ``today``."""
    cells: Cells = defaultdict(Figures)
    for funder, day, figures in (*_charged(programme), *_documents(programme, today), *_settled(programme)):
        cells[funder, Month.of(day)] += figures
    return dict(cells)


Found = Iterator[tuple[int, date, Figures]]


def _charged(programme: Programme) -> Found:
    """Yield what funders were charged, and what they said to it."""
    for funder, day, amount in _rows(CHARGED, programme):
        yield funder, day, Figures(charged=amount)
    for funder, day, approved, disputed in _rows(ANSWERED, programme):
        yield funder, day, Figures(approved=approved, disputed=disputed)


def _documents(programme: Programme, today: date) -> Found:
    """Yield what was invoiced and credited, and what of it is open by its age."""
    for funder, day, kind, due_on, net, gross, left in _rows(DOCUMENTS, programme):
        if kind == DocumentKind.CREDIT_NOTE:
            yield funder, day, Figures(net=-net, credited=gross, age_0=-left)
        else:
            aged = {f"age_{age_of(due_on, today)}": left}
            yield funder, day, Figures(net=net, invoiced=gross, **aged)


def _settled(programme: Programme) -> Found:
    """Yield what settled documents, and what is kept on accounts."""
    for sign, compare in ((1, "<>"), (-1, "=")):
        for funder, day, kind, amount in _rows(SETTLED.format(kind=compare), programme):
            yield funder, day, Figures(**{_SETTLES[AllocationKind(kind)]: sign * amount})
    for funder, day, amount in _rows(KEPT, programme):
        yield funder, day, Figures(unallocated=amount)


_SETTLES = {
    AllocationKind.PAYMENT: "received",
    AllocationKind.SHORTFALL: "bank_charges",
    AllocationKind.SET_OFF: "set_off",
}


def reconciliation(programme: Programme, chosen: Chosen, today: date) -> Reconciliation:
    """Return the page under a filter; the ties are of the whole programme, whatever the filter."""
    cells = cells_of(programme, today)
    funders = list(Funder.objects.filter(programme=programme).order_by("position"))
    held = {place: figures for place, figures in cells.items() if chosen.holds(*place)}
    if chosen.funder is not None:
        rows = [
            Row(chosen.funder, month, figures) for (_, month), figures in sorted(held.items(), key=_month)
        ]
    else:
        rows = [Row(funder, None, _of_funder(held, funder)) for funder in funders]
        rows = [row for row in rows if row.figures != Figures()]
    whole = total(cells.values())
    return Reconciliation(
        rows=tuple(rows),
        sum=total(row.figures for row in rows),
        ties=tuple(_ties(programme, whole)),
        totals=_three_totals(programme, cells, whole),
        months=tuple(sorted({month for _, month in cells})),
        funders=tuple(funders),
    )


def reconciliation_sheet(page: Reconciliation, currency: str) -> Sheet:
    """Return the rows and their total as a table."""
    headings = ("Funder", "Month", *(heading for heading, _ in COLUMNS), "Currency")
    rows: list[tuple[Cell, ...]] = [
        (
            row.funder.name,
            str(row.month) if row.month else "All",
            *(Money(amount, currency) for amount in row.amounts),
            currency,
        )
        for row in page.rows
    ]
    rows.append(("Total", "All", *(Money(amount, currency) for amount in page.sums), currency))
    return Sheet("Reconciliation", headings, rows)


def cell_page(programme: Programme, funder: Funder, month: Month, today: date) -> CellPage:
    """Return all lines behind the figures of a funder and a month."""
    documents = Document.objects.filter(agreement__funder=funder, month__first_day=month.first_day)
    allocations = Allocation.objects.filter(document__in=documents) | Allocation.objects.filter(
        credit__in=documents
    )
    kept = Allocation.objects.live().filter(
        funder=funder, line__booked_on__range=(month.first_day, month.last_day)
    )
    about = ("line__account", "document", "credit", "journal", "reversal")
    return CellPage(
        figures=cells_of(programme, today).get((funder.pk, month), Figures()),
        documents=list(documents.select_related("balance", "agreement").order_by("kind", "number")),
        allocations=list(
            allocations.filter(reverses__isnull=True).distinct().select_related(*about).order_by("pk")
        ),
        kept=list(kept.select_related("line__account", "journal").order_by("pk")),
    )


def _of_funder(cells: Cells, funder: Funder) -> Figures:
    return total(figures for (key, _), figures in cells.items() if key == funder.pk)


def _month(item: tuple[tuple[int, Month], Figures]) -> Month:
    return item[0][1]


def _ties(programme: Programme, whole: Figures) -> Iterable[Tie]:
    """Yield the totals that the ledger has too."""
    sums = dict(
        Posting.objects.filter(funder__programme=programme)
        .values_list("account")
        .annotate(total=Coalesce(Sum("amount_minor"), 0))
        .order_by()
    )
    yield Tie("Outstanding, and receivables", whole.outstanding, sums.get(Account.RECEIVABLES, 0))
    yield Tie("Invoiced less credited, net, and income", whole.net, -sums.get(Account.INCOME, 0))
    yield Tie("Unallocated, and unallocated cash", whole.unallocated, -sums.get(Account.UNALLOCATED, 0))


def _three_totals(programme: Programme, cells: Cells, whole: Figures) -> ThreeTotals:
    by_payer: dict[int, int] = defaultdict(int)
    by_period: dict[Month, int] = defaultdict(int)
    for (funder, month), figures in cells.items():
        by_payer[funder] += figures.charged
        by_period[month] += figures.charged
    ((project,),) = _rows(PROJECT, programme)
    ((waiting,),) = _rows(WAITING, programme)
    return ThreeTotals(
        project=project,
        by_payer=sum(by_payer.values()),
        by_period=sum(by_period.values()),
        invoiced=whole.net,
        waiting=waiting,
    )


PROJECT = """
    SELECT coalesce(sum(c.amount_minor), 0)::bigint
    FROM payments_charge c JOIN funders_agreement a ON a.id = c.agreement_id
    WHERE a.programme_id = %(programme)s AND a.direction = 'RECEIVABLE'
        AND c.month_id IN (
            SELECT id FROM payments_month WHERE programme_id = %(programme)s AND state = 'CLOSED')
"""


def _rows(sql: str, programme: Programme) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"programme": programme.pk})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
