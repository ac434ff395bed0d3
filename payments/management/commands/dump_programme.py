"""``manage.py dump_programme PROGRAMME``"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from funders.access import programme_by_code
from funders.rules.programme_file import write_programme
from funders.selectors import definition_of
from mhep.shared.commands import PlainCommand


class Command(PlainCommand):
    help = "Write a programme as its file; loading that file changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("programme", help="the programme's code")

    def handle(self, *args: Any, **options: Any) -> None:
        programme = programme_by_code(options["programme"])
        self.stdout.write(write_programme(definition_of(programme)), ending="")
