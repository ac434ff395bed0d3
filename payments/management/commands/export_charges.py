"""``manage.py export_charges PROGRAMME [--period YYYY-MM]``"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from funders.access import programme_by_code
from mhep.shared.commands import PlainCommand, month
from payments.selectors.exports import charges_csv


class Command(PlainCommand):
    help = "Write every charge, credit, nil decision and fee as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("programme")
        parser.add_argument("--period", type=month)

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(charges_csv(programme_by_code(options["programme"]), options["period"]), ending="")
