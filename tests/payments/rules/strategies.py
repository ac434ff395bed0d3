"""
Random worlds for the pricing rules: small, crowded, and at the edge of every cap.

One generator with two sources of choice: hypothesis, which makes a failing world small, and a seeded
random number generator, whose worlds are fuller and quick to make.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

from mhep.kernel.periods import Month
from payments.rules.terms import Agreement, Balance, Banded, Caps, Fixed, PercentOfTariff, Price, Term
from tests.payments.rules.oracle import Claim, World

T = TypeVar("T")
Pick = Callable[[Sequence[T]], T]

# Code-point order puts K10 before K2, and Z before a.
AGREEMENT_REFS = ("K2", "K10", "a")
TERM_REFS = ("t2", "t10", "Z")
AREAS, SERVICES, COHORTS = ("N", "N", "S", None), ("W1", "W1", "W2"), ("SUD", "SUD", None)
# A balance is only on BAL and never carried forward, as the programme file demands.
OUTCOMES = ("JOB", "BAL")
AMOUNTS = (0, 1, 7, 25, 30, 33, 50, 60, 99, 100)
CAPS = (None, None, None, None, None, 0, 55, 99, 100, 101, 150, 240, 400, 600)
TERM_CAPS = (None,) * 8 + (0, 60, 100, 150)
PERCENTAGES = tuple(Decimal(text) for text in ("0", "0.5", "12.5", "33.3", "50", "50", "66.666667", "100"))
HOURS = (None, Decimal(7), Decimal(8), Decimal("15.99"), Decimal(16), Decimal(30))
FIRST_DAY = date(2026, 1, 10)
DAYS = (0, 1, 9, 10, 19, 20, 35, 50, 59, 60, 69, 70, 80, 81, 95, 100, 101, 130)
BAND_LIMITS: tuple[tuple[int, ...], ...] = ((), (1,), (2,), (1, 2), (1, 3), (2, 4))
HOURS_ASKED = [(None, None)] * 5 + [(Decimal(16), None), (None, Decimal(16)), (Decimal(8), Decimal(16))]


def world_from(pick: Pick[Any]) -> World:
    """Make one side of a programme over four to six months that lie in two financial years."""
    months = tuple(Month(2026, 1).until(Month(2026, pick((4, 5, 6)))))
    people = [(pick(SERVICES), pick(AREAS), pick(COHORTS)) for _ in range(pick((1, 2, 3)))]
    terms: list[Term] = []
    for number, ref in enumerate(AGREEMENT_REFS[: pick((1, 2, 3))]):
        agreement = Agreement(
            key=10 + number,
            ref=ref,
            starts_on=pick((date(2025, 4, 1), date(2025, 4, 1), FIRST_DAY + timedelta(10))),
            ends_on=pick((date(2027, 3, 31), date(2027, 3, 31), FIRST_DAY + timedelta(100))),
            caps=_caps(pick),
        )
        for term_ref in TERM_REFS[: pick((1, 2, 3))]:
            balanced = any(isinstance(term.price, Balance) for term in terms)
            terms.append(_term(pick, len(terms) + 1, term_ref, agreement, may_balance=not balanced))
    return World(
        months=months,
        year_begins=pick(((4, 1), (4, 1), (3, 15))),
        terms=tuple(terms),
        tariffs={
            "JOB": ((date(2025, 4, 1), pick(AMOUNTS)), (FIRST_DAY + timedelta(60), pick(AMOUNTS))),
            "BAL": ((date(2025, 4, 1), pick(AMOUNTS)),),
        },
        fidelity={"W1": ((FIRST_DAY + timedelta(15), 100), (FIRST_DAY + timedelta(70), 99))},
        claims=tuple(
            _claim(pick, reference, people, len(months))
            for reference in _references(pick, pick((2, 6, 10, 14)))
        ),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a world that hypothesis can make smaller."""
    return world_from(lambda options: draw(st.sampled_from(options)))


def seeded_worlds(number: int, *, seed: int = 2026) -> list[World]:
    """Return the same fuller worlds whenever the same ones are asked for."""
    return [world_from(Random(f"{seed}-{each}").choice) for each in range(number)]  # noqa: S311


def _references(pick: Pick[Any], number: int) -> list[str]:
    """Return references whose order as text is unlike their order of storing."""
    left = [f"E{each}" for each in range(number)]
    return [left.pop(left.index(pick(left))) for _ in range(number)]


def _caps(pick: Pick[Any]) -> Caps:
    if pick((True, False, False)):
        return Caps()
    return Caps(
        total=pick(CAPS),
        years={year: amount for year in (2025, 2026) if (amount := pick(CAPS)) is not None},
        per_participant=pick(CAPS),
        partial=pick((True, False)),
        carry_forward=pick((True, False)),
    )


def _price(pick: Pick[Any]) -> Price:
    kind = pick(("fixed", "percent", "bands", "bands"))
    if kind == "fixed":
        return Fixed(pick(AMOUNTS))
    if kind == "percent":
        return PercentOfTariff(pick(PERCENTAGES))
    limits = pick(BAND_LIMITS)
    return Banded(limits, tuple(pick(AMOUNTS) for _ in range(len(limits) + 1)))


def _term(pick: Pick[Any], key: int, ref: str, agreement: Agreement, *, may_balance: bool) -> Term:
    caps = agreement.caps
    outcome = "JOB" if caps.carry_forward else pick(OUTCOMES)
    price = _price(pick)
    if outcome == "BAL" and may_balance and pick((True, False)):
        price = Balance()
    hours_min, hours_below = pick(HOURS_ASKED)
    max_amount = pick(TERM_CAPS)
    # The programme file refuses marginal clawback beside a cap in money.
    uncapped = not caps.years and {caps.total, caps.per_participant, max_amount} == {None}
    return Term(
        key=key,
        ref=ref,
        agreement=agreement,
        outcome=outcome,
        price=price,
        areas=_named(pick, AREAS),
        services=_named(pick, SERVICES),
        cohorts=_named(pick, COHORTS),
        hours_min=hours_min,
        hours_below=hours_below,
        min_fidelity=pick((None, None, None, None, None, 100)),
        starts_on=pick((None, None, None, FIRST_DAY + timedelta(20))),
        ends_on=pick((None, None, None, FIRST_DAY + timedelta(80))),
        max_count=pick((None, None, None, None, None, None, None, 0, 1, 3)),
        max_amount=max_amount,
        priority=pick((100, 100, 1, 200)),
        marginal_clawback=uncapped and isinstance(price, Banded) and pick((True, True, False)),
    )


def _named(pick: Pick[Any], values: tuple[str | None, ...]) -> frozenset[str]:
    """Mostly nothing, which means all."""
    named = sorted({value for value in values if value is not None})
    return frozenset(pick([[]] * 6 + [named[:1], named]))


def _claim(pick: Pick[Any], reference: str, people: list[tuple[Any, ...]], months: int) -> Claim:
    person = pick(range(len(people)))
    service, area, cohort = people[person]
    outcome_date = FIRST_DAY + timedelta(pick(DAYS))
    verified_on = outcome_date + timedelta(pick((0, 0, 3, 30)))
    arrives = pick((0, 0, 0, 1, 2, 3))
    return Claim(
        reference=reference,
        outcome=pick(OUTCOMES),
        outcome_date=outcome_date,
        participant=person,
        service=service,
        area=area,
        cohort=cohort,
        hours=pick(HOURS),
        verified_on=verified_on,
        voided_on=verified_on + timedelta(pick((0, 20, 40))) if pick((True, False, False)) else None,
        arrives=arrives,
        void_arrives=pick(range(arrives, months)),
    )
