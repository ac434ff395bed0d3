"""The verifier's queue with what is at stake, its filters, and its rows as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from accounts.models import User
from funders.models import Programme
from mhep.kernel.money import Money
from mhep.shared.sheets import Sheet
from outcomes.enums import EventState
from outcomes.models import OutcomeEvent
from outcomes.rules.checks import Doubt
from outcomes.selectors.verification import Waiting, waiting_events
from payments.selectors.expected import Expected, expected_for

HEADINGS = (
    "Event",
    "Participant",
    "Service",
    "Outcome",
    "Outcome date",
    "State",
    "Submitted on",
    "Days waiting",
    "Evidence",
    "At stake",
    "Currency",
    "To look at",
)
AGES = (("7", "A week or more"), ("28", "Four weeks or more"), ("91", "13 weeks or more"))
SORTS = (("age", "Longest waiting first"), ("money", "Most money first"))


class Option(NamedTuple):
    """One choice of a filter: what the address says and what people read."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters of a programme's queue offer."""

    states: tuple[Option, ...]
    outcomes: tuple[Option, ...]
    services: tuple[Option, ...]
    ages: tuple[Option, ...]
    sorts: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What of the queue to show, and in which order; an empty value leaves everything in."""

    state: str = ""
    outcome: str = ""
    service: str = ""
    age: str = ""
    sort: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], choices: Choices) -> QueueFilter:
        """Read the filter from an address; a value that is none of the choices is left out."""
        return cls(
            *(
                _known(query.get(name, ""), options)
                for name, options in (
                    ("state", choices.states),
                    ("outcome", choices.outcomes),
                    ("service", choices.services),
                    ("age", choices.ages),
                    ("sort", choices.sorts),
                )
            )
        )

    def query(self) -> str:
        """Return what the address says, without what is empty."""
        return urlencode({name: getattr(self, name) for name in self.__slots__ if getattr(self, name)})

    def lets_through(self, waiting: Waiting) -> bool:
        event = waiting.event
        return (
            self.state in {"", event.state}
            and self.outcome in {"", event.outcome_type.code}
            and self.service in {"", event.service.code}
            and waiting.days >= int(self.age or 0)
        )


class Chosen(NamedTuple):
    """A filter in force, and the address's query that remains without it."""

    label: str
    rest: str


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One event that waits, with what would be charged for it and everything that is doubtful."""

    event: OutcomeEvent
    days: int
    is_own: bool
    expected: Expected
    doubts: tuple[Doubt, ...]

    @property
    def is_clear(self) -> bool:
        """Nothing is doubtful and the reader may verify it: several such can be verified at once."""
        return not self.doubts and not self.is_own and self.event.state == EventState.SUBMITTED


def choices_of(programme: Programme) -> Choices:
    """Return what the queue can be filtered and sorted by."""
    waiting = (EventState.SUBMITTED, EventState.QUERIED)
    return Choices(
        states=tuple(Option(state.value, state.label) for state in waiting),
        outcomes=tuple(Option(*pair) for pair in programme.outcome_types.values_list("code", "name")),
        services=tuple(Option(*pair) for pair in programme.services.values_list("code", "name")),
        ages=tuple(Option(*pair) for pair in AGES),
        sorts=tuple(Option(*pair) for pair in SORTS),
    )


def chosen_filters(chosen: QueueFilter, choices: Choices) -> list[Chosen]:
    """Return the filters in force, the order apart, each with what is left once it is removed."""
    offered = {
        "state": choices.states,
        "outcome": choices.outcomes,
        "service": choices.services,
        "age": choices.ages,
    }
    return [
        Chosen(
            next(option.label for option in options if option.value == getattr(chosen, name)),
            replace(chosen, **{name: ""}).query(),
        )
        for name, options in offered.items()
        if getattr(chosen, name)
    ]


def queue_of(user: User, programme: Programme, chosen: QueueFilter, today: date) -> list[QueueRow]:
    """Return the queue as filtered and sorted, in a number of queries that does not grow with it."""
    waiting = [each for each in waiting_events(user, programme, today) if chosen.lets_through(each)]
    expected = expected_for(programme, [each.event.pk for each in waiting], today)
    rows = [
        QueueRow(
            each.event,
            each.days,
            each.is_own,
            expected[each.event.pk],
            (*each.doubts, *money_doubts(expected[each.event.pk])),
        )
        for each in waiting
    ]
    if chosen.sort == "money":
        rows.sort(key=lambda row: (-row.expected.at_stake_minor, row.event.submitted_on, row.event.reference))
    return rows


def money_doubts(expected: Expected) -> list[Doubt]:
    """Return the doubts that the expected charges raise."""
    if expected.is_limited:
        return [Doubt.CAP_BINDS]
    return [] if expected.at_stake_minor else [Doubt.NOBODY_PAYS]


def neighbours(
    user: User, programme: Programme, chosen: QueueFilter, today: date, key: int
) -> tuple[int | None, int | None]:
    """
    Return the events before and after one in the filtered queue.

    After an event that is not in the queue comes its first. What is at stake is worked out only where
    the order asks for it.
    """
    if chosen.sort == "money":
        keys = [row.event.pk for row in queue_of(user, programme, chosen, today)]
    else:
        waiting = waiting_events(user, programme, today)
        keys = [each.event.pk for each in waiting if chosen.lets_through(each)]
    if key not in keys:
        return None, keys[0] if keys else None
    place = keys.index(key)
    return keys[place - 1] if place else None, keys[place + 1] if place + 1 < len(keys) else None


def queue_sheet(rows: Sequence[QueueRow], currency: str) -> Sheet:
    """Return the queue as a table."""
    return Sheet(
        "Verification",
        HEADINGS,
        [
            (
                row.event.reference,
                row.event.participant.reference,
                row.event.service.name,
                row.event.outcome_type.name,
                row.event.outcome_date,
                EventState(row.event.state).label,
                row.event.submitted_on,
                row.days,
                ", ".join(row.event.evidence).replace("_", " "),
                Money(row.expected.at_stake_minor, currency),
                currency,
                "; ".join(doubt.value for doubt in row.doubts),
            )
            for row in rows
        ],
    )


def _known(value: str, options: tuple[Option, ...]) -> str:
    return value if any(option.value == value for option in options) else ""
