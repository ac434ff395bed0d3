"""``manage.py who_saw PROGRAMME PERSON --since DAY --until DAY``: who looked at somebody's data."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from funders.access import programme_by_code
from mhep.shared.commands import PlainCommand, day
from mhep.shared.sheets import as_csv
from outcomes.selectors.readings import reading_sheet, readings_of
from participants.models import Participant


class Command(PlainCommand):
    help = "List as CSV who saw a person's name, contact details or evidence. Days are whole days in UTC."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("programme", help="the programme's code")
        parser.add_argument("person", help="the participant's reference")
        parser.add_argument("--since", type=day, help="the first day; without it from the beginning")
        parser.add_argument("--until", type=day, help="the last day; without it until today")

    def handle(self, *args: Any, **options: Any) -> None:
        programme = programme_by_code(options["programme"])
        participant = Participant.objects.filter(programme=programme, reference=options["person"]).first()
        if participant is None:
            self.refuse(f"There is no participant {options['person']} in {programme.code}.")
            return
        since = _start_of(options["since"] or programme.starts_on - timedelta(days=3660))
        until = _start_of((options["until"] or timezone.now().date()) + timedelta(days=1))
        sheet = reading_sheet(readings_of(participant, since, until))
        self.stdout.write(as_csv(sheet).decode("utf-8-sig").replace("\r\n", "\n"), ending="")


def _start_of(given: date) -> datetime:
    return datetime.combine(given, time(), UTC)
