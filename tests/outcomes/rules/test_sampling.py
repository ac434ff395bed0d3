"""The draw of a sample audit: the same from its seed, whatever the order, and heavier events more often."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.rules.sampling import Candidate, draw, largest_amount, risk_of, sample_size

FRAMES = st.dictionaries(st.text(min_size=1, max_size=8), st.integers(1, 11), min_size=1, max_size=40)


def test_the_draw_is_fixed_for_ever() -> None:
    """A change of the algorithm would make stored samples impossible to draw again."""
    frame = {f"E-{number:02}": 1 + number % 5 for number in range(12)}
    assert draw("dice 4 2 6", frame, 4) == ["E-09", "E-07", "E-02", "E-01"]


@given(FRAMES, st.text(), st.integers(0, 50), st.randoms())
def test_the_order_of_the_events_changes_nothing(
    frame: dict[str, int], seed: str, size: int, chance: object
) -> None:
    references = sorted(frame)
    chance.shuffle(references)  # type: ignore[attr-defined]
    drawn = draw(seed, frame, size)
    assert draw(seed, {reference: frame[reference] for reference in references}, size) == drawn
    assert len(drawn) == len(set(drawn)) == min(size, len(frame))


@given(FRAMES, st.text(), st.integers(1, 50), st.data())
def test_an_event_left_out_changes_no_others_turn(
    frame: dict[str, int], seed: str, size: int, data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from(sorted(frame)))
    rest = {reference: points for reference, points in frame.items() if reference != gone}
    everyone = draw(seed, frame, len(frame))
    assert draw(seed, rest, len(rest)) == [each for each in everyone if each != gone]
    assert draw(seed, frame, size) == everyone[:size]


def test_points_are_odds() -> None:
    """Of two events, one with three times the points comes first three times as often."""
    first = Counter(draw(f"seed {number}", {"heavy": 3, "light": 1}, 1)[0] for number in range(4000))
    assert 0.73 < first["heavy"] / 4000 < 0.77


@pytest.mark.parametrize(
    ("population", "percent", "size"), [(1, 1, 1), (100, 5, 5), (101, 5, 6), (7, 100, 7), (20, 5, 1)]
)
def test_a_share_is_rounded_up(population: int, percent: int, size: int) -> None:
    assert sample_size(population, percent) == size


def candidate(amount: int = 0, evidence: int = 2, rejected: int = 0, *, late: bool = False) -> Candidate:
    return Candidate("E", amount, late, evidence, rejected)


@pytest.mark.parametrize(
    ("given_", "points", "reasons"),
    [
        (candidate(), 1, ()),
        (candidate(amount=100), 5, ("its amount",)),
        (candidate(amount=50), 3, ("its amount",)),
        (candidate(amount=24), 1, ()),
        (candidate(amount=-100), 1, ()),
        (candidate(late=True), 3, ("submitted late",)),
        (candidate(evidence=1), 2, ("a single kind of evidence",)),
        (candidate(evidence=0), 2, ("no evidence",)),
        (candidate(rejected=9), 1, ()),
        (candidate(rejected=10), 2, ("the provider's events were rejected before",)),
        (candidate(rejected=100), 4, ("the provider's events were rejected before",)),
    ],
)
def test_risk_is_points_with_their_reasons(given_: Candidate, points: int, reasons: tuple[str, ...]) -> None:
    risk = risk_of(given_, 100)
    assert (risk.points, risk.reasons) == (points, reasons)


def test_without_any_money_nothing_weighs_by_it() -> None:
    assert largest_amount([]) == 0
    assert risk_of(candidate(), largest_amount([candidate()])).points == 1
