"""Which day it is in a programme."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from funders.models import Programme

ENDED = Programme(timezone="Europe/London", starts_on=date(2019, 1, 1), ends_on=date(2022, 9, 30))


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2022, 9, 29, 22, 59, tzinfo=UTC), date(2022, 9, 29)),
        (datetime(2022, 9, 29, 23, 0, tzinfo=UTC), date(2022, 9, 30)),
        (datetime(2022, 9, 30, 23, 0, tzinfo=UTC), date(2022, 10, 1)),
        (datetime(2026, 1, 1, 12, 0, tzinfo=UTC), date(2026, 1, 1)),
    ],
)
def test_the_days_go_on_after_a_programmes_end_but_in_a_demo(at: datetime, day: date, settings: Any) -> None:
    assert ENDED.local_date(at) == day
    settings.ENDED_PROGRAMMES_STAND_STILL = True
    assert ENDED.local_date(at) == min(day, ENDED.ends_on)


def test_a_production_programme_never_stands_still(settings: Any) -> None:
    assert settings.ENDED_PROGRAMMES_STAND_STILL is False
