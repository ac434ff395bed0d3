"""``manage.py price_month PROGRAMME YYYY-MM``"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from funders.access import programme_by_code
from mhep.shared.commands import PlainCommand, month
from payments.services.months import price_month


class Command(PlainCommand):
    help = "Price an open month, or price it again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("programme")
        parser.add_argument("month", type=month)

    def handle(self, *args: Any, **options: Any) -> None:
        programme = programme_by_code(options["programme"])
        priced = price_month(programme_id=programme.pk, month=options["month"], at=timezone.now())
        self.stdout.write(f"{programme.code} {options['month']}: {priced.charges.count()} decisions")
