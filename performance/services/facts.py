"""
Keep the month facts in step with the rows beneath, and keep those of closed months as they stood (ADR 0030).

Whatever changes a fact marks its month in the same transaction, by triggers. The refresh takes the marks away
and counts these months anew: run twice, late or at once it leaves the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from psycopg2 import sql

from funders.models import Programme
from mhep.kernel.periods import Month
from mhep.shared.locks import lock_key
from mhep.shared.row_security import providers_in_scope
from payments.enums import MonthState
from payments.models import Month as PricedMonth
from performance.enums import StalePart
from performance.models import FrozenMonth, StaleMonth
from performance.rules.facts import OutcomeKind
from performance.rules.staleness import Mark, spans_of
from performance.selectors.counting import (
    AMOUNT_COLUMNS,
    AMOUNTS,
    OUTCOME_COLUMNS,
    OUTCOMES,
    PEOPLE,
    PEOPLE_COLUMNS,
)
from performance.selectors.outcome_kinds import kinds_of

FORGET = """
    DELETE FROM {table} WHERE programme_id = %(programme)s AND frozen_id IS NULL
        AND first_day >= %(first)s AND first_day < %(after)s
"""
COUNT = "INSERT INTO {table} ({columns}) {select}"
KEEP = """
    INSERT INTO {table} ({columns}, frozen_id) SELECT {kept}, m.id FROM {table} f
    JOIN performance_frozenmonth m ON m.programme_id = f.programme_id AND m.first_day = f.first_day
    WHERE f.frozen_id IS NULL AND m.id = ANY(%(frozen)s)
"""
FREEZE = """
    INSERT INTO performance_frozenmonth (programme_id, first_day)
    SELECT %s, unnest(%s::date[]) RETURNING id
"""
FIRST_AND_LAST = """
    SELECT least(min(p.referred_on), min(p.started_on)), max(p.started_on) + interval '18 months',
        (SELECT max(n.ended_on) FROM participants_enrolment n
         JOIN funders_service s ON s.id = n.service_id WHERE s.programme_id = %(programme)s),
        (SELECT min(outcome_date) FROM outcomes_outcomeevent WHERE programme_id = %(programme)s),
        (SELECT max(falls_in) FROM outcomes_outcomeevent WHERE programme_id = %(programme)s),
        (SELECT max(void_falls_in) FROM outcomes_outcomeevent WHERE programme_id = %(programme)s)
    FROM participants_participant p WHERE p.programme_id = %(programme)s
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """A table of facts, the statement that counts them, and its columns in that order."""

    table: str
    select: str
    columns: tuple[str, ...]

    def statement(self, template: str) -> sql.Composed:
        """Return a statement about the table."""
        return sql.SQL(template).format(
            table=sql.Identifier(self.table),
            columns=sql.SQL(", ").join(map(sql.Identifier, self.columns)),
            kept=sql.SQL(", ").join(sql.Identifier("f", name) for name in self.columns),
            select=sql.SQL(self.select),
        )


PLACE = ("programme_id", "first_day", "service_id", "area_id", "cohort_id")
AMOUNT_PLACE = ("programme_id", "first_day", "agreement_id", *PLACE[2:], "outcome_type_id")
TABLES = (
    Counted("performance_peoplefact", PEOPLE, (*PLACE, *PEOPLE_COLUMNS)),
    Counted("performance_outcomefact", OUTCOMES, (*PLACE, "outcome_type_id", *OUTCOME_COLUMNS)),
    Counted("performance_amountfact", AMOUNTS, (*AMOUNT_PLACE, *AMOUNT_COLUMNS)),
)
OF_PEOPLE = TABLES[:1]


def stale_programmes() -> list[int]:
    """Return the keys of the programmes of which some month may be out of date."""
    return list(StaleMonth.objects.order_by("programme").values_list("programme", flat=True).distinct())


@transaction.atomic
def refresh_facts(*, programme_id: int) -> int:
    """
    Count the months anew that were marked, freeze those that were closed, and return how many were marked.

    Somebody who refreshes the same programme is waited for. What is changed while this runs is marked anew.
    """
    programme = _locked(programme_id)
    marks = _taken_marks(programme)
    for is_all, span in spans_of(marks, lambda: _months_of(programme)):
        _count(programme, TABLES if is_all else OF_PEOPLE, span)
    _freeze(programme)
    return len(marks)


@transaction.atomic
def rebuild_facts(*, programme_id: int) -> None:
    """Count every month of a programme anew, whatever is marked; what was frozen stays."""
    programme = _locked(programme_id)
    StaleMonth.objects.filter(programme=programme).delete()
    _count(programme, TABLES, _months_of(programme))
    _freeze(programme)


def _locked(programme_id: int) -> Programme:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(f"performance.facts {programme_id}")])
    return Programme.objects.get(pk=programme_id)


def _taken_marks(programme: Programme) -> list[Mark]:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM performance_stalemonth WHERE programme_id = %s RETURNING first_day, part",
            [programme.pk],
        )
        found = {(first_day, part) for first_day, part in cursor.fetchall()}
    return [Mark(Month.of(day) if day else None, part == StalePart.ALL) for day, part in found]


def _months_of(programme: Programme) -> tuple[Month, Month]:
    """Return the first and the last month in which anything of the programme can count."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST_AND_LAST, {"programme": programme.pk})
        found = [Month.of(day) for day in cursor.fetchone() if day is not None]
    days = [programme.starts_on, programme.ends_on, programme.open_month]
    months = [*found, *(Month.of(day) for day in days)]
    return min(months), max(months)


def _count(programme: Programme, tables: Iterable[Counted], span: tuple[Month, Month]) -> None:
    bounds: dict[str, Any] = {
        "programme": programme.pk,
        "first": span[0].first_day,
        "after": (span[1] + 1).first_day,
        "job_starts": [key for key, kind in kinds_of(programme).items() if kind is OutcomeKind.JOB_START],
    }
    # Of what providers keep to themselves only days of activities are read, and only sums are kept.
    providers = programme.services.values_list("provider", flat=True)
    with providers_in_scope(providers), connection.cursor() as cursor:
        for each in tables:
            cursor.execute(each.statement(FORGET), bounds)
            cursor.execute(each.statement(COUNT), bounds)


def _freeze(programme: Programme) -> None:
    """Keep the facts of each month that was closed and not frozen yet as they stand now."""
    kept = FrozenMonth.objects.filter(programme=programme)
    closed = PricedMonth.objects.filter(programme=programme, state=MonthState.CLOSED)
    fresh = closed.exclude(first_day__in=kept.values("first_day")).order_by("first_day")
    days = list(fresh.values_list("first_day", flat=True))
    if days:
        _keep(programme, days)


def _keep(programme: Programme, days: Iterable[date]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FREEZE, [programme.pk, list(days)])
        frozen = [key for (key,) in cursor.fetchall()]
        for each in TABLES:
            cursor.execute(each.statement(KEEP), {"frozen": frozen})
