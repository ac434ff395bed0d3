"""``manage.py catch_up PROGRAMME [--through YYYY-MM]``"""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from funders.access import programme_by_code
from mhep.shared.commands import PlainCommand, month
from payments.services.months import catch_up


class Command(PlainCommand):
    help = "Price and close, in order, every open month that has ended."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("programme")
        parser.add_argument(
            "--through", type=month, help="the last month to close (default: the last that ended)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        programme = programme_by_code(options["programme"])
        for closed in catch_up(
            programme_id=programme.pk, through=options["through"], actor=None, at=timezone.now()
        ):
            self.stdout.write(f"{programme.code} {closed.period}: {closed.documents.count()} documents")
