"""``manage.py set_investor OPERATOR CODE NAME``: an investor whose people can be invited."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from mhep.shared.commands import PlainCommand
from providers.services.investors import set_investor


class Command(PlainCommand):
    help = (
        "Name an investor of an operator, or give it another name. Its people are invited on the page People."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("operator", help="the operator's code")
        parser.add_argument("code", help="the investor's code")
        parser.add_argument("name", help="what the investor is called")

    def handle(self, *args: Any, **options: Any) -> None:
        investor = set_investor(options["operator"], options["code"], options["name"], at=timezone.now())
        self.stdout.write(f"{investor.name} is an investor of {options['operator']}.")
