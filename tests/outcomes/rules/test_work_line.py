"""The line of work: every bar lies on it, in its order and at its place."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from outcomes.rules.work_line import ROW, WIDTH, work_line
from participants.rules.work import WorkRecord

TODAY = date(2026, 6, 20)


def period(job: str, starts_on: date, ends_on: date | None = None) -> WorkRecord:
    return WorkRecord("P-1", job, "work", starts_on, ends_on, Decimal(16))


def test_there_is_no_line_without_a_period_that_has_begun() -> None:
    assert work_line([], TODAY) is None
    assert work_line([period("Job 1", TODAY + timedelta(days=1))], TODAY) is None


def test_the_line_goes_on_to_the_day_of_the_goal() -> None:
    line = work_line([period("Job 1", date(2026, 6, 10))], TODAY, date(2026, 6, 30))
    assert line is not None
    assert (line.starts_on, line.ends_on, line.today_x, line.goal_x) == (
        date(2026, 6, 10),
        date(2026, 6, 30),
        WIDTH // 2,
        WIDTH,
    )
    assert (line.bars[0].x, line.bars[0].width) == (0, WIDTH // 2)


def test_each_job_has_a_row_and_its_periods_share_it() -> None:
    line = work_line(
        [
            period("Job 2", date(2026, 5, 1)),
            period("Job 1", date(2026, 4, 1), date(2026, 4, 30)),
            period("Job 1", date(2026, 6, 1)),
        ],
        TODAY,
    )
    assert line is not None
    assert [(bar.record.job, bar.y) for bar in line.bars] == [("Job 1", 0), ("Job 2", ROW), ("Job 1", 0)]
    assert line.height == 2 * ROW


days = st.dates(date(2020, 1, 1), date(2027, 1, 1))


@given(st.lists(st.tuples(days, st.integers(0, 900)), max_size=8), days)
def test_every_bar_lies_on_the_line(spans: list[tuple[date, int]], today: date) -> None:
    records = [
        period(f"Job {place}", start, start + timedelta(days=length))
        for place, (start, length) in enumerate(spans)
    ]
    line = work_line(records, today)
    if line is None:
        assert all(start > today for start, _ in spans)
        return
    assert all(0 <= bar.x <= WIDTH and 4 <= bar.width <= WIDTH for bar in line.bars)
    assert all(bar.until <= today for bar in line.bars)
