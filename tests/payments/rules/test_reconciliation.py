"""Ages, sums and the comparison of a funder's own file, as rules."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.reconciliation import AGES, Figures, ThreeTotals, age_of, total
from payments.rules.remittance_advice import Standing, compare

TODAY = date(2026, 8, 1)
figures = st.builds(Figures, **{each.name: st.integers(-1000, 1000) for each in fields(Figures)})


@pytest.mark.parametrize(
    ("days", "age"),
    [(-10, 0), (0, 0), (30, 0), (31, 1), (60, 1), (61, 2), (90, 2), (91, 3), (4000, 3)],
)
def test_the_age_changes_on_the_day_after_each_edge(days: int, age: int) -> None:
    assert age_of(TODAY - timedelta(days=days), TODAY) == age
    assert len(AGES) == 4


@given(st.lists(figures, max_size=4))
def test_a_total_is_the_sum_of_every_figure(listed: list[Figures]) -> None:
    whole = total(listed)
    for each in fields(Figures):
        assert getattr(whole, each.name) == sum(getattr(one, each.name) for one in listed)
    assert whole.outstanding == sum(one.outstanding for one in listed)
    assert whole.gap == sum(one.gap for one in listed)


def test_the_gap_is_what_outstanding_does_not_explain() -> None:
    good = Figures(invoiced=100, credited=10, received=50, bank_charges=5, set_off=0, age_0=30, age_3=5)
    assert (good.outstanding, good.gap) == (35, 0)
    assert (good + Figures(received=1)).gap == 1


def test_three_totals_say_what_they_are_apart_and_what_nothing_explains() -> None:
    totals = ThreeTotals(project=100, by_payer=101, by_period=98, invoiced=60, waiting=39)
    assert (totals.payer_difference, totals.period_difference, totals.unexplained) == (1, -2, 1)


def test_a_funders_file_is_compared_line_by_line() -> None:
    ours = {"INV-000001": 100, "INV-000002": 200, "INV-000003": 300, "CRN-000001": -50}
    theirs = [("inv 1", 100), ("INV-000002", 150), ("Invoice INV-2", 49), ("PO 77", 9), ("crn/1", -50)]
    assert [(each.reference, each.standing, each.difference) for each in compare(ours, theirs)] == [
        ("INV-000001", Standing.AGREED, 0),
        ("INV-000002", Standing.DIFFERENT, -1),
        ("INV-000003", Standing.ONLY_OURS, -300),
        ("CRN-000001", Standing.AGREED, 0),
        ("PO 77", Standing.ONLY_THEIRS, 9),
    ]


@given(
    st.dictionaries(st.sampled_from([f"INV-{n:06d}" for n in range(9)]), st.integers(-99, 99)),
    st.lists(st.tuples(st.sampled_from([f"INV-{n:06d}" for n in range(9)]), st.integers(-99, 99))),
)
def test_no_penny_of_either_side_is_lost_in_a_comparison(
    ours: dict[str, int], theirs: list[tuple[str, int]]
) -> None:
    compared = compare(ours, theirs)
    assert sum(each.ours or 0 for each in compared) == sum(ours.values())
    assert sum(each.theirs or 0 for each in compared) == sum(amount for _, amount in theirs)
    assert sum(each.difference for each in compared) == sum(a for _, a in theirs) - sum(ours.values())
