"""What a page of explanation is made of: sentences whose figures know their source, and sums set out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from mhep.kernel.periods import Month


class SourceKind(StrEnum):
    """Where a figure comes from."""

    EVENT = "event"
    CHARGE = "charge"
    DOCUMENT = "document"
    AGREEMENT = "agreement"
    CONTRACT = "contract"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Source:
    """A page, or a place on one, that a figure leads to; ``key`` is a database key, a number or a ref."""

    kind: SourceKind
    key: str


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in minor units of the programme's currency."""

    minor: int
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Exact:
    """An amount in major units before rounding, with all its decimals."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere."""

    text: str
    source: Source


Part = str | Amount | Exact | Link | date | Month
Text = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a term asks, and what the event has."""

    name: str
    asks: Text
    has: Text


@dataclass(frozen=True, slots=True)
class SumLine:
    label: Text
    minor: int  # negative where it is taken away


@dataclass(frozen=True, slots=True)
class Addition:
    """Lines that add up to ``total_minor``, which is never below 0 however much is taken away."""

    lines: tuple[SumLine, ...]
    total: Text
    total_minor: int
    shape: str = "addition"


@dataclass(frozen=True, slots=True)
class Percentage:
    """A percentage of an amount: exact, then rounded half up to the minor unit."""

    of: Text
    of_minor: int
    percent: Decimal
    exact: Exact
    total_minor: int
    shape: str = "percentage"


@dataclass(frozen=True, slots=True)
class BandLine:
    places: str
    minor: int
    first: int
    last: int | None
    applies: bool


@dataclass(frozen=True, slots=True)
class BandTable:
    """What each place in the count pays; one band applies."""

    lines: tuple[BandLine, ...]
    shape: str = "bands"


@dataclass(frozen=True, slots=True)
class CapLine:
    """What a cap allows, what was charged under it before, and the room that is left."""

    label: str
    cap_minor: int
    charged_minor: int
    room_minor: int
    decides: bool


@dataclass(frozen=True, slots=True)
class CapTable:
    """The room under each cap; the least decides."""

    lines: tuple[CapLine, ...]
    shape: str = "caps"


@dataclass(frozen=True, slots=True)
class Lesser:
    """What is due against the room (None: no cap); ``partial`` off pays all of it or nothing."""

    due_minor: int
    room_minor: int | None
    partial: bool
    total_minor: int
    shape: str = "lesser"


@dataclass(frozen=True, slots=True)
class InstalmentSum:
    """A total in equal instalments rounded down, the remainder in the first; ``number`` counts from 1."""

    whole_minor: int
    count: int
    each_minor: int
    left_over_minor: int
    number: int
    total_minor: int
    shape: str = "instalments"


Working = Addition | Percentage | BandTable | CapTable | Lesser | InstalmentSum


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One numbered step: sentences, facts by name, what was asked and met, and the sum."""

    title: str
    says: tuple[Text, ...] = ()
    facts: tuple[tuple[str, Text], ...] = ()
    conditions: tuple[Condition, ...] = ()
    working: Working | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer in one sentence, then the steps that lead to it."""

    answer: Text
    steps: tuple[Step, ...]
    amount_minor: int
