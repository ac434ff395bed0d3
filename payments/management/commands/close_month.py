"""``manage.py close_month PROGRAMME YYYY-MM [--issued-on DATE]``"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from funders.access import programme_by_code
from mhep.shared.commands import PlainCommand, month
from payments.services.months import close_month


class Command(PlainCommand):
    help = "Issue a month's documents and close it for good."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("programme")
        parser.add_argument("month", type=month)
        parser.add_argument(
            "--issued-on", type=date.fromisoformat, help="the documents' date (default: today)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        programme = programme_by_code(options["programme"])
        at = timezone.now()
        closed = close_month(
            programme_id=programme.pk,
            month=options["month"],
            issued_on=options["issued_on"] or programme.local_date(at),
            actor=None,
            at=at,
        )
        self.stdout.write(f"{programme.code} {closed.period}: {closed.documents.count()} documents")
