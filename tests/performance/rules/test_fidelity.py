"""The IPS fidelity scale: 25 items in three sections, and what their scores come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performance.rules.fidelity import ITEMS, Band, Section, band_of, sums_of, to_work_on, total_of

SCORES = st.fixed_dictionaries({item.number: st.integers(1, 5) for item in ITEMS})
FULL = {item.number: 5 for item in ITEMS}


def test_the_scale_has_three_staffing_eight_organisation_and_fourteen_services_items() -> None:
    assert [sum(item.section is section for item in ITEMS) for section in Section] == [3, 8, 14]
    assert [item.number for item in ITEMS] == list(range(1, 26))
    assert len({item.name for item in ITEMS}) == 25


@pytest.mark.parametrize(
    ("total", "band"),
    [
        (25, Band.NOT_IPS),
        (73, Band.NOT_IPS),
        (74, Band.FAIR),
        (99, Band.FAIR),
        (100, Band.GOOD),
        (114, Band.GOOD),
        (115, Band.EXEMPLARY),
        (125, Band.EXEMPLARY),
    ],
)
def test_a_total_has_its_band(total: int, band: Band) -> None:
    assert band_of(total) is band


@pytest.mark.parametrize("total", [24, 126, -1])
def test_a_total_that_no_scores_come_to_has_no_band(total: int) -> None:
    with pytest.raises(ValueError, match=str(total)):
        band_of(total)


@given(SCORES)
def test_sections_come_to_the_total(scores: dict[int, int]) -> None:
    parts = sums_of(scores)
    assert [part.most for part in parts] == [15, 40, 70]
    assert total_of(scores) == sum(part.scored for part in parts) == sum(scores.values())
    assert 25 <= total_of(scores) <= 125


@pytest.mark.parametrize(
    "scores", [{**FULL, 7: 0}, {**FULL, 25: 6}, {**FULL, 26: 3}, {n: s for n, s in FULL.items() if n != 12}]
)
def test_scores_that_are_none_are_refused(scores: dict[int, int]) -> None:
    with pytest.raises(ValueError, match=r"7|25|26|12"):
        sums_of(scores)


def test_what_is_to_work_on_begins_with_the_lowest_and_then_what_fell() -> None:
    scores = {**FULL, 3: 4, 9: 2, 18: 4}
    assert [item.number for item in to_work_on(scores)] == [9, 3, 18]
    assert [item.number for item in to_work_on(scores, {**scores, 18: 5})] == [9, 18, 3]
    assert to_work_on(FULL) == []
