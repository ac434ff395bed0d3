"""The golden cases, driven as an operator would: with the commands and files of the specification."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from django.core.management import call_command
from django.db import connection

FOLDER = Path(__file__).parents[1] / "golden"
BIG = frozenset({"west-london-18-funders"})  # seconds, not tenths


def command(name: str, *arguments: object, **options: Any) -> str:
    """Run a management command and return what it printed."""
    out = io.StringIO()
    call_command(name, *map(str, arguments), stdout=out, **options)
    return out.getvalue()


@dataclass(frozen=True)
class Case:
    """One folder with a programme, its files, and the exports that must come out."""

    name: str

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @cached_property
    def code(self) -> str:
        """The code of its programme."""
        definition = yaml.load((self.folder / "programme.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
        return str(definition["programme"]["code"])

    @property
    def periods(self) -> list[str]:
        return (self.folder / "periods.txt").read_text("utf-8").split()

    def expected(self, name: str) -> str:
        return (self.folder / "expected" / f"{name}.csv").read_bytes().decode()

    def load(self) -> None:
        command("load_programme", self.folder / "programme.yaml")

    def import_file(self, kind: str, report: Path) -> str:
        """Import ``participants`` or ``outcomes``; return the summary, write the problems to ``report``."""
        return command(f"import_{kind}", self.code, self.folder / f"{kind}.csv", report=report)

    def prepare(self, reports: Path) -> None:
        """Load the programme and import both of its files."""
        self.load()
        self.import_file("participants", reports / "participants.csv")
        self.import_file("outcomes", reports / "outcomes.csv")
        with connection.cursor() as cursor:
            # The planner knows these tables as the last test left them: empty.
            cursor.execute("ANALYZE outcomes_outcomeevent, participants_participant")

    def close(self, period: str) -> None:
        command("price_month", self.code, period)
        command("close_month", self.code, period)

    def exports(self) -> tuple[str, str]:
        """Return the charges and documents as exported."""
        return command("export_charges", self.code), command("export_documents", self.code)

    def expected_exports(self) -> tuple[str, str]:
        return self.expected("charges"), self.expected("documents")


CASES = [Case(folder.name) for folder in sorted(FOLDER.iterdir()) if (folder / "programme.yaml").exists()]
QUICK_CASES = [case for case in CASES if case.name not in BIG]


def rejections(report: Path) -> str:
    """Return a row report in the shape of a case's ``rejections.csv``."""
    with report.open(encoding="utf-8", newline="") as file:
        lines = sorted(f"{row['reference']},{row['code']}\n" for row in csv.DictReader(file))
    return "event,code\n" + "".join(lines)


def look_at_what_waits_for_the_commit() -> None:
    """Have the database check now what it checks when a transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
