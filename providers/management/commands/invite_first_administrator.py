"""``manage.py invite_first_administrator --organisation CODE --email ADDRESS``: the first person's way in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.urls import reverse
from django.utils import timezone

from mhep.shared.commands import PlainCommand
from providers.services.first_administrator import invite_first_administrator


class Command(PlainCommand):
    help = (
        "Invite the first administrator of an operator. Prints a link that works once, for that address, "
        "within a week; it cannot be shown again. Refuses when the operator has an administrator."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", required=True, help="the operator's code")
        parser.add_argument("--email", required=True, help="whom to invite")
        parser.add_argument("--again", action="store_true", help="the link of an earlier invitation was lost")

    def handle(self, *args: Any, **options: Any) -> None:
        invitation, token = invite_first_administrator(
            operator=options["organisation"],
            email=options["email"],
            again=options["again"],
            at=timezone.now(),
        )
        page = reverse("accounts:invitation", args=[token])
        self.stdout.write(f"{settings.SITE_ADDRESS.rstrip('/')}{page}")
        self.stderr.write(
            f"Give this link to {invitation.email} by a safe way. It works once, until "
            f"{invitation.expires_at:%d %B %Y at %H:%M} UTC, and is not shown again."
        )
