"""Each rule for a row of a jobs file on its edge, and overlaps against every pair of days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mhep.shared.tables import Row
from participants.rules.work import HEADINGS, WorkJudgement, WorkRecord, judge_work, read_work

SOUND = ("P1", "J1", "work", "2026-04-01", "2026-04-30", "20")
RECORD = WorkRecord("P1", "J1", "work", date(2026, 4, 1), date(2026, 4, 30), Decimal(20))
OPEN = WorkRecord("P1", "J1", "work", date(2026, 4, 1), None, Decimal(20))
PEOPLE = {"P1", "P2"}


def row(number: int = 2, fault: str | None = None, /, **cells: str) -> Row:
    named = {"from": cells.pop("from_", SOUND[3])} | cells
    return Row(
        number, tuple(named.get(name, cell) for name, cell in zip(HEADINGS, SOUND, strict=True)), fault
    )


def judge(*rows: Row, stored: tuple[WorkRecord, ...] = ()) -> WorkJudgement:
    return judge_work(rows, people=PEOPLE, stored=stored)


def codes(judgement: WorkJudgement) -> list[tuple[int, str]]:
    return [(rejection.row, rejection.code) for rejection in judgement.rejections]


def test_a_sound_row_is_accepted_as_it_is_written() -> None:
    assert judge(row()) == WorkJudgement(accepted=[RECORD])


def test_end_and_hours_may_be_absent() -> None:
    bare = WorkRecord("P1", "J1", "education", date(2026, 4, 1))
    assert judge(row(kind="education", to="", hours_per_week="")).accepted == [bare]


@pytest.mark.parametrize(
    "cells",
    [
        {"participant": ""},
        {"participant": "P\u200b1"},
        {"job": ""},
        {"job": "J" * 201},
        {"kind": ""},
        {"kind": "Work"},
        {"kind": "leisure"},
        {"from_": ""},
        {"from_": "2026-02-29"},
        {"from_": "1/4/2026"},
        {"to": "soon"},
        {"to": "2026-03-31"},
        {"hours_per_week": "-1"},
        {"hours_per_week": "168.01"},
        {"hours_per_week": "1e1"},
        {"hours_per_week": "full time"},
        {"participant": "NOBODY", "from_": "x", "to": "y"},
    ],
)
def test_a_row_that_cannot_be_read_has_a_bad_value_and_no_other_code(cells: dict[str, str]) -> None:
    judgement = judge(row(**cells))
    assert codes(judgement) == [(2, "bad_value")]
    assert judgement.accepted == []


def test_a_bad_value_names_every_column_that_is_wrong() -> None:
    found = read_work(row(2, "the row has 7 cells", kind="fun", from_="", hours_per_week="169"))
    assert found == (
        "bad_value",
        "the row has 7 cells; kind: 'fun' is neither work nor education; hours_per_week: '169' is more than "
        "the 168 hours of a week; from is absent.",
    )


@pytest.mark.parametrize("hours", ["0", "168", "37.5", "0.0001"])
def test_hours_go_from_none_to_a_whole_week(hours: str) -> None:
    assert judge(row(hours_per_week=hours)).accepted[0].hours == Decimal(hours)


def test_a_period_may_last_one_day() -> None:
    assert len(judge(row(to="2026-04-01")).accepted) == 1


def test_a_participant_must_be_known() -> None:
    assert codes(judge(row(participant="p1"), row(3, participant="p1"))) == [
        (2, "unknown_participant"),
        (3, "unknown_participant"),
    ]


def test_a_row_that_says_what_an_earlier_one_said_is_a_duplicate_whatever_became_of_that() -> None:
    judgement = judge(row(2), row(3, hours_per_week="20.00"), row(4, hours_per_week="16"))
    assert codes(judgement) == [(3, "duplicate_row"), (4, "overlap")]
    assert judgement.rejections[0].message == "Row 2 says the same. Keep one of the two rows."
    refused_twice = judge(row(2), row(3, hours_per_week="16"), row(4, hours_per_week="16"))
    assert codes(refused_twice) == [(3, "overlap"), (4, "duplicate_row")]
    assert codes(judge(row(2), row(3), stored=(RECORD,))) == [(3, "duplicate_row")]


def test_an_unreadable_row_is_seen_by_nobody() -> None:
    assert codes(judge(row(2, "a cell too many"), row(3))) == [(2, "bad_value")]


def test_a_row_that_is_stored_is_unchanged() -> None:
    judgement = judge(row(hours_per_week="20.0"), stored=(RECORD,))
    assert judgement == WorkJudgement(unchanged=1)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"from_": "2026-05-01", "to": ""}, []),
        ({"from_": "2026-04-30", "to": ""}, ["overlap"]),
        ({"from_": "2026-03-01", "to": "2026-03-31"}, []),
        ({"from_": "2026-03-01", "to": "2026-04-01"}, ["overlap"]),
        ({"from_": "2026-03-01", "to": ""}, ["overlap"]),
        ({"from_": "2026-04-10", "to": "2026-04-12"}, ["overlap"]),
        ({"to": ""}, ["overlap"]),
        ({"job": "J2"}, []),
        ({"participant": "P2"}, []),
        ({"from_": "2026-05-01", "to": "", "kind": "education"}, ["overlap"]),
        ({"job": "J2", "kind": "education"}, []),
    ],
)
def test_one_job_has_no_day_twice_and_one_kind(cells: dict[str, str], expected: list[str]) -> None:
    for judgement in (judge(row(3, **cells), stored=(RECORD,)), judge(row(2), row(3, **cells))):
        assert [code for _, code in codes(judgement)] == expected


def test_a_row_that_was_refused_takes_no_day() -> None:
    judgement = judge(
        row(2), row(3, from_="2026-04-30", to="2026-05-31"), row(4, from_="2026-05-01", to="2026-05-31")
    )
    assert codes(judgement) == [(3, "overlap")]
    assert len(judgement.accepted) == 2


# Closing what is open


def test_a_row_that_equals_an_open_stored_one_but_for_its_end_closes_it() -> None:
    assert judge(row(), stored=(OPEN,)) == WorkJudgement(closed=[RECORD])


@pytest.mark.parametrize("cells", [{"hours_per_week": "16"}, {"hours_per_week": ""}, {"from_": "2026-04-02"}])
def test_a_row_that_differs_otherwise_closes_nothing(cells: dict[str, str]) -> None:
    assert codes(judge(row(**cells), stored=(OPEN,))) == [(2, "overlap")]


def test_what_was_closed_leaves_room_for_the_rows_after_it_only() -> None:
    next_period = {"from_": "2026-05-01", "to": "", "hours_per_week": "30"}
    after = judge(row(2), row(3, **next_period), stored=(OPEN,))
    assert (len(after.closed), len(after.accepted), codes(after)) == (1, 1, [])
    before = judge(row(2, **next_period), row(3), stored=(OPEN,))
    assert (len(before.closed), len(before.accepted), codes(before)) == (1, 0, [(2, "overlap")])


def test_a_period_is_closed_once() -> None:
    judgement = judge(row(2), row(3, to="2026-04-29"), row(4, to=""), row(5), stored=(OPEN,))
    assert codes(judgement) == [(3, "overlap"), (4, "overlap"), (5, "duplicate_row")]
    assert judgement.closed == [RECORD]


def test_an_open_row_of_the_same_file_is_not_stored_and_is_not_closed() -> None:
    judgement = judge(row(2, to=""), row(3))
    assert (judgement.accepted, codes(judgement)) == ([OPEN], [(3, "overlap")])


# Against every pair of days

FIRST = date(2026, 1, 1)
periods = st.builds(
    lambda job, first, length, kind: WorkRecord(
        "P1",
        job,
        kind,
        FIRST + timedelta(first),
        None if length is None else FIRST + timedelta(first + length),
    ),
    st.sampled_from(("A", "B")),
    st.integers(0, 30),
    st.none() | st.integers(0, 6),
    st.sampled_from(("work", "work", "work", "education")),
)


def clash(one: WorkRecord, other: WorkRecord) -> bool:
    """Say whether two rows cannot stand side by side."""
    if one.job != other.job:
        return False
    meet = one.starts_on <= (other.ends_on or date.max) and other.starts_on <= (one.ends_on or date.max)
    return meet or one.kind != other.kind


def as_row(number: int, record: WorkRecord) -> Row:
    ends_on = str(record.ends_on) if record.ends_on else ""
    return Row(number, (record.participant, record.job, record.kind, str(record.starts_on), ends_on, ""))


@settings(max_examples=300, deadline=None)
@given(st.lists(periods, max_size=12))
def test_rows_are_taken_one_after_the_other_unless_they_clash_with_what_was_taken(
    records: list[WorkRecord],
) -> None:
    taken: list[WorkRecord] = []
    expected: list[tuple[int, str]] = []
    for number, record in enumerate(records):
        if record in records[:number]:
            expected.append((number, "duplicate_row"))
        elif any(clash(record, other) for other in taken):
            expected.append((number, "overlap"))
        else:
            taken.append(record)
    judgement = judge(*(as_row(number, record) for number, record in enumerate(records)))
    assert (judgement.accepted, codes(judgement)) == (taken, expected)
    again = judge(*(as_row(number, record) for number, record in enumerate(taken)), stored=tuple(taken))
    assert again == WorkJudgement(unchanged=len(taken))
