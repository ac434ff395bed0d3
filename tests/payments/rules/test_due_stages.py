"""The stages at which an unpaid invoice is brought to mind."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from payments.enums import ReminderStage
from payments.rules.due_stages import DAYS, stage_on

DUE_ON = date(2026, 8, 2)


@pytest.mark.parametrize(
    ("days", "stage"),
    [
        (-8, None),
        (-7, "BEFORE"),
        (-1, "BEFORE"),
        (0, "DUE"),
        (6, "DUE"),
        (7, "LATE_7"),
        (13, "LATE_7"),
        (14, "LATE_14"),
        (29, "LATE_14"),
        (30, "LATE_30"),
        (900, "LATE_30"),
    ],
)
def test_a_stage_counts_from_its_day_until_the_next(days: int, stage: str | None) -> None:
    assert stage_on(DUE_ON, DUE_ON + timedelta(days=days)) == stage


def test_every_stage_has_its_day_and_its_words() -> None:
    assert set(DAYS) == set(ReminderStage.values)
    assert list(DAYS.values()) == sorted(DAYS.values())
