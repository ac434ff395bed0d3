"""
A second reading of the pricing rules, slow and naive, written from their text alone.

It keeps one list of everything that was ever decided and derives every count, sum and place
anew from that list whenever one is asked for; nothing is carried from month to month. It reads the
terms as data and calls none of their code; it rounds with fractions.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

from mhep.kernel.periods import Month
from payments.rules.terms import Balance, Banded, Fixed, PercentOfTariff, Term


@dataclass(frozen=True)
class Claim:
    """
    A verified outcome event with its history.

    ``arrives`` and ``void_arrives`` are positions in the world's months: the first in which the
    event, or its void, is known at all, whatever its dates say.
    """

    reference: str
    outcome: str
    outcome_date: date
    participant: int
    service: str
    area: str | None
    cohort: str | None
    hours: Decimal | None
    verified_on: date
    voided_on: date | None = None
    arrives: int = 0
    void_arrives: int = 0


@dataclass(frozen=True)
class World:
    """One side of a programme with everything that ever happens to it, and the months to price."""

    months: tuple[Month, ...]
    year_begins: tuple[int, int]
    terms: tuple[Term, ...]
    tariffs: dict[str, tuple[tuple[date, int], ...]]
    fidelity: dict[str, tuple[tuple[date, int], ...]]
    claims: tuple[Claim, ...]

    def last_day(self, period: int) -> date:
        month = self.months[period]
        return date(month.year, month.number, monthrange(month.year, month.number)[1])

    def year(self, period: int) -> int:
        """Return the calendar year in which the financial year of the period's last day began."""
        day = self.last_day(period)
        begins = date(day.year, *self.year_begins)
        return day.year if day >= begins else day.year - 1

    def is_voided(self, claim: Claim, period: int) -> bool:
        return (
            claim.voided_on is not None
            and claim.void_arrives <= period
            and claim.voided_on <= self.last_day(period)
        )

    def is_due(self, claim: Claim, period: int) -> bool:
        """Step 2: verified on or before the last day, and not voided on or before it."""
        return (
            claim.arrives <= period
            and claim.verified_on <= self.last_day(period)
            and not self.is_voided(claim, period)
        )


@dataclass(frozen=True)
class Row:
    """One decision or credit; ``amount`` is negative for a credit. Amounts in minor units."""

    period: int
    kind: str  # charge, nil, credit
    agreement: str
    term: str
    claim: Claim
    amount: int
    reason: str
    year: int  # the financial year in which the amount counts
    entitlement: int = 0
    place: int = 0
    holds: bool = False


Rows = list[Row]


def replay(world: World) -> Rows:
    """Return everything that is decided in all months of the world, in the order in which it is."""
    rows: Rows = []
    for period in range(len(world.months)):
        _credit_voided_events(world, rows, period)
        due = [claim for claim in world.claims if world.is_due(claim, period)]
        for claim in sorted(due, key=lambda claim: (claim.outcome_date, claim.reference)):
            for term in sorted(world.terms, key=_order_of_terms):
                if _matches(world, term, claim):
                    _decide(world, rows, period, term, claim)
        for term in world.terms:
            if term.marginal_clawback:
                _credit_from_the_top(world, rows, period, term)
    return rows


# Step 1


def _credit_voided_events(world: World, rows: Rows, period: int) -> None:
    marginal = {(t.agreement.ref, t.ref) for t in world.terms if t.marginal_clawback}
    for row in list(rows):
        if row.kind != "charge" or (row.agreement, row.term) in marginal:
            continue
        # A void that an earlier month has seen was credited there, with all charges before it.
        if world.is_voided(row.claim, period) and not world.is_voided(row.claim, period - 1):
            rows.append(
                Row(period, "credit", row.agreement, row.term, row.claim, -row.amount, "voided", row.year)
            )


def _credit_from_the_top(world: World, rows: Rows, period: int, term: Term) -> None:
    given_up = [
        row
        for row in rows
        if _under(row, term)
        and row.kind == "charge"
        and world.is_voided(row.claim, period)
        and not world.is_voided(row.claim, period - 1)
    ]
    held = _places_held(world, rows, period, term)
    for row in sorted(given_up, key=lambda row: (row.claim.outcome_date, row.claim.reference)):
        price = _band(term, held)
        held -= 1
        if price:
            rows.append(Row(period, "credit", row.agreement, row.term, row.claim, -price, "voided", row.year))


# Steps 3 and 4


def _order_of_terms(term: Term) -> tuple[int, int, str, str]:
    return (1 if isinstance(term.price, Balance) else 0, term.priority, term.agreement.ref, term.ref)


def _matches(world: World, term: Term, claim: Claim) -> bool:
    pairs = ((claim.area, term.areas), (claim.service, term.services), (claim.cohort, term.cohorts))
    return (
        claim.outcome == term.outcome
        and all(mine in named for mine, named in pairs if named)
        and _hours_match(term, claim.hours)
        and _dates_match(term, claim.outcome_date)
        and _fidelity_matches(world, term, claim)
    )


def _hours_match(term: Term, hours: Decimal | None) -> bool:
    if hours is None:
        return term.hours_min is None and term.hours_below is None
    return not (
        (term.hours_min is not None and hours < term.hours_min)
        or (term.hours_below is not None and hours >= term.hours_below)
    )


def _dates_match(term: Term, day: date) -> bool:
    starts = [term.agreement.starts_on, *([term.starts_on] if term.starts_on else [])]
    ends = [term.agreement.ends_on, *([term.ends_on] if term.ends_on else [])]
    return all(start <= day for start in starts) and all(day <= end for end in ends)


def _fidelity_matches(world: World, term: Term, claim: Claim) -> bool:
    if term.min_fidelity is None:
        return True
    latest = _latest(world.fidelity.get(claim.service, ()), claim.outcome_date)
    return latest is not None and latest >= term.min_fidelity


def _latest(dated: tuple[tuple[date, int], ...], day: date) -> int | None:
    known = [pair for pair in dated if pair[0] <= day]
    return max(known)[1] if known else None


# Step 5


def _under(row: Row, term: Term) -> bool:
    return (row.agreement, row.term) == (term.agreement.ref, term.ref)


def _places_held(world: World, rows: Rows, period: int, term: Term) -> int:
    holding = set()
    for row in rows:
        if not _under(row, term) or not row.holds:
            continue
        charged = any(r.kind == "charge" and r.claim == row.claim and _under(r, term) for r in rows)
        # A charged event of a marginal term keeps its place through the charges of the month of its void.
        gone_since = period - 1 if term.marginal_clawback and charged else period
        if not world.is_voided(row.claim, gone_since):
            holding.add(row.claim.reference)
    return len(holding)


# Step 6


def _entitlement(world: World, rows: Rows, term: Term, claim: Claim, place: int) -> int:
    price = term.price
    if isinstance(price, Fixed):
        return price.amount
    if isinstance(price, Banded):
        return _band(term, place)
    tariff = _latest(world.tariffs[claim.outcome], claim.outcome_date)
    assert tariff is not None
    if isinstance(price, PercentOfTariff):
        return floor(Fraction(tariff) * Fraction(price.percent) / 100 + Fraction(1, 2))
    others = sum(row.amount for row in rows if row.claim == claim and not _under(row, term))
    return max(0, tariff - others)


def _band(term: Term, place: int) -> int:
    assert isinstance(term.price, Banded)
    for band, amount in enumerate(term.price.amounts):
        if band == len(term.price.limits) or place <= term.price.limits[band]:
            return amount
    raise AssertionError("the last band is open")


# Steps 7 to 9


def _room(world: World, rows: Rows, period: int, term: Term, claim: Claim) -> int | None:
    """Return the least room, or None where nothing limits the charge."""
    caps = term.agreement.caps
    mine = [row for row in rows if row.agreement == term.agreement.ref]
    year = world.year(period)
    rooms = []
    if term.max_amount is not None:
        rooms.append(term.max_amount - sum(row.amount for row in mine if row.term == term.ref))
    if caps.total is not None:
        rooms.append(caps.total - sum(row.amount for row in mine))
    if year in caps.years:
        rooms.append(caps.years[year] - sum(row.amount for row in mine if row.year == year))
    if caps.per_participant is not None:
        person = [row.amount for row in mine if row.claim.participant == claim.participant]
        rooms.append(caps.per_participant - sum(person))
    return min(rooms) if rooms else None


def _charge(due: int, room: int | None, *, partial: bool) -> int:
    if room is None or room >= due:
        return due
    return max(0, room) if partial else 0


def _decide(world: World, rows: Rows, period: int, term: Term, claim: Claim) -> None:
    before = [row for row in rows if row.claim == claim and _under(row, term)]
    made = (
        _decide_again(world, rows, period, term, before)
        if before
        else _decide_first(world, rows, period, term, claim)
    )
    if made:
        rows.append(made)


def _decide_again(world: World, rows: Rows, period: int, term: Term, before: Rows) -> Row | None:
    first, caps = before[0], term.agreement.caps
    due = first.entitlement - sum(row.amount for row in before)
    if first.reason in ("count_cap", "zero_price") or not caps.carry_forward or due == 0:
        return None
    amount = _charge(due, _room(world, rows, period, term, first.claim), partial=caps.partial)
    if amount == 0:
        return None
    return replace(
        first,
        period=period,
        kind="charge",
        amount=amount,
        reason="carried",
        year=world.year(period),
        holds=False,
    )


def _decide_first(world: World, rows: Rows, period: int, term: Term, claim: Claim) -> Row:
    caps = term.agreement.caps
    place = 1 + _places_held(world, rows, period, term)
    entitlement, amount = 0, 0
    if term.max_count is not None and place > term.max_count:
        reason, holds = "count_cap", False
    else:
        entitlement = _entitlement(world, rows, term, claim, place)
        amount = _charge(entitlement, _room(world, rows, period, term, claim), partial=caps.partial)
        if entitlement == 0:
            reason, holds = "zero_price", True
        elif amount == entitlement:
            reason, holds = "full", True
        elif amount:
            reason, holds = "partial_cap", True
        else:
            reason, holds = "cap_reached", caps.carry_forward
    return Row(
        period=period,
        kind="charge" if amount else "nil",
        agreement=term.agreement.ref,
        term=term.ref,
        claim=claim,
        amount=amount,
        reason=reason,
        year=world.year(period),
        entitlement=entitlement,
        place=place,
        holds=holds,
    )
