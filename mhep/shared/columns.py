"""
How the columns of somebody's own table become those that are asked for.

Nothing is guessed in silence. A heading that differs is proposed, and a date or a decimal mark that can be
read in two ways is a doubt for people to settle. What a cell then means is still for the rules to judge.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import Enum
from typing import Self

from mhep.shared.sheets import unguarded
from mhep.shared.tables import AnyTable, Row

EXAMPLE = "EXAMPLE (delete this row)"
PROBLEM_HEADINGS = ("row_in_your_file", "problem_codes", "problems")
SHOWN = 5  # examples of what is in doubt

_DAY = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")
_COMMA = re.compile(r"[0-9]+,[0-9]+")
_NOT_IN_A_WORD = re.compile(r"[^a-z0-9]+")
_ORDERS = {"dmy": (3, 2, 1), "mdy": (3, 1, 2)}  # which part is the year, the month and the day


class Holds(Enum):
    """What the cells of a column hold, as far as it can be written in several ways."""

    TEXT = "text"
    DAY = "day"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is asked for; ``synonyms`` are other headings for it, ``example`` is made up."""

    heading: str
    about: str
    example: str
    holds: Holds = Holds.TEXT
    is_required: bool = False
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """
    How a table is read: the label of the column for each heading that it has, and how values are written.

    ``day_order`` is ``dmy`` or ``mdy``, or ``ymd`` where dates are written as 2026-04-30 only, and
    ``decimal_mark`` is ``,`` or ``.``. Both are empty while nobody has said.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    day_order: str = ""
    decimal_mark: str = ""

    def as_json(self) -> dict[str, object]:
        """Return what :meth:`from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, object]) -> Self:
        """Return the layout that :meth:`as_json` wrote."""
        return cls(**fields)  # type: ignore[arg-type] # it wrote the fields


@dataclass(frozen=True, slots=True)
class Doubts:
    """
    What cells of a table can be read in more than one way, with some of them as examples.

    ``day_orders`` are those in which all dates that are written otherwise are real ones.
    """

    days: tuple[str, ...] = ()
    day_orders: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    def are_settled_by(self, layout: Layout) -> bool:
        """Tell whether the layout says how to read everything that is in doubt."""
        return bool((not self.days or layout.day_order) and (not self.numbers or layout.decimal_mark))


def fingerprint(labels: Iterable[str]) -> str:
    """Return the same 64 digits for the same set of headings, whatever their order."""
    return hashlib.sha256(json.dumps(sorted(labels)).encode()).hexdigest()


def proposed(labels: Sequence[str], columns: Sequence[Column]) -> Layout:
    """Return the columns whose labels say, in whatever spelling, what is asked for; each is used once."""
    by_word: dict[str, str] = {}
    for label in labels:
        by_word.setdefault(_word(label), label)
    found: dict[str, str] = {}
    for column in columns:
        for name in (column.heading, *column.synonyms):
            label = by_word.get(_word(name), "")
            if label and label not in found.values():
                found[column.heading] = label
                break
    return Layout(found)


def is_exact(labels: Sequence[str], columns: Sequence[Column]) -> bool:
    """Tell whether the labels are the headings, in any order; those of a list of problems may be there."""
    return set(labels) - set(PROBLEM_HEADINGS) == {column.heading for column in columns}


def doubts_of(table: AnyTable, columns: Sequence[Column], layout: Layout) -> Doubts:
    """Return what can be read in more than one way in the columns that hold dates and numbers."""
    days: dict[str, None] = {}
    numbers: dict[str, None] = {}
    for column in columns:
        if column.holds is Holds.TEXT or layout.columns.get(column.heading) not in table.labels:
            continue
        place = table.labels.index(layout.columns[column.heading])
        found, pattern = (days, _DAY) if column.holds is Holds.DAY else (numbers, _COMMA)
        cells = dict.fromkeys(row.cells[place] for row in table.rows)
        found.update((cell, None) for cell in cells if pattern.fullmatch(cell))
    orders = tuple(order for order in _ORDERS if days and all(_day(cell, order) for cell in days))
    return Doubts(tuple(days)[:SHOWN], orders, tuple(numbers)[:SHOWN])


def arranged(table: AnyTable, columns: Sequence[Column], layout: Layout) -> list[Row]:
    """
    Return the rows with one cell for each column, in their order; what the table lacks is empty.

    A date in the layout's order becomes 2026-04-30, a decimal comma a point; all else stays as it is written,
    for the rules to judge. The example row of a template is left out.
    """
    places = [
        table.labels.index(layout.columns[column.heading])
        if layout.columns.get(column.heading) in table.labels
        else None
        for column in columns
    ]
    readers = [_reader(column.holds, layout) for column in columns]
    parts = list(zip(places, readers, strict=True))
    rows = (
        Row(
            row.number,
            tuple(["" if place is None else read(row.cells[place]) for place, read in parts]),
            row.fault,
        )
        for row in table.rows
    )
    return [row for row in rows if row.cells[0] != EXAMPLE and (any(row.cells) or row.fault)]


def _reader(holds: Holds, layout: Layout) -> Callable[[str], str]:
    order = layout.day_order
    if holds is Holds.DAY and order in _ORDERS:
        return lambda cell: _day(cell, order) or cell
    if holds is Holds.NUMBER and layout.decimal_mark == ",":
        return lambda cell: cell.replace(",", ".") if _COMMA.fullmatch(cell) else cell
    return unguarded if holds is Holds.TEXT else str


def _day(cell: str, order: str) -> str:
    """Return a date in digits as 2026-04-30, or nothing if it is none in this order."""
    match = _DAY.fullmatch(cell)
    if match is None:
        return ""
    parts = (match[1], match[3], match[4])
    year, month, day = (int(parts[place - 1]) for place in _ORDERS[order])
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _word(label: str) -> str:
    plain = unicodedata.normalize("NFKD", label).casefold()
    return _NOT_IN_A_WORD.sub("", "".join(sign for sign in plain if not unicodedata.combining(sign)))
