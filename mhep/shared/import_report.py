"""What became of an imported file: in numbers, as a CSV file, and row by row for whoever mends it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Self

from mhep.shared.tables import Rejection, Row

REPORT_HEADINGS = ("row", "reference", "code", "message")
MOST_ROWS = 20_000  # with problems, that are kept with all that they say


@dataclass(frozen=True, slots=True)
class ImportReport:
    """
    How many rows were stored (or would be), how many are stored already, and what was left out and why.

    ``references`` are those of the rows that were stored, where somebody asks for them.
    """

    stored: int
    unchanged: int
    rejections: tuple[Rejection, ...]
    dry_run: bool = False
    references: frozenset[str] = frozenset()

    @property
    def rejected(self) -> int:
        """The number of rows left out; one row may break several rules."""
        return len({rejection.row for rejection in self.rejections})

    def summary(self) -> str:
        verb = "would be stored" if self.dry_run else "stored"
        return f"{self.stored} {verb}, {self.unchanged} unchanged, {self.rejected} left out"

    def as_csv(self) -> str:
        """
        Return ``row,reference,code,message``, one line for each row and code; references as they are.

        It is for programs; see :mod:`mhep.shared.sheets` for what people open in a spreadsheet program.
        """
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(REPORT_HEADINGS)
        for rejection in self.rejections:
            writer.writerow([rejection.row, rejection.reference, rejection.code, rejection.message])
        return stream.getvalue()


@dataclass(frozen=True, slots=True)
class FileReport:
    """
    The rows of a file that are left out, so that somebody can mend them.

    ``left_out`` are the numbers of them all; what is wrong with a row, and its ``cells``, are kept for the
    first 20,000. ``moved`` are those that were good at the check and were no longer when they were to be
    stored. ``sheet`` and ``letters``, by heading, tell where to look in the sender's own file.
    """

    rejections: tuple[Rejection, ...] = ()
    left_out: frozenset[int] = frozenset()
    cells: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    moved: frozenset[int] = frozenset()
    sheet: str = ""
    letters: Mapping[str, str] = field(default_factory=dict)

    def with_more(self, rejections: Iterable[Rejection], rows: Iterable[Row], *, moved: bool = False) -> Self:
        """Return the report with further rejections of these rows."""
        found = sorted((*self.rejections, *rejections), key=lambda each: each.row)
        left_out = self.left_out | {each.row for each in found}
        kept = set(sorted(left_out)[:MOST_ROWS])
        cells = {row.number: row.cells for row in rows if row.number in left_out}
        return replace(
            self,
            rejections=tuple(each for each in found if each.row in kept),
            left_out=left_out,
            cells={number: each for number, each in {**self.cells, **cells}.items() if number in kept},
            moved=left_out - self.left_out if moved else self.moved,
        )

    def as_json(self) -> str:
        """Return the report as text that :meth:`from_json` reads."""
        numbers = {"left_out": sorted(self.left_out), "moved": sorted(self.moved)}
        return json.dumps({**asdict(self), **numbers})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the report that :meth:`as_json` wrote; an empty text is a report of nothing."""
        if not text:
            return cls()
        fields = json.loads(text)
        return cls(
            rejections=tuple(Rejection(**each) for each in fields["rejections"]),
            left_out=frozenset(fields["left_out"]),
            cells={int(number): tuple(cells) for number, cells in fields["cells"].items()},
            moved=frozenset(fields["moved"]),
            sheet=fields["sheet"],
            letters=fields["letters"],
        )


def headings_of(
    rejection: Rejection, places: Mapping[str, tuple[str, ...]], headings: Sequence[str]
) -> tuple[str, ...]:
    """
    Return the headings of the cells that a rejection is about.

    :param places: by code; the message itself names the columns whose value cannot be read.
    """
    known = places.get(rejection.code)
    return known or tuple(
        heading
        for heading in headings
        if re.search(rf"(?:^|; ){re.escape(heading)}(?:: | is absent)", rejection.message)
    )
