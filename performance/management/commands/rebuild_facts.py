"""``manage.py rebuild_facts PROGRAMME``"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from funders.access import programme_by_code
from mhep.shared.commands import PlainCommand
from performance.services.facts import rebuild_facts


class Command(PlainCommand):
    help = "Count all month facts of a programme anew; those of closed months stay as they were frozen."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("programme", help="the programme's code")

    def handle(self, *args: Any, **options: Any) -> None:
        programme = programme_by_code(options["programme"])
        rebuild_facts(programme_id=programme.pk)
        self.stdout.write(f"{programme.code}: all month facts are counted anew.")
