"""``manage.py export_sustainment PROGRAMME --as-of YYYY-MM-DD``"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from funders.access import programme_by_code
from mhep.shared.commands import PlainCommand, day
from outcomes.selectors.sustainment import sustainment_csv


class Command(PlainCommand):
    help = "Write where everybody stands on the outcomes that come from periods of work, as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("programme", help="the programme's code")
        parser.add_argument("--as-of", type=day, required=True, help="the last day that is known")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(
            sustainment_csv(programme_by_code(options["programme"]), options["as_of"]), ending=""
        )
