"""``manage.py export_documents PROGRAMME``"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from funders.access import programme_by_code
from mhep.shared.commands import PlainCommand
from payments.selectors.exports import documents_csv


class Command(PlainCommand):
    help = "Write every issued document as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("programme")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(documents_csv(programme_by_code(options["programme"])), ending="")
