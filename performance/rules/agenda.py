"""The agenda of a review, made from the data: what was agreed, what stands out, what is in question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from performance.rules.warnings import EarlyWarning

ANY_OTHER = "Anything else, and the day of the next review"


@dataclass(frozen=True, slots=True)
class Point:
    """One point of an agenda, under its topic."""

    topic: str
    text: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """An action that is still open: its number, what, who, by when."""

    number: int
    text: str
    owner: str
    due_on: date


@dataclass(frozen=True, slots=True)
class InQuestion:
    """Lines of statements that a funder has queried and nobody has settled."""

    funder: str
    lines: int


def agenda_of(
    *,
    actions: Iterable[Agreed],
    warnings: Iterable[EarlyWarning],
    questions: Iterable[InQuestion],
    today: date,
) -> list[Point]:
    """Return the points in their order: open actions (the late first), warnings, queried lines, the rest."""
    return [
        *_actions(actions, today),
        *(Point(warning.kind.value, warning.in_words) for warning in warnings),
        *_questions(questions),
        Point("Next", ANY_OTHER),
    ]


def _actions(actions: Iterable[Agreed], today: date) -> Iterator[Point]:
    for action in sorted(actions, key=lambda each: (each.due_on, each.number)):
        when = f"{'was due' if action.due_on < today else 'due'} {action.due_on:%-d %B %Y}"
        yield Point("Agreed before", f"Action {action.number}: {_ended(action.text)} {action.owner}, {when}.")


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _questions(questions: Iterable[InQuestion]) -> Iterator[Point]:
    for each in questions:
        lines = "1 line is" if each.lines == 1 else f"{each.lines} lines are"
        yield Point("Queried lines", f"{each.funder}: {lines} queried and not settled.")
