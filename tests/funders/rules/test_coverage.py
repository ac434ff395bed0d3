"""Which terms can match one event, compared with trying every event of a small world."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.funders.rules.sample import found, read, warned

DAYS = [date(2026, 4, 1) + timedelta(days=days) for days in range(5)]
HOURS = [0, 4, 8, 12, 168]
SERVED = {"S": ("A", "B"), "T": ("B",)}
TARIFF = 1000
ANY_HOURS = {"hours_min": 0, "hours_below": None}


class Event(NamedTuple):
    service: str
    area: str
    cohort: str
    day: date
    hours: int


def events() -> Iterator[Event]:
    for service, areas in SERVED.items():
        yield from itertools.starmap(Event, itertools.product([service], areas, ["X", "Y"], DAYS, HOURS))


def matches(term: dict[str, Any], event: Event) -> bool:
    named = {"services": event.service, "areas": event.area, "cohorts": event.cohort}
    return (
        all(not term[key] or value in term[key] for key, value in named.items())
        and term["from"] <= event.day.isoformat() <= term["to"]
        and term["hours_min"] <= event.hours < (term["hours_below"] or 169)
    )


def some(*codes: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(codes), unique=True, max_size=1)


@st.composite
def terms(draw: st.DrawFn) -> dict[str, Any]:
    first, last = sorted([draw(st.sampled_from(DAYS)), draw(st.sampled_from(DAYS))])
    least, below = draw(st.sampled_from([(0, None), (0, 8), (4, 12), (8, None), (12, None), (0, 4)]))
    return {
        "outcome": "START",
        "services": draw(some("S", "T")),
        "areas": draw(some("A", "B")),
        "cohorts": draw(some("X", "Y")),
        "from": first.isoformat(),
        "to": last.isoformat(),
        "hours_min": least,
        "hours_below": below,
    }


def file_of(each: list[dict[str, Any]], prices: list[dict[str, Any]]) -> dict[str, Any]:
    priced = [
        term | {"ref": f"t{index}", "price": price}
        for index, (term, price) in enumerate(zip(each, prices, strict=True))
    ]
    return {
        "programme.ends_on": DAYS[-1].isoformat(),
        "agreements": [{"ref": "F-1", "funder": "F", "terms": priced}],
        "provider_contracts": [],
    }


@settings(deadline=None, max_examples=60)
@given(st.lists(terms(), min_size=2, max_size=5))
def test_a_balance_term_is_ambiguous_when_some_event_matches_it_and_an_earlier_one(
    each: list[dict[str, Any]],
) -> None:
    all_events = list(events())
    expected = {
        f"agreements[0].terms[{later}].price"
        for earlier, later in itertools.combinations(range(len(each)), 2)
        if any(matches(each[earlier], event) and matches(each[later], event) for event in all_events)
    }
    result = read(file_of(each, [{"balance": True}] * len(each)))
    assert found(result) == [(place, "ambiguous_balance") for place in sorted(expected)]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(terms(), st.integers(100, 700)), min_size=1, max_size=6))
def test_a_tariff_may_be_exceeded_when_the_terms_of_some_event_add_up_to_more(
    priced: list[tuple[dict[str, Any], int]],
) -> None:
    most = max(sum(amount for term, amount in priced if matches(term, event)) for event in events())
    result = read(file_of([term for term, _ in priced], [{"fixed": f"{amount}.00"} for _, amount in priced]))
    assert (("outcomes[0]", "may_exceed_tariff") in warned(result)) == (most > TARIFF)


@settings(deadline=None, max_examples=60)
@given(st.lists(terms(), min_size=1, max_size=5))
def test_hours_are_uneven_where_some_are_in_no_term_or_in_two(each: list[dict[str, Any]]) -> None:
    expected = set()
    for event in events():
        cell = [index for index, term in enumerate(each) if matches(term | ANY_HOURS, event)]
        takers = [index for index in cell if matches(each[index], event)]
        if cell and len(takers) != 1:
            expected.add((f"agreements[0].terms[{cell[0]}]", "hours_overlap" if takers else "hours_gap"))
    result = read(file_of(each, [{"fixed": "1.00"}] * len(each)))
    assert {problem for problem in warned(result) if problem[1].startswith("hours")} == expected
