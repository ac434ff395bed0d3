"""What became of an imported file, for a person and as a CSV file."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass
from typing import Self

from mhep.shared.tables import Rejection

REPORT_HEADINGS = ("row", "reference", "code", "message")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many rows were stored (or would be), how many are stored already, and what was left out and why."""

    stored: int
    unchanged: int
    rejections: tuple[Rejection, ...]
    dry_run: bool = False

    @property
    def rejected(self) -> int:
        """The number of rows left out; one row may break several rules."""
        return len({rejection.row for rejection in self.rejections})

    def summary(self) -> str:
        verb = "would be stored" if self.dry_run else "stored"
        return f"{self.stored} {verb}, {self.unchanged} unchanged, {self.rejected} left out"

    def as_json(self) -> str:
        """Return the report as text that :meth:`from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the report that :meth:`as_json` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "rejections": tuple(Rejection(**each) for each in fields["rejections"])})

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
