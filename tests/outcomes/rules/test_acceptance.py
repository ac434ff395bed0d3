"""Each rule for an outcome event on its edge, the order of judging, and the cascade of void dates."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funders.rules.definition import OutcomeTypeDefinition, ProgrammeDefinition
from funders.rules.programme_file import read_programme
from mhep.shared.tables import Row, read_table
from outcomes.rules.acceptance import (
    HEADINGS,
    AcceptedEvent,
    Claim,
    Judgement,
    OutcomeRule,
    Person,
    StoredEvent,
    judge_claim,
    judge_events,
    outcome_rules,
)
from participants.rules import acceptance as participants

GOLDEN = Path(__file__).parents[2] / "golden"
RULES = outcome_rules(
    [
        OutcomeTypeDefinition("ENG", "Engaged", window_days=30, submit_within_days=10),
        OutcomeTypeDefinition("START", "Job start", requires="ENG", min_hours=Decimal("4.0")),
        OutcomeTypeDefinition(
            "S13",
            "Thirteen weeks",
            once_per="job",
            requires="START",
            min_days_after=91,
            evidence_any_of=("payslip", "employer"),
        ),
    ]
)
PEOPLE = {
    "P1": Person(date(2026, 4, 1), date(2026, 4, 1)),
    "P2": Person(date(2026, 4, 1), date(2026, 4, 1)),
    "UNSTARTED": Person(None, date(2026, 4, 1)),
    "SILENT": Person(date(2026, 4, 1), None),
}
SOUND = {
    "event": "E1",
    "participant": "P1",
    "outcome": "ENG",
    "outcome_date": "2026-04-10",
    "hours_per_week": "20",
    "job": "",
    "evidence": "payslip",
    "submitted_on": "2026-04-12",
    "verified_on": "2026-04-12",
}


def row(number: int = 2, fault: str | None = None, /, **cells: str) -> Row:
    return Row(number, tuple({**SOUND, **cells}.get(name, "") for name in HEADINGS), fault)


def event(reference: str, outcome: str, day: str, job: str = "", **cells: str) -> Row:
    """Return a row of an event that was submitted and verified on its day."""
    given_cells = {"outcome_date": day, "submitted_on": day, "verified_on": day, "job": job, **cells}
    return row(int(reference[1:]), event=reference, outcome=outcome, **given_cells)


def judge(*rows: Row, stored: Iterable[StoredEvent] = ()) -> Judgement:
    return judge_events(rows, rules=RULES, people=PEOPLE, stored=stored)


def codes(judgement: Judgement) -> list[tuple[str, str]]:
    return [(rejection.reference, rejection.code) for rejection in judgement.rejections]


def accepted(judgement: Judgement) -> list[str]:
    return [event.claim.reference for event in judgement.accepted]


def as_stored(judgement: Judgement) -> list[StoredEvent]:
    return [StoredEvent(event.claim, event.voided_on) for event in judgement.accepted]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, []),
        # cells
        ({"event": ""}, ["bad_value"]),
        ({"participant": ""}, ["bad_value"]),
        ({"outcome": ""}, ["bad_value"]),
        ({"outcome_date": ""}, ["bad_value"]),
        ({"submitted_on": ""}, ["bad_value"]),
        ({"outcome_date": "2026-04-31"}, ["bad_value"]),
        ({"submitted_on": "2026-4-12"}, ["bad_value"]),
        ({"verified_on": "no"}, ["bad_value"]),
        ({"hours_per_week": "0"}, []),
        ({"hours_per_week": "168"}, []),
        ({"hours_per_week": "168.01"}, ["bad_value"]),
        ({"hours_per_week": "-0.01"}, ["bad_value"]),
        ({"hours_per_week": ""}, []),
        ({"voided_on": "2026-04-12"}, []),
        ({"voided_on": "2026-04-11"}, ["bad_value"]),
        ({"voided_on": "2026-04-12", "verified_on": ""}, ["bad_value"]),
        ({"voided_on": "2026-13-01", "hours_per_week": "x", "participant": "NOPE"}, ["bad_value"]),
        # codes
        ({"participant": "NOPE"}, ["unknown_participant"]),
        ({"outcome": "NOPE"}, ["unknown_outcome"]),
        ({"participant": "NOPE", "outcome": "NOPE"}, ["unknown_participant"]),
        # dates
        ({"outcome_date": "2026-04-01", "submitted_on": "2026-04-01"}, []),
        ({"outcome_date": "2026-03-31", "submitted_on": "2026-04-01"}, ["before_start"]),
        ({"participant": "UNSTARTED"}, ["before_start"]),
        ({"outcome_date": "2026-04-12"}, []),
        ({"outcome_date": "2026-04-13"}, ["in_the_future"]),
        ({"participant": "SILENT"}, ["no_consent"]),
        ({"outcome_date": "2026-03-31", "submitted_on": "2026-03-31"}, ["before_start", "no_consent"]),
        ({"outcome_date": "2026-05-01", "submitted_on": "2026-05-01", "verified_on": ""}, []),
        ({"outcome_date": "2026-05-02", "submitted_on": "2026-05-02", "verified_on": ""}, ["outside_window"]),
        ({"submitted_on": "2026-04-20", "verified_on": ""}, []),
        ({"submitted_on": "2026-04-21", "verified_on": ""}, ["late_submission"]),
        ({"verified_on": "2026-04-11"}, ["verified_before_submission"]),
        ({"verified_on": ""}, []),
        (
            {"outcome_date": "2026-05-30", "submitted_on": "2026-05-29", "verified_on": "2026-05-28"},
            ["in_the_future", "outside_window", "verified_before_submission"],
        ),
        # history and proof
        ({"outcome": "START", "hours_per_week": "3.99"}, ["missing_prerequisite", "hours_below_minimum"]),
        ({"outcome": "START", "hours_per_week": ""}, ["missing_prerequisite", "hours_missing"]),
        ({"outcome": "S13", "evidence": "letter; ;pay slip"}, ["missing_prerequisite", "evidence_missing"]),
        ({"outcome": "S13", "evidence": ""}, ["missing_prerequisite", "evidence_missing"]),
        ({"outcome": "S13", "evidence": "letter; employer"}, ["missing_prerequisite"]),
        ({"outcome": "START", "hours_per_week": "4"}, ["missing_prerequisite"]),
    ],
)
def test_every_code_applies_on_its_side_of_the_edge(cells: dict[str, str], expected: list[str]) -> None:
    judgement = judge(row(**cells))
    assert [rejection.code for rejection in judgement.rejections] == expected
    assert len(judgement.accepted) == (not expected)


@pytest.mark.parametrize("column", ["hours_per_week", "outcome_date", "voided_on"])
def test_a_bad_value_names_its_column(column: str) -> None:
    assert column in judge(row(**{column: "x"})).rejections[0].message


def test_one_bad_value_names_every_column_that_cannot_be_read() -> None:
    (rejection,) = judge(
        row(2, "cell K2 shows an error", event="", hours_per_week="x", submitted_on="y")
    ).rejections
    for part in ("event is absent", "hours_per_week: 'x'", "submitted_on: 'y'", "cell K2 shows an error"):
        assert part in rejection.message


def test_a_row_with_a_fault_is_never_accepted() -> None:
    assert codes(judge(row(2, "the row has 11 cells for 10 headings"))) == [("E1", "bad_value")]


def test_every_message_says_what_to_look_at() -> None:
    judgement = judge(
        row(2, event="E2", outcome_date="2026-05-02", submitted_on="2026-05-20", verified_on=""),
        row(3, event="E3", outcome="START", hours_per_week="3.99"),
    )
    messages = " ".join(rejection.message for rejection in judgement.rejections)
    for figure in (
        "31 days after the start on 2026-04-01",
        "18 days after the outcome",
        "within 10 days",
        "3.99",
        "4.0",
    ):
        assert figure in messages


# References


def test_a_reference_is_taken_from_its_first_readable_row_on_whatever_became_of_it() -> None:
    judgement = judge(
        row(2, outcome_date="x"),
        row(3, participant="NOPE"),
        row(4),
        row(5, event="E5", outcome_date="2026-04-11"),
        row(6, event="E5", outcome_date="2026-04-11"),
    )
    assert [(rejection.row, rejection.code) for rejection in judgement.rejections] == [
        (2, "bad_value"),
        (3, "unknown_participant"),
        (4, "duplicate_event"),
        (6, "duplicate_event"),
    ]
    assert accepted(judgement) == ["E5"]


def test_the_first_row_of_the_file_takes_a_reference_not_the_earliest_outcome() -> None:
    judgement = judge(row(2, outcome_date="2026-04-11"), row(3, outcome_date="2026-04-10"))
    assert [event.claim.outcome_date for event in judgement.accepted] == [date(2026, 4, 11)]


def test_a_row_equal_to_what_is_stored_is_unchanged_once() -> None:
    first = judge(row(2))
    again = judge(
        row(2, hours_per_week="20.0", evidence=" payslip;payslip "), row(3), stored=as_stored(first)
    )
    assert (again.accepted, again.unchanged, codes(again)) == ([], 1, [("E1", "duplicate_event")])


@pytest.mark.parametrize(
    "change",
    [
        {"hours_per_week": "20.01"},
        {"evidence": "payslip;employer"},
        {"job": "J"},
        {"verified_on": ""},
        {"voided_on": "2026-05-01"},
        {"outcome": "NOPE"},
    ],
)
def test_a_stored_reference_with_other_content_is_a_duplicate(change: dict[str, str]) -> None:
    judgement = judge(row(**change), stored=as_stored(judge(row())))
    assert codes(judgement) == [("E1", "duplicate_event")]
    assert next(iter(change)) in judgement.rejections[0].message


def test_a_row_that_disagrees_with_what_is_stored_takes_the_reference_from_a_later_row_that_agrees() -> None:
    judgement = judge(row(2, job="J"), row(3), stored=as_stored(judge(row())))
    assert (judgement.unchanged, codes(judgement)) == (0, [("E1", "duplicate_event")] * 2)


def test_a_stored_draft_takes_its_reference_but_bars_nothing() -> None:
    (draft,) = as_stored(judge(row()))
    draft = replace(draft, counts=False)
    judgement = judge(row(2, hours_per_week="30"), row(3, event="E3"), stored=[draft])
    assert (accepted(judgement), codes(judgement)) == (["E3"], [("E1", "duplicate_event")])


# Once


def test_an_outcome_counts_once_for_a_participant_whether_or_not_it_is_verified() -> None:
    judgement = judge(row(2, verified_on=""), row(3, event="E2"), row(4, event="E3", participant="P2"))
    assert (accepted(judgement), codes(judgement)) == (["E1", "E3"], [("E2", "already_claimed")])


@pytest.mark.parametrize(("voided_on", "free"), [("2026-04-12", True), ("2026-04-13", False)])
def test_a_voided_event_frees_its_place_from_its_void_date_on(voided_on: str, free: bool) -> None:  # noqa: FBT001
    judgement = judge(row(2, voided_on=voided_on), row(3, event="E2"))
    assert codes(judgement) == ([] if free else [("E2", "already_claimed")])


def jobs(*names: str) -> Judgement:
    """Judge one engagement, one job start without a job, and a thirteen-week event for each job named."""
    starts = [event("E1", "ENG", "2026-04-01"), event("E2", "START", "2026-04-02")]
    return judge(
        *starts, *[event(f"E{number}", "S13", "2026-08-01", job) for number, job in enumerate(names, 3)]
    )


def test_an_outcome_once_per_job_counts_once_for_each_job() -> None:
    assert codes(jobs("A", "B", "A")) == [("E5", "already_claimed")]


def test_events_without_a_job_count_as_one_unnamed_job() -> None:
    assert codes(jobs("", "A", "")) == [("E5", "already_claimed")]


# Prerequisites


@pytest.mark.parametrize(
    ("first", "second", "missing"),
    [("A", "A", False), ("A", "B", True), ("", "B", False), ("A", "", False), ("", "", False)],
)
def test_jobs_must_agree_where_both_events_name_one(first: str, second: str, missing: bool) -> None:  # noqa: FBT001
    judgement = judge(event("E1", "ENG", "2026-04-01", first), event("E2", "START", "2026-04-02", second))
    assert codes(judgement) == ([("E2", "missing_prerequisite")] if missing else [])


def test_a_prerequisite_must_be_verified_on_any_date_and_belong_to_the_participant() -> None:
    late = event("E1", "ENG", "2026-04-01", verified_on="2027-01-01")
    start = event("E2", "START", "2026-04-02")
    assert codes(judge(late, start)) == []
    assert codes(judge(event("E1", "ENG", "2026-04-01", verified_on=""), start)) == [
        ("E2", "missing_prerequisite")
    ]
    assert codes(judge(event("E1", "ENG", "2026-04-01", participant="P2"), start)) == [
        ("E2", "missing_prerequisite")
    ]


@pytest.mark.parametrize(("day", "expected"), [("2026-07-02", []), ("2026-07-01", [("E3", "too_soon")])])
def test_days_after_the_prerequisite_are_counted_from_its_outcome_date(
    day: str, expected: list[tuple[str, str]]
) -> None:
    rows = [event("E1", "ENG", "2026-04-01"), event("E2", "START", "2026-04-02"), event("E3", "S13", day)]
    assert codes(judge(*rows)) == expected


def test_on_one_day_types_are_judged_in_the_order_of_the_programme_file() -> None:
    judgement = judge(event("E1", "START", "2026-04-02"), event("E2", "ENG", "2026-04-02"))
    assert accepted(judgement) == ["E2", "E1"]


def test_within_one_day_and_type_the_reference_decides() -> None:
    judgement = judge(event("E9", "ENG", "2026-04-02"), event("E10", "ENG", "2026-04-02"))
    assert accepted(judgement) == ["E10"]


def test_the_earliest_of_several_candidates_is_the_prerequisite() -> None:
    stored = [
        StoredEvent(claim("E4", "START", "2026-04-03")),
        StoredEvent(claim("E2", "START", "2026-04-02", "B")),
        StoredEvent(claim("E1", "START", "2026-04-02", "B")),
        StoredEvent(claim("E0", "START", "2026-04-01", "A")),
    ]
    judgement = judge(
        event("E8", "S13", "2026-07-02", "B"), event("E9", "S13", "2026-07-03", "A"), stored=stored
    )
    assert [(event.claim.reference, event.prerequisite) for event in judgement.accepted] == [
        ("E8", "E1"),
        ("E9", "E0"),
    ]


def test_the_earliest_candidate_is_measured_even_if_a_later_one_would_be_too_soon() -> None:
    stored = [
        StoredEvent(claim("E2", "START", "2026-07-01")),
        StoredEvent(claim("E1", "START", "2026-04-01")),
    ]
    assert codes(judge(event("E3", "S13", "2026-07-01"), stored=stored)) == []


def claim(reference: str, outcome: str, day: str, job: str = "") -> Claim:
    when = date.fromisoformat(day)
    return Claim(reference, "P1", outcome, when, Decimal(20), job, frozenset({"payslip"}), when, when)


# Voiding


def test_voiding_an_event_voids_what_had_it_as_prerequisite_down_the_line() -> None:
    judgement = judge(
        event("E1", "ENG", "2026-04-01", voided_on="2026-09-01"),
        event("E2", "START", "2026-04-02"),
        event("E3", "S13", "2026-08-01", verified_on=""),
    )
    assert [event.voided_on for event in judgement.accepted] == [date(2026, 9, 1)] * 3


def test_an_own_earlier_void_date_stays() -> None:
    judgement = judge(
        event("E1", "ENG", "2026-04-01", voided_on="2026-09-01"),
        event("E2", "START", "2026-04-02", voided_on="2026-08-01"),
    )
    assert [event.voided_on for event in judgement.accepted] == [date(2026, 9, 1), date(2026, 8, 1)]


@pytest.mark.parametrize(("submitted_on", "free"), [("2026-09-01", True), ("2026-08-31", False)])
def test_the_rules_go_by_the_void_date_that_results(submitted_on: str, free: bool) -> None:  # noqa: FBT001
    """The job start is voided through its engagement: its place is free, and what needs it lacks it."""
    stored = [
        StoredEvent(claim("E1", "ENG", "2026-04-01"), voided_on=date(2026, 9, 1)),
        StoredEvent(claim("E2", "START", "2026-04-02"), voided_on=date(2026, 9, 1)),
        StoredEvent(claim("E3", "ENG", "2026-04-03")),
    ]
    again = event("E4", "START", "2026-08-20", submitted_on=submitted_on, verified_on="")
    later = event("E5", "S13", "2026-08-21", submitted_on=submitted_on, verified_on="")
    assert codes(judge(again, later, stored=stored)) == [
        ("E5", "missing_prerequisite") if free else ("E4", "already_claimed")
    ]


def test_a_file_with_a_cascade_is_unchanged_when_it_comes_again() -> None:
    """F7: what is compared is what the file says, not the void date that resulted."""
    rows = [event("E1", "ENG", "2026-04-01", voided_on="2026-09-01"), event("E2", "START", "2026-04-02")]
    again = judge(*rows, stored=as_stored(judge(*rows)))
    assert (again.accepted, again.unchanged, again.rejections) == ([], 2, [])


# One event


def test_one_claim_is_judged_by_the_same_rules_as_a_file() -> None:
    held = [StoredEvent(claim("E1", "ENG", "2026-04-01"), voided_on=date(2026, 9, 1))]
    start = claim("E2", "START", "2026-04-02")
    assert judge_claim(start, RULES["START"], PEOPLE["P1"], held) == AcceptedEvent(
        start, date(2026, 9, 1), "E1"
    )
    faults = judge_claim(start, RULES["START"], PEOPLE["SILENT"], ())
    assert isinstance(faults, list)
    assert [code for code, _ in faults] == ["no_consent", "missing_prerequisite"]


def test_dates_at_the_end_of_time_are_judged_like_any_other() -> None:
    people = {"P1": Person(date(9999, 12, 1), date(1, 1, 1))}
    rules = {"ENG": OutcomeRule("ENG", 0, window_days=10**9, submit_within_days=10**9, min_days_after=10**9)}
    last = event("E1", "ENG", "9999-12-31")
    assert judge_events([last], rules=rules, people=people, stored=()).rejections == []


# Properties


@st.composite
def files(draw: st.DrawFn) -> list[Row]:
    rows = []
    for number in range(draw(st.integers(1, 12))):
        day = date(2026, 4, 1) + timedelta(days=draw(st.sampled_from([0, 1, 5, 91, 92, 100])))
        submitted = day + timedelta(days=draw(st.integers(0, 2)))
        verified = draw(st.none() | st.just(submitted + timedelta(days=1)))
        voided = draw(st.none() | st.integers(0, 60)) if verified else None
        rows.append(
            row(
                number + 2,
                event=f"E{number}",
                participant=draw(st.sampled_from(["P1", "P2"])),
                outcome=draw(st.sampled_from(list(RULES))),
                outcome_date=str(day),
                job=draw(st.sampled_from(["", "A", "B"])),
                submitted_on=str(submitted),
                verified_on=str(verified or ""),
                voided_on=""
                if verified is None or voided is None
                else str(verified + timedelta(days=voided)),
            )
        )
    return rows


@given(files().flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_the_file_changes_nothing_where_references_differ(
    orders: tuple[list[Row], list[Row]],
) -> None:
    one, other = orders
    assert judge(*one) == judge(*other)


@given(files())
def test_the_same_file_again_stores_nothing_new_and_counts_all_as_unchanged(rows: list[Row]) -> None:
    """F7."""
    first = judge(*rows)
    again = judge(*rows, stored=as_stored(first))
    assert (again.accepted, again.unchanged) == ([], len(first.accepted))
    assert {rejection.row for rejection in again.rejections} == {
        rejection.row for rejection in first.rejections
    }


@given(files())
def test_every_row_is_either_accepted_or_rejected_with_a_reason(rows: list[Row]) -> None:
    judgement = judge(*rows)
    rejected = {rejection.reference for rejection in judgement.rejections}
    assert rejected.isdisjoint(accepted(judgement))
    assert rejected.union(accepted(judgement)) == {f"E{number}" for number in range(len(rows))}


@given(files())
def test_an_accepted_event_never_outlives_its_prerequisite(rows: list[Row]) -> None:
    judgement = judge(*rows)
    void_dates = {event.claim.reference: event.voided_on or date.max for event in judgement.accepted}
    for found in judgement.accepted:
        if found.prerequisite is not None:
            assert void_dates[found.claim.reference] <= void_dates[found.prerequisite]


# Golden cases


@pytest.mark.parametrize("case", sorted(path.name for path in GOLDEN.iterdir()))
def test_golden_rejections_are_reproduced(case: str) -> None:
    folder = GOLDEN / case
    programme = read_programme((folder / "programme.yaml").read_bytes()).definition
    assert programme is not None
    people = _people(folder, programme)
    table = read_table((folder / "outcomes.csv").read_bytes(), HEADINGS)
    judgement = judge_events(table.rows, rules=outcome_rules(programme.outcomes), people=people, stored=())
    with (folder / "expected" / "rejections.csv").open(encoding="utf-8", newline="") as file:
        expected = [(line["event"], line["code"]) for line in csv.DictReader(file)]
    assert sorted(codes(judgement)) == sorted(expected)
    assert len(judgement.accepted) + len({found.row for found in judgement.rejections}) == len(table.rows)


def _people(folder: Path, programme: ProgrammeDefinition) -> dict[str, Person]:
    scope = participants.ProgrammeScope(
        {
            service.code: participants.ServiceScope(service.areas, service.cohorts)
            for service in programme.services
        },
        {area.code for area in programme.areas},
        {cohort.code for cohort in programme.cohorts},
    )
    table = read_table((folder / "participants.csv").read_bytes(), participants.HEADINGS)
    judgement = participants.judge_participants(table.rows, scope=scope, stored={})
    assert judgement.rejections == []
    return {person.reference: Person(person.started_on, person.consented_on) for person in judgement.accepted}
