"""Which months are counted anew."""

from __future__ import annotations

import pytest

from mhep.kernel.periods import Month
from performance.rules.staleness import Mark, spans_of

JAN, FEB, MARCH, MAY = (Month(2026, number) for number in (1, 2, 3, 5))
WHOLE = (Month(2025, 1), Month(2026, 12))


def everything(month: Month | None) -> Mark:
    return Mark(month, is_all=True)


def people(month: Month | None) -> Mark:
    return Mark(month, is_all=False)


@pytest.mark.parametrize(
    ("marks", "spans"),
    [
        ([], []),
        ([everything(JAN)], [(True, (JAN, JAN))]),
        ([everything(MARCH), everything(JAN), everything(FEB)], [(True, (JAN, MARCH))]),
        ([everything(JAN), everything(MAY)], [(True, (JAN, JAN)), (True, (MAY, MAY))]),
        ([everything(JAN), people(JAN), people(FEB)], [(True, (JAN, JAN)), (False, (FEB, FEB))]),
        ([everything(None), everything(JAN), people(None)], [(True, WHOLE)]),
        ([people(None), everything(JAN), people(FEB)], [(False, WHOLE), (True, (JAN, JAN))]),
    ],
)
def test_months_beside_each_other_are_one_span(marks: list[Mark], spans: list[object]) -> None:
    assert list(spans_of(marks, lambda: WHOLE)) == spans
