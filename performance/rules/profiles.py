"""Profiles: what was planned, period by period, and how a plan is drawn anew when results are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum

from mhep.kernel.money import from_major, split, to_major
from mhep.kernel.periods import Month
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.tables import Rejection, Row
from performance.rules.metrics import Unit
from performance.rules.registry import METRICS

HEADINGS = ("period", "value")
MOST = 10**12  # of a value, in the smallest unit
TENTHS = frozenset({Unit.PER_CENT, Unit.DAYS, Unit.PEOPLE_EACH})  # units whose values have one decimal


class CannotReprofile(BusinessRuleError):
    pass


class Rhythm(Enum):
    """How long the periods of a profile are. Its value is their length in months."""

    MONTH = 1
    QUARTER = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """
    What can be planned: a metric, or the outcomes or the money of all kinds together.

    ``top`` over ``bottom`` name the facts that its results are worked out from.
    """

    code: str
    name: str
    unit: Unit
    top: str
    bottom: str = ""

    @property
    def is_additive(self) -> bool:
        """Tell whether its periods add up, so that what is left can be spread."""
        return not self.bottom

    @property
    def is_of_people(self) -> bool:
        """Tell whether its results are counts of people or of what they achieved, or come from those."""
        return self.unit is not Unit.AMOUNT


OUTCOMES = Subject("outcomes", "Outcomes of every kind", Unit.OUTCOMES, "outcomes")
SPEND = Subject("spend", "Charged to funders", Unit.AMOUNT, "charged_minor")
PLANNED = frozenset({*TENTHS, Unit.PEOPLE, Unit.OUTCOMES})
AGAINST = frozenset({"expected", "cap_minor"})  # bottoms that are plans themselves
SUBJECTS = {
    subject.code: subject
    for subject in (
        *(
            Subject(each.code, each.name, each.unit, each.top, each.bottom)
            for each in METRICS
            if each.unit in PLANNED and each.bottom not in AGAINST
        ),
        OUTCOMES,
        SPEND,
    )
}


@dataclass(frozen=True, slots=True)
class Plan:
    """
    One version of a profile: values from ``first`` on, period after period.

    Values are whole numbers of the metric's smallest unit: people, outcomes, minor units, tenths. The first
    ``locked`` of them are results and no plan.
    """

    first: Month
    rhythm: Rhythm
    values: tuple[int, ...]
    locked: int = 0

    def periods(self) -> Iterator[tuple[Month, int]]:
        """Give each period by its first month, with its value."""
        for place, value in enumerate(self.values):
            yield self.first + place * self.rhythm.value, value

    @property
    def last_month(self) -> Month:
        return self.first + (len(self.values) * self.rhythm.value - 1)

    def place_of(self, month: Month) -> int | None:
        """Return which period a month belongs to, from 0; None outside of the plan."""
        months = (month.year - self.first.year) * 12 + month.number - self.first.number
        place = months // self.rhythm.value
        return place if 0 <= place < len(self.values) else None

    def planned(self, first: Month, last: Month) -> int | None:
        """
        Return what is planned for the months from ``first`` through ``last``; None where nothing is.

        Of a quarter that is only in part among them, its months count with equal shares.
        """
        found = [value for month, value in self.by_month() if first <= month <= last]
        return sum(found) if found else None

    def by_month(self) -> Iterator[tuple[Month, int]]:
        """Give each month with its value; a quarter is divided evenly, to the unit."""
        for start, value in self.periods():
            for place, part in enumerate(split(value, [1] * self.rhythm.value)):
                yield start + place, part


def reprofiled(plan: Plan, results: Sequence[int], cap: int) -> Plan:
    """
    Lock the past at its results and spread what is left of the cap over the periods to come, to the unit.

    What is left goes in the proportions of the plan so far, by largest remainder; where nothing was planned
    any more, evenly. So results and plan always add up to the cap.

    :param results: of the first periods, in order.
    :param cap: what the whole may come to.
    :raises CannotReprofile: if no period is left, or more has been achieved than the cap allows.
    """
    ahead = plan.values[len(results) :]
    if not ahead:
        raise CannotReprofile(
            "No period is left to plan. Lock fewer, or make a new profile that lasts longer."
        )
    left = cap - sum(results)
    if left < 0:
        raise CannotReprofile("The results are more than the whole may come to. Raise what it may come to.")
    weights = ahead if any(ahead) else [1] * len(ahead)
    return Plan(plan.first, plan.rhythm, (*results, *split(left, weights)), len(results))


@dataclass(frozen=True, slots=True)
class Restated:
    """A locked period whose result is known otherwise now: both values stand."""

    period: Month
    locked: int
    now: int


def restated(plan: Plan, now: Sequence[int | None]) -> tuple[Restated, ...]:
    """Return the locked periods whose results have changed since, in order."""
    return tuple(
        Restated(period, value, known)
        for (period, value), known in zip(list(plan.periods())[: plan.locked], now, strict=False)
        if known is not None and known != value
    )


def read_value(text: str, unit: Unit) -> int:
    """
    Read a value of a profile: ``12``, ``1250.00`` for amounts, ``38.5`` for shares, days and people each.

    :raises ValueError: in words, if it is none.
    """
    clean = text.strip().removesuffix("%").replace(",", "").strip()
    if unit is Unit.AMOUNT:
        try:
            return from_major(clean)
        except ValueError:
            raise ValueError(f"{text!r} is no amount like 1250.00") from None
    try:
        value = Decimal(clean) * (10 if unit in TENTHS else 1)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None
    if not value.is_finite() or value != int(value) or not 0 <= value <= MOST:
        raise ValueError(f"{text!r} is not a number like {'38.5' if unit in TENTHS else '12'}")
    return int(value)


def write_value(value: int, unit: Unit) -> str:
    """Write a value as :func:`read_value` reads it."""
    if unit is Unit.AMOUNT:
        return to_major(value)
    return f"{value // 10}.{value % 10}" if unit in TENTHS else str(value)


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """The plan of a table, or what is wrong with it."""

    plan: Plan | None
    rejections: tuple[Rejection, ...]


def read_profile(rows: Sequence[Row], rhythm: Rhythm, unit: Unit) -> ProfileFile:
    """
    Read a table of periods, each named by its first month: ``2026-04, 12``.

    Codes: ``bad_value``, ``duplicate_period``, ``gap``, ``empty``. If anything is wrong, no period counts.
    """
    values: dict[Month, int] = {}
    rejections = []
    for row in rows:
        try:
            period, value = _read(row, unit)
        except ValueError as error:
            rejections.append(Rejection(row.number, row.cells[0], "bad_value", str(error)))
            continue
        if period in values:
            message = f"{period} is there twice. Leave one line for it."
            rejections.append(Rejection(row.number, row.cells[0], "duplicate_period", message))
        values[period] = value
    if not rows:
        rejections.append(Rejection(1, "", "empty", "There is no period. Add a line for each."))
    if not rejections:
        rejections = list(_gaps(sorted(values), rhythm))
    if rejections:
        return ProfileFile(None, tuple(rejections))
    first = min(values)
    return ProfileFile(Plan(first, rhythm, tuple(values[period] for period in sorted(values))), ())


def _gaps(periods: Sequence[Month], rhythm: Rhythm) -> Iterator[Rejection]:
    for place, period in enumerate(periods):
        wanted = periods[0] + place * rhythm.value
        if period != wanted:
            message = (
                f"{wanted} should follow. Name each {rhythm.name.lower()} by its first month, without a gap."
            )
            yield Rejection(place + 1, str(period), "gap", message)
            return


def _read(row: Row, unit: Unit) -> tuple[Month, int]:
    if row.fault:
        raise ValueError(row.fault)
    period, value = row.cells
    return Month.parse(period), read_value(value, unit)
