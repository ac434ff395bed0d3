"""``manage.py import_jobs PROGRAMME FILE [--dry-run] [--report FILE]``"""

from __future__ import annotations

from typing import Any

from funders.access import programme_by_code
from mhep.shared.commands import ImportCommand
from participants.services import import_jobs


class Command(ImportCommand):
    help = "Import periods of work and education from a CSV or XLSX file."

    def handle(self, *args: Any, **options: Any) -> None:
        self.run(import_jobs, programme_by_code(options["programme"]).pk, options)
