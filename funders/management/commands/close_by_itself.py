"""``manage.py close_by_itself PROGRAMME {on,off}``"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from funders.access import programme_by_code
from funders.services import set_closing_by_itself
from mhep.shared.commands import PlainCommand


class Command(PlainCommand):
    help = "Let the hourly job price and close each month of a programme once it has ended, or stop that."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("programme")
        parser.add_argument("state", choices=["on", "off"])

    def handle(self, *args: Any, **options: Any) -> None:
        programme = programme_by_code(options["programme"])
        by_itself = options["state"] == "on"
        set_closing_by_itself(programme_id=programme.pk, by_itself=by_itself, actor=None, at=timezone.now())
        verb = "closes its months by itself" if by_itself else "is closed by people"
        self.stdout.write(f"{programme.code} {verb} from now on.")
