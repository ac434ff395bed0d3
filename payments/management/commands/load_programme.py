"""``manage.py load_programme FILE [--dry-run] [--report FILE]``"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from funders.selectors import definition_of
from mhep.kernel.problems import Problem
from mhep.shared.commands import PlainCommand
from payments.services.programme_file import CannotLoadProgramme, LoadedProgramme, load_programme

HEADINGS = ("place", "code", "message")


class Command(PlainCommand):
    help = "Create or change a programme from its file, all of it or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a programme file (YAML)")
        parser.add_argument("--dry-run", action="store_true", help="judge the file, store nothing")
        parser.add_argument("--report", type=Path, help="write place,code,message of what was found as CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        content = self.read_file(options["file"])
        try:
            with transaction.atomic():
                loaded = load_programme(content, actor=None, at=timezone.now())
                summary = _summary(loaded, dry_run=options["dry_run"])
                transaction.set_rollback(options["dry_run"])
        except CannotLoadProgramme as refusal:
            self._report(options["report"], refusal.problems)
            self.refuse(*refusal.problems)
        else:
            self._report(options["report"], loaded.warnings)
            for warning in loaded.warnings:
                self.stdout.write(str(warning))
            self.stdout.write(summary)

    def _report(self, path: Path | None, problems: Iterable[Problem]) -> None:
        if path is None:
            return
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADINGS)
        writer.writerows((problem.place, problem.code, problem.message) for problem in problems)
        try:
            path.write_text(stream.getvalue(), encoding="utf-8")
        except OSError as error:
            self.refuse(f"{path}: {error.strerror}")


def _summary(loaded: LoadedProgramme, *, dry_run: bool) -> str:
    definition = definition_of(loaded.programme)
    sides = (*definition.agreements, *definition.provider_contracts)
    counts = {
        "services": len(definition.services),
        "outcomes": len(definition.outcomes),
        "funders": len(definition.funders),
        "agreements": len(definition.agreements),
        "provider contracts": len(definition.provider_contracts),
        "terms": sum(len(agreement.terms) for agreement in sides),
        "warnings": len(loaded.warnings),
    }
    done = "nothing stored, as asked" if dry_run else "stored" if loaded.changed else "nothing to change"
    return f"{definition.code}: {done}; " + ", ".join(f"{name}: {count}" for name, count in counts.items())
