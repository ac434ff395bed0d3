"""``manage.py import_outcomes PROGRAMME FILE [--dry-run] [--report FILE]``"""

from __future__ import annotations

from typing import Any

from funders.access import programme_by_code
from mhep.shared.commands import ImportCommand
from outcomes.services.imports import import_outcomes


class Command(ImportCommand):
    help = "Import outcome events from a CSV or XLSX file."

    def handle(self, *args: Any, **options: Any) -> None:
        self.run(import_outcomes, programme_by_code(options["programme"]).pk, options)
