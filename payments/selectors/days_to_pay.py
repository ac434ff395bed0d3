"""How long each funder takes to pay, and what it has not paid in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection

from funders.models import Funder, Programme
from mhep.kernel.money import Money
from mhep.shared.sheets import Sheet
from payments.selectors.reconciliation import Chosen

# What credit notes settle alone was never paid, so it says nothing of how a funder pays.
INVOICES = """
    SELECT a.funder_id, b.open_minor, d.due_on, d.issued_on, settled.on_day, coalesce(settled.by_money, FALSE)
    FROM payments_document d JOIN funders_agreement a ON a.id = d.agreement_id
    JOIN payments_month m ON m.id = d.month_id JOIN payments_documentbalance b ON b.document_id = d.id
    LEFT JOIN LATERAL (
        SELECT max(j.dated_on) AS on_day, bool_or(x.kind = 'PAYMENT') AS by_money
        FROM payments_allocation x JOIN payments_journal j ON j.id = x.journal_id
        LEFT JOIN payments_allocation undone ON undone.reverses_id = x.id
        WHERE x.document_id = d.id AND x.reverses_id IS NULL AND undone.id IS NULL
    ) settled ON TRUE
    WHERE a.programme_id = %(programme)s AND a.direction = 'RECEIVABLE' AND d.kind = 'INVOICE'
    AND (%(funder)s::bigint IS NULL OR a.funder_id = %(funder)s)
    AND (%(first)s::date IS NULL OR m.first_day >= %(first)s)
    AND (%(last)s::date IS NULL OR m.first_day <= %(last)s)
"""
BY_FUNDER = f"""
    WITH invoice (funder, open_minor, due_on, issued_on, settled_on, by_money) AS ({INVOICES}),
    judged AS (
        SELECT *, open_minor = 0 AND by_money AS paid, open_minor > 0 AND due_on < %(today)s AS overdue
        FROM invoice
    )
    SELECT f.id, count(*) FILTER (WHERE paid),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY settled_on - issued_on) FILTER (WHERE paid),
        max(settled_on - issued_on) FILTER (WHERE paid),
        count(*) FILTER (WHERE paid AND settled_on > due_on),
        count(*) FILTER (WHERE overdue),
        coalesce(sum(open_minor) FILTER (WHERE overdue), 0)::bigint
    FROM judged JOIN funders_funder f ON f.id = judged.funder
    GROUP BY f.id, f.position HAVING bool_or(paid OR overdue) ORDER BY f.position
"""  # noqa: S608 (our own text)
HEADINGS = (
    "Funder",
    "Invoices paid",
    "Days to pay (median)",
    "Days to pay (longest)",
    "Paid late",
    "Overdue invoices",
    "Overdue",
)


@dataclass(frozen=True, slots=True)
class DaysToPay:
    """
    A funder's invoices that are paid, in days from issue to the last payment, and those that are overdue.

    The days are None while no invoice is paid. ``overdue_minor`` is what is open of overdue invoices, in
    minor units, VAT included. An invoice that credit notes settle alone is not paid and counts nowhere.
    """

    funder: Funder
    paid: int
    median: int | None
    longest: int | None
    late: int
    overdue: int
    overdue_minor: int


def days_to_pay(programme: Programme, chosen: Chosen, today: date) -> list[DaysToPay]:
    """Return the funders with a paid or an overdue invoice, under the filter of reconciliation's page."""
    given = {
        "programme": programme.pk,
        "funder": chosen.funder.pk if chosen.funder else None,
        "first": chosen.first.first_day if chosen.first else None,
        "last": chosen.last.first_day if chosen.last else None,
        "today": today,
    }
    with connection.cursor() as cursor:
        cursor.execute(BY_FUNDER, given)
        rows = cursor.fetchall()
    funders = Funder.objects.in_bulk([row[0] for row in rows])
    return [DaysToPay(funders[key], *figures) for key, *figures in rows]


def days_to_pay_sheet(rows: list[DaysToPay], currency: str) -> Sheet:
    """Return the same as a table."""
    return Sheet(
        "Days to pay",
        (*HEADINGS, "Currency"),
        [
            (
                row.funder.name,
                row.paid,
                "" if row.median is None else row.median,
                "" if row.longest is None else row.longest,
                row.late,
                row.overdue,
                Money(row.overdue_minor, currency),
                currency,
            )
            for row in rows
        ],
    )
