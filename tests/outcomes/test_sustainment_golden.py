"""The golden cases of the sustainment clock through the commands, to the byte, and what they do not reach."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funders.models import OutcomeType, Programme
from outcomes.enums import EventState
from outcomes.models import OutcomeEvent
from outcomes.rules.sustainment import State
from outcomes.selectors.sustainment import clock_of, clocks_of, sustainment_csv
from participants.models import Participant, WorkPeriod
from tests.payments.golden import command

pytestmark = pytest.mark.django_db

FOLDER = Path(__file__).parents[1] / "golden-sustainment"


@dataclass(frozen=True)
class Case:
    """One folder with a programme, its files, and the export of several days."""

    name: str

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def code(self) -> str:
        definition = yaml.load((self.folder / "programme.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
        return str(definition["programme"]["code"])

    @property
    def programme(self) -> Programme:
        return Programme.objects.get(code=self.code)

    @property
    def days(self) -> list[str]:
        return (self.folder / "as_of.txt").read_text("utf-8").split()

    def prepare(self, jobs: Path | None = None) -> None:
        """Load the programme and import its files, as an operator would."""
        command("load_programme", self.folder / "programme.yaml")
        command("import_participants", self.code, self.folder / "participants.csv")
        command("import_outcomes", self.code, self.folder / "outcomes.csv")
        command("import_jobs", self.code, jobs or self.folder / "jobs.csv")

    def exports(self) -> dict[str, str]:
        return {day: command("export_sustainment", self.code, f"--as-of={day}") for day in self.days}

    def expected(self) -> dict[str, str]:
        return {day: (self.folder / "expected" / f"{day}.csv").read_bytes().decode() for day in self.days}


CASES = [Case(folder.name) for folder in sorted(FOLDER.iterdir()) if (folder / "programme.yaml").exists()]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_the_cases_are_there() -> None:
    assert len(CASES) == 3
    assert all(case.days for case in CASES)


@every_case
def test_a_case_comes_out_to_the_byte(case: Case) -> None:
    case.prepare()
    assert case.exports() == case.expected()


@every_case
def test_the_order_of_the_jobs_file_does_not_matter(case: Case, tmp_path: Path) -> None:
    heading, *rows = (case.folder / "jobs.csv").read_text("utf-8").splitlines(keepends=True)
    backwards = tmp_path / "jobs.csv"
    backwards.write_text("".join([heading, *reversed(rows)]), "utf-8")
    case.prepare(backwards)
    assert case.exports() == case.expected()


@every_case
def test_one_persons_clock_is_the_one_that_is_exported(case: Case) -> None:
    case.prepare()
    day = case.days[len(case.days) // 2]
    types = list(OutcomeType.objects.filter(programme=case.programme))
    found = [
        [person.reference, kind.code, str(clock.state), str(clock.days), str(clock.outcome_date or "")]
        for person in Participant.objects.filter(work_periods__isnull=False).distinct()
        for kind in types
        if (clock := clock_of(person, kind, date.fromisoformat(day))) is not None
    ]
    assert sorted(found) == list(csv.reader(io.StringIO(case.expected()[day])))[1:]


# What the cases do not reach

START, END = "2026-01-05", "2026-01-19"
PROGRAMME = """
programme: {code: EX, name: Example, currency: GBP, starts_on: 2025-01-01, ends_on: 2027-12-31,
  operator: {code: OP, name: Example Operator Ltd}}
providers: [{code: PRO, name: Example Provider CIO}]
services: [{code: S, provider: PRO, name: Example service, starts_on: 2025-01-01}]
outcomes:
  - {code: START, name: Job start}
  - {code: AFTER, name: Two weeks after a job start, requires: START, sustainment: {weeks: 2}}
  - {code: ANY, name: Two weeks, sustainment: {weeks: 2}}
"""


@pytest.fixture
def programme(tmp_path: Path) -> Programme:
    file = tmp_path / "programme.yaml"
    file.write_text(PROGRAMME)
    command("load_programme", file)
    return Programme.objects.get(code="EX")


def imported(folder: Path, kind: str, content: str) -> None:
    file = folder / f"{kind}.csv"
    file.write_text(content)
    command(f"import_{kind}", "EX", file)


def people(folder: Path, *references: str) -> None:
    rows = "".join(f"{reference},S,,,,2025-01-01,2025-01-01\n" for reference in references)
    headings = "participant,service,area,cohort,referred_on,started_on,consented_on\n"
    imported(folder, "participants", headings + rows)


def starts(folder: Path, rows: str) -> None:
    headings = "event,participant,outcome,outcome_date,submitted_on,verified_on,voided_on,job,evidence,"
    imported(folder, "outcomes", f"{headings}hours_per_week\n{rows}")


def jobs(folder: Path, *references: str, first: str = START) -> None:
    rows = "".join(f"{reference},J,work,{first},,20\n" for reference in references)
    imported(folder, "jobs", f"participant,job,kind,from,to,hours_per_week\n{rows}")


def clocks(programme: Programme, day: str = END) -> dict[tuple[str, str], State]:
    found = clocks_of(programme, date.fromisoformat(day))
    return {(each.participant, each.outcome): each.clock.state for each in found}


def test_only_a_live_event_of_the_required_type_starts_the_clock(
    programme: Programme, tmp_path: Path
) -> None:
    """Verified or not. A void date ends it, even one to come; a draft or a rejected one never counted."""
    names = ("submitted", "verified", "queried", "voided", "draft", "rejected", "none")
    people(tmp_path, *names)
    starts(
        tmp_path,
        f"E1,submitted,START,{START},{START},,,,,\n"
        f"E2,verified,START,{START},{START},{START},,,,\n"
        f"E3,voided,START,{START},{START},{START},2030-01-01,,,\n"
        f"E4,queried,START,{START},{START},,,,,\n"
        f"E5,rejected,START,{START},{START},,,,,\n",
    )
    OutcomeEvent.objects.filter(reference="E4").update(state=EventState.QUERIED)
    OutcomeEvent.objects.filter(reference="E5").update(state=EventState.REJECTED)
    OutcomeEvent.objects.create(
        programme=programme,
        reference="E6",
        participant=Participant.objects.get(reference="draft"),
        service=programme.services.get(),
        outcome_type=OutcomeType.objects.get(programme=programme, code="START"),
        outcome_date=START,
        submitted_on=START,
        state=EventState.DRAFT,
    )
    jobs(tmp_path, *names)
    after = {person for person, outcome in clocks(programme) if outcome == "AFTER"}
    assert after == {"submitted", "verified", "queried"}
    assert {person for person, outcome in clocks(programme) if outcome == "ANY"} == set(names)


def test_the_earliest_live_event_counts_whatever_the_day_that_is_asked_about(
    programme: Programme, tmp_path: Path
) -> None:
    people(tmp_path, "P", "Q")
    starts(
        tmp_path,
        "E1,P,START,2026-01-07,2026-01-07,2026-01-07,2026-01-08,,,\n"
        "E2,P,START,2026-01-09,2026-01-09,,,,,\n"
        "E3,Q,START,2026-03-01,2026-03-01,,,,,\n",
    )
    jobs(tmp_path, "P", "Q")
    lines = sustainment_csv(programme, date(2026, 1, 20)).splitlines()
    assert lines == [
        "participant,outcome,state,days,date",
        "P,AFTER,running,12,2026-01-23",
        "P,ANY,achieved,14,2026-01-19",
        "Q,AFTER,idle,0,",
        "Q,ANY,achieved,14,2026-01-19",
    ]


def test_people_are_those_with_a_job_row_even_one_that_is_still_to_begin(
    programme: Programme, tmp_path: Path
) -> None:
    people(tmp_path, "b", "B", "a-10", "a-2", "nobody", 'with "mark"')
    jobs(tmp_path, "b", "B", "a-10", "a-2", '"with ""mark"""', first="2030-01-01")
    assert sustainment_csv(programme, date(2026, 1, 1)).splitlines()[1:] == [
        "B,ANY,idle,0,",
        "a-10,ANY,idle,0,",
        "a-2,ANY,idle,0,",
        "b,ANY,idle,0,",
        '"with ""mark""",ANY,idle,0,',
    ]


def test_a_clock_without_any_job_row_is_idle_and_without_sustainment_there_is_none(
    programme: Programme, tmp_path: Path
) -> None:
    people(tmp_path, "P")
    person = Participant.objects.get(reference="P")
    types = {kind.code: kind for kind in OutcomeType.objects.filter(programme=programme)}
    idle = clock_of(person, types["ANY"], date(2026, 1, 1))
    assert idle is not None
    assert (idle.state, idle.needed, idle.run) == (State.IDLE, 14, ())
    assert clock_of(person, types["AFTER"], date(2026, 1, 1)) is None
    assert clock_of(person, types["START"], date(2026, 1, 1)) is None


def test_some_people_can_be_asked_about_alone(programme: Programme, tmp_path: Path) -> None:
    people(tmp_path, "P", "Q")
    jobs(tmp_path, "P", "Q")
    only = Participant.objects.filter(reference="Q")
    (found,) = clocks_of(programme, date.fromisoformat(END), only)
    assert (found.participant, found.outcome, found.participant_id) == ("Q", "ANY", only.get().pk)


def test_another_programme_is_left_alone(programme: Programme, tmp_path: Path) -> None:
    CASES[0].prepare()
    people(tmp_path, "P")
    jobs(tmp_path, "P")
    assert clocks(programme) == {("P", "ANY"): State.ACHIEVED}


def test_the_number_of_queries_does_not_depend_on_the_number_of_people(
    programme: Programme, tmp_path: Path
) -> None:
    counts = []
    for number in (2, 200):
        names = [f"P{place}" for place in range(number)]
        people(tmp_path, *names)
        jobs(tmp_path, *names)
        assert WorkPeriod.objects.count() == number
        with CaptureQueriesContext(connection) as queries:
            assert len(list(clocks_of(programme, date.fromisoformat(END)))) == number
        counts.append(len(queries))
    assert counts == [3, 3]


def test_the_day_must_be_given_and_be_one(programme: Programme) -> None:
    with pytest.raises(CommandError, match="--as-of"):
        command("export_sustainment", "EX")
    with pytest.raises(CommandError, match="not a date like 2026-04-30"):
        command("export_sustainment", "EX", "--as-of=19/1/2026")
    with pytest.raises(CommandError, match="a date like 2026-04-30 is needed"):
        command("export_sustainment", "EX", "--as-of=")
