"""Each rule for a participant, on its edge."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mhep.shared.tables import Row
from participants.rules.acceptance import (
    HEADINGS,
    ParticipantJudgement,
    ParticipantRecord,
    ProgrammeScope,
    ServiceScope,
    judge_participants,
)

SCOPE = ProgrammeScope(
    services={"SV": ServiceScope(areas=("N", "S"), cohorts=("K",)), "ALL": ServiceScope()},
    areas=("N", "S", "W"),
    cohorts=("K", "L"),
)
KNOWN = ParticipantRecord("P1", "SV", "N", "K", date(2026, 4, 1), date(2026, 4, 8), date(2026, 4, 2))
SOUND = ("P1", "SV", "N", "K", "2026-04-01", "2026-04-08", "2026-04-02")


def row(number: int = 2, fault: str | None = None, /, **cells: str) -> Row:
    return Row(
        number, tuple(cells.get(name, cell) for name, cell in zip(HEADINGS, SOUND, strict=True)), fault
    )


def judge(*rows: Row, stored: tuple[ParticipantRecord, ...] = ()) -> ParticipantJudgement:
    return judge_participants(rows, scope=SCOPE, stored={record.reference: record for record in stored})


def codes(judgement: ParticipantJudgement) -> list[tuple[int, str]]:
    return [(rejection.row, rejection.code) for rejection in judgement.rejections]


def test_a_sound_row_is_accepted_as_it_is_written() -> None:
    assert judge(row()) == ParticipantJudgement([KNOWN], 0, [])


def test_only_reference_and_service_are_required() -> None:
    bare = row(area="", cohort="", referred_on="", started_on="", consented_on="")
    assert judge(bare).accepted == [ParticipantRecord("P1", "SV")]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"participant": ""}, ["bad_value"]),
        ({"service": ""}, ["bad_value"]),
        ({"referred_on": "2026-02-29"}, ["bad_value"]),
        ({"started_on": "8/4/2026"}, ["bad_value"]),
        ({"consented_on": "yes"}, ["bad_value"]),
        ({"participant": "", "referred_on": "x", "area": "NOPE"}, ["bad_value"]),
        ({"participant": "P\x001"}, ["bad_value"]),
        ({"service": "NOPE"}, ["unknown_service"]),
        ({"service": "sv"}, ["unknown_service"]),
        ({"area": "NOPE"}, ["unknown_area"]),
        ({"cohort": "NOPE"}, ["unknown_cohort"]),
        ({"area": "W"}, ["area_not_served"]),
        ({"cohort": "L"}, ["cohort_not_served"]),
        ({"service": "ALL", "area": "W", "cohort": "L"}, []),
        ({"area": "", "cohort": ""}, []),
        ({"started_on": "2026-04-01"}, []),
        ({"started_on": "2026-03-31"}, ["start_before_referral"]),
        ({"started_on": "2026-03-31", "referred_on": ""}, []),
        ({"consented_on": "2020-01-01"}, []),
        (
            {"service": "NOPE", "area": "NOPE", "cohort": "NOPE", "started_on": "2026-03-31"},
            ["unknown_service", "unknown_area", "unknown_cohort", "start_before_referral"],
        ),
        ({"area": "W", "cohort": "L"}, ["area_not_served", "cohort_not_served"]),
    ],
)
def test_every_code_applies_on_its_side_of_the_edge(cells: dict[str, str], expected: list[str]) -> None:
    judgement = judge(row(**cells))
    assert codes(judgement) == [(2, code) for code in expected]
    assert len(judgement.accepted) == (not expected)


def test_one_bad_value_names_every_column_that_cannot_be_read() -> None:
    (rejection,) = judge(
        row(2, "cell F2 shows an error", service="", referred_on="soon", consented_on="never")
    ).rejections
    for part in (
        "cell F2 shows an error",
        "service is absent",
        "referred_on: 'soon'",
        "consented_on: 'never'",
    ):
        assert part in rejection.message


def test_a_row_equal_to_what_is_stored_is_unchanged_even_where_the_programme_has_moved_on() -> None:
    moved = replace(KNOWN, service="CLOSED", area="OLD")
    assert judge(row(service="CLOSED", area="OLD"), stored=(moved,)) == ParticipantJudgement([], 1, [])


@pytest.mark.parametrize(
    "change", [{"area": "S"}, {"consented_on": ""}, {"started_on": "2026-04-09"}, {"service": "ALL"}]
)
def test_a_stored_reference_with_other_content_is_a_duplicate(change: dict[str, str]) -> None:
    judgement = judge(row(**change), stored=(KNOWN,))
    assert codes(judgement) == [(2, "duplicate_participant")]
    assert next(iter(change)) in judgement.rejections[0].message


def test_the_same_row_twice_in_a_file_is_stored_once() -> None:
    assert judge(row(2), row(3)) == ParticipantJudgement([KNOWN], 1, [])


def test_a_reference_seen_with_other_content_is_a_duplicate_and_the_first_row_stands() -> None:
    judgement = judge(row(2), row(3, area="S"), row(4))
    assert (judgement.accepted, judgement.unchanged, codes(judgement)) == (
        [KNOWN],
        1,
        [(3, "duplicate_participant")],
    )


def test_a_reference_counts_as_seen_even_if_its_row_was_rejected() -> None:
    assert codes(judge(row(2, area="NOPE"), row(3), row(4, area="NOPE"))) == [
        (2, "unknown_area"),
        (3, "duplicate_participant"),
        (4, "unknown_area"),
    ]


def test_an_unreadable_row_leaves_its_reference_free() -> None:
    judgement = judge(row(2, started_on="x"), row(3))
    assert (judgement.accepted, codes(judgement)) == ([KNOWN], [(2, "bad_value")])


def test_the_same_file_again_stores_nothing_new() -> None:
    """F7."""
    rows = [
        row(2),
        row(3, participant="P2", area=""),
        row(4, participant="P3", area="W"),
        row(5, participant="P2"),
    ]
    first = judge(*rows)
    again = judge(*rows, stored=tuple(first.accepted))
    assert (again.accepted, again.unchanged, again.rejections) == ([], len(first.accepted), first.rejections)
