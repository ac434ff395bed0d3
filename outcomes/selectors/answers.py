"""What the answer to a question says so far, and what it corrects of the claim."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError

from mhep.shared.cells import read_hours
from mhep.shared.inputs import DayField
from outcomes.models import AnswerDraft, EventQuery, OutcomeEvent
from outcomes.rules.answers import Facts

TYPED = ("answer", "happened_day", "happened_month", "happened_year", "hours", "job")


@dataclass(frozen=True, slots=True)
class Answer:
    """
    An answer as it stands. ``corrected`` is absent where it repeats what the event says.

    ``problems`` are what cannot be read, in words; an answer with any cannot be sent.
    """

    row: AnswerDraft
    answer: str
    corrected: Facts | None
    problems: tuple[str, ...]


def open_query(event: OutcomeEvent) -> EventQuery | None:
    """Return the question about the event that waits for an answer, if one does."""
    if event.voided_on is not None:
        return None
    return event.queries.filter(answered_at__isnull=True).first()


def written_so_far(query: EventQuery) -> AnswerDraft:
    """Return what is written to answer the question; before the first word, a draft that is not stored."""
    return AnswerDraft.objects.filter(query=query).first() or AnswerDraft(query=query, typed={}, held=[])


def as_claimed(event: OutcomeEvent) -> dict[str, str]:
    """Return what the event says, as the inputs of a correction hold it."""
    day, hours = event.outcome_date, event.hours_per_week
    values = (
        "",
        str(day.day),
        str(day.month),
        str(day.year),
        "" if hours is None else f"{hours:f}",
        event.job,
    )
    return dict(zip(TYPED, values, strict=True))


def read_answer(row: AnswerDraft) -> Answer:
    """Return what an answer says; what was not typed of the claim stays as it is. Needs ``own_evidence``."""
    event = row.query.event
    said = {**as_claimed(event), **row.typed}
    problems: list[str] = []
    facts = Facts(
        outcome_date=_day(said, problems) or event.outcome_date,
        hours=_hours(said, problems),
        job=said["job"].strip(),
        evidence=tuple(sorted({*event.evidence, *row.held, *(file.kind for file in row.files.counting())})),
    )
    before = Facts(event.outcome_date, event.hours_per_week, event.job, tuple(sorted(event.evidence)))
    return Answer(row, said["answer"].strip(), None if facts == before else facts, tuple(problems))


def _day(said: dict[str, str], problems: list[str]) -> date | None:
    try:
        return DayField(label="The outcome date", needed="Enter the outcome date.").clean(
            [said[name] for name in TYPED[1:4]]
        )
    except ValidationError as error:
        problems.extend(error.messages)
        return None


def _hours(said: dict[str, str], problems: list[str]) -> Decimal | None:
    try:
        return read_hours(said["hours"].strip())
    except ValueError:
        problems.append("Hours a week must be a number, like 16 or 37.5.")
        return None
