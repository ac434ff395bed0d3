"""F6: sixty files with people's habits are read right or named, and none is silently wrong."""

from __future__ import annotations

from datetime import date

import pytest

from mhep.shared.cells import read_day, read_hours
from mhep.shared.columns import EXAMPLE, Column, Holds, Layout, arranged, doubts_of, proposed
from mhep.shared.tables import Row, UnreadableTable, read_any_table
from tests.shared.habits import Habit, habits

COLUMNS = (
    Column("event", "its reference", EXAMPLE, is_required=True),
    Column("happened_on", "when", "2026-04-30", Holds.DAY),
    Column("hours", "a week", "20", Holds.NUMBER),
)
FILES = list(habits())


def read(content: bytes) -> list[tuple[str, date, str] | None]:
    """Return what each row says once people have settled the doubts; None for a row that is named."""
    table = read_any_table(content)
    layout = proposed(table.labels, COLUMNS)
    doubts = doubts_of(table, COLUMNS, layout)
    told = Layout(layout.columns, "dmy" if doubts.days else "", "," if doubts.numbers else "")
    assert doubts.are_settled_by(told)
    return [meaning(row) for row in arranged(table, COLUMNS, told)]


def meaning(row: Row) -> tuple[str, date, str] | None:
    event, happened_on, hours = row.cells
    try:
        day, number = read_day(happened_on), read_hours(hours)
    except ValueError:
        return None
    if row.fault or day is None or number is None:
        return None
    return event, day, f"{number.normalize():f}"


def test_f6_there_are_sixty_of_them() -> None:
    assert len({each.title for each in FILES}) == len(FILES) == 60


@pytest.mark.parametrize("habit", FILES, ids=lambda habit: habit.title)
def test_f6_a_row_is_right_or_named(habit: Habit) -> None:
    if habit.is_refused:
        with pytest.raises(UnreadableTable, match="UTF-8"):
            read(habit.content)
        return
    assert read(habit.content) == [habit.means]
