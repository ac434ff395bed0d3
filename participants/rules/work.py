"""Which rows of a jobs file are taken over, and why the others are not (spec: sustainment, Jobs)."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from mhep.shared.cells import read_day, read_hours, read_text, shown
from mhep.shared.tables import Rejection, Row

HEADINGS = ("participant", "job", "kind", "from", "to", "hours_per_week")
KINDS = ("work", "education")
_REQUIRED = HEADINGS[:4]

Fault = tuple[str, str]
"""A code of the specification, and how to mend it in words."""


@dataclass(frozen=True, slots=True)
class WorkRecord:
    """
    A period of one job, or course, at constant hours a week; both days are included.

    ``job`` names the job within the participant. Without ``ends_on`` it goes on. Two records
    are equal if they say the same, hours by their value.
    """

    participant: str
    job: str
    kind: str  # one of KINDS
    starts_on: date
    ends_on: date | None = None
    hours: Decimal | None = None


@dataclass(slots=True)
class WorkJudgement:
    """
    What becomes of each row of a file.

    ``accepted`` is new and ``closed`` ends a stored period that was open, both in the order of
    the file. ``unchanged`` counts the rows that are stored already. ``rejections`` are by row.
    """

    accepted: list[WorkRecord] = field(default_factory=list)
    closed: list[WorkRecord] = field(default_factory=list)
    unchanged: int = 0
    rejections: list[Rejection] = field(default_factory=list)


def judge_work(
    rows: Iterable[Row], *, people: Collection[str], stored: Iterable[WorkRecord]
) -> WorkJudgement:
    """
    Judge rows whose cells stand in the order of ``HEADINGS``, one after the other.

    A row gets the first code that applies. A row counts as seen by those that equal it,
    whatever became of it, unless it could not be read.

    :param people: the references of the programme's participants; at least those that the file names.
    :param stored: at least every stored period of the participants that the file names.
    """
    judgement = WorkJudgement()
    history = _History(stored)
    seen: dict[WorkRecord, int] = {}
    for row in rows:
        record = read_work(row)
        if isinstance(record, WorkRecord):
            fault = _fault_before_history(record, people, seen)
            if fault is None:
                seen[record] = row.number
                fault = history.take(record, judgement)
        else:
            fault = record
        if fault is not None:
            judgement.rejections.append(Rejection(row.number, row.cells[0], *fault))
    return judgement


def read_work(row: Row) -> WorkRecord | Fault:
    """Return what the row states, or one ``bad_value`` that names every column that cannot be read."""
    problems = [row.fault] if row.fault else []
    values: list[object] = []
    for heading, cell, reader in zip(HEADINGS, row.cells, _READERS, strict=True):
        try:
            values.append(reader(cell))
        except ValueError as error:
            problems.append(f"{heading}: {error}")
    problems += [
        f"{heading} is absent" for heading, cell in zip(_REQUIRED, row.cells, strict=False) if not cell
    ]
    if not problems:
        record = WorkRecord(*values)  # type: ignore[arg-type] # the readers stand in the order of the fields
        if record.ends_on is None or record.ends_on >= record.starts_on:
            return record
        problems = [f"to: {record.ends_on} is before from, {record.starts_on}; it is the last day of the job"]
    return "bad_value", f"{'; '.join(problems)}."


def _fault_before_history(
    record: WorkRecord, people: Collection[str], seen: dict[WorkRecord, int]
) -> Fault | None:
    if record.participant not in people:
        return (
            "unknown_participant",
            f"The programme has no participant {record.participant}. Import that first, or correct it.",
        )
    if record in seen:
        return (
            "duplicate_row",
            f"Row {seen[record]} says the same. Keep one of the two rows.",
        )
    return None


class _Job:
    """The periods of one job: of one kind, and with no day in common."""

    __slots__ = ("_periods", "_starts", "kind", "stored_open")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.stored_open: WorkRecord | None = None
        self._periods: dict[date, WorkRecord] = {}
        self._starts: list[date] = []

    def __contains__(self, record: WorkRecord) -> bool:
        return self._periods.get(record.starts_on) == record

    def add(self, record: WorkRecord) -> None:
        self._periods[record.starts_on] = record
        insort(self._starts, record.starts_on)

    def is_closed_by(self, record: WorkRecord) -> bool:
        """Say whether the record equals the stored period that is still open, but for its end."""
        return self.stored_open is not None and replace(record, ends_on=None) == self.stored_open

    def close(self, record: WorkRecord) -> None:
        self._periods[record.starts_on] = record
        self.stored_open = None

    def sharing_a_day(self, record: WorkRecord) -> WorkRecord | None:
        """Return the last period that has a day in common with the record."""
        # No two periods meet, so of those that begin in time the last one also ends last.
        starts, end = self._starts, record.ends_on
        begun = len(starts) if end is None else bisect_right(starts, end)
        if begun == 0:
            return None
        last = self._periods[starts[begun - 1]]
        return last if last.ends_on is None or last.ends_on >= record.starts_on else None


class _History:
    """The jobs of every participant, as stored and as accepted since."""

    def __init__(self, stored: Iterable[WorkRecord]) -> None:
        self._jobs: dict[tuple[str, str], _Job] = {}
        for record in stored:
            job = self._job(record)
            job.add(record)
            if record.ends_on is None:
                job.stored_open = record

    def take(self, record: WorkRecord, judgement: WorkJudgement) -> Fault | None:
        """Note in the judgement what the record adds, or return why it cannot stand beside the others."""
        job = self._job(record)
        if record in job:
            judgement.unchanged += 1
        elif job.is_closed_by(record):
            job.close(record)
            judgement.closed.append(record)
        elif fault := _overlap(record, job):
            return fault
        else:
            job.add(record)
            judgement.accepted.append(record)
        return None

    def _job(self, record: WorkRecord) -> _Job:
        return self._jobs.setdefault((record.participant, record.job), _Job(record.kind))


def _overlap(record: WorkRecord, job: _Job) -> Fault | None:
    other = job.sharing_a_day(record)
    if other is not None:
        until = f"to {other.ends_on}" if other.ends_on else "and goes on"
        return (
            "overlap",
            f"Job {record.job} has a period from {other.starts_on} {until}, which shares a day with this "
            "row. Correct the dates, or name another job.",
        )
    if job.kind != record.kind:
        return (
            "overlap",
            f"Job {record.job} is {job.kind} elsewhere, and {record.kind} here. Correct the kind, or name "
            "another job.",
        )
    return None


def _read_kind(text: str) -> str:
    if text and text not in KINDS:
        raise ValueError(f"{shown(text)} is neither {KINDS[0]} nor {KINDS[1]}")
    return text


_READERS: tuple[Callable[[str], object], ...] = (
    read_text,
    read_text,
    _read_kind,
    read_day,
    read_day,
    read_hours,
)
