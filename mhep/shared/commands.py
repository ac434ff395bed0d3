"""What the management commands share: programmes by code, months, files, plain refusals."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from mhep.kernel.periods import Month
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.attribution import attributed
from mhep.shared.cells import read_day
from mhep.shared.import_report import ImportReport
from mhep.shared.tables import UnreadableTable


def month(text: str) -> Month:
    """Read a month on the command line."""
    try:
        return Month.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def day(text: str) -> date:
    """Read a date on the command line."""
    try:
        found = read_day(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error
    if found is None:
        raise ArgumentTypeError("a date like 2026-04-30 is needed")
    return found


class PlainCommand(BaseCommand):
    """A command whose refusals are lines on stderr and exit code 1, never a traceback."""

    def refuse(self, *lines: object) -> None:
        """Say why nothing was done, one reason a line, and leave with exit code 1."""
        for line in lines:
            self.stderr.write(str(line))
        raise SystemExit(1)

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            with attributed(lambda: f"command {type(self).__module__.rpartition('.')[2]}", lambda: None):
                return super().execute(*args, **options)
        except BusinessRuleError as refusal:
            self.refuse(refusal)
        except UnreadableTable as error:
            self.refuse(*error.problems)
        return None

    def read_file(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            self.refuse(f"{path}: {error.strerror}")
        return b""


class ImportCommand(PlainCommand):
    """A command that imports a file into a programme and reports every row it leaves out."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("programme", help="the programme's code")
        parser.add_argument("file", type=Path, help="a CSV file or an XLSX workbook")
        parser.add_argument("--dry-run", action="store_true", help="judge every row, store nothing")
        parser.add_argument(
            "--report", type=Path, help="write row,reference,code,message of what is left out"
        )

    def run(
        self, import_file: Callable[..., ImportReport], programme_id: int, options: dict[str, Any]
    ) -> None:
        """Import the file and print what became of it."""
        report = import_file(
            programme_id=programme_id,
            content=self.read_file(options["file"]),
            actor=None,
            at=timezone.now(),
            dry_run=options["dry_run"],
        )
        if options["report"]:
            options["report"].write_text(report.as_csv(), encoding="utf-8")
        else:
            for rejection in report.rejections:
                self.stdout.write(
                    f"row {rejection.row} {rejection.reference}: {rejection.code}: {rejection.message}"
                )
        self.stdout.write(report.summary())
