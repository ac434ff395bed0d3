"""``manage.py set_identity_provider CODE ...``: an organisation's own sign-in."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import transaction

from accounts.models import IdentityProvider
from accounts.services.identities import make_sole
from accounts.services.memberships import memberships
from mhep.shared.commands import PlainCommand


class Command(PlainCommand):
    help = "Set up an organisation's own sign-in (OpenID Connect). The client's secret is read from stdin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="what it is called in addresses: letters, digits and hyphens")
        parser.add_argument("--name", required=True, help="what people know the organisation by")
        parser.add_argument("--kind", required=True, choices=sorted(settings.MEMBERSHIPS))
        parser.add_argument(
            "--place",
            required=True,
            help="OPERATOR, OPERATOR/PROVIDER, PROGRAMME/FUNDER or OPERATOR/INVESTOR",
        )
        parser.add_argument("--issuer", required=True, help="exactly as the provider calls itself")
        parser.add_argument("--client-id", required=True)
        parser.add_argument("--acr", default="", help="the levels of assurance that are enough")
        parser.add_argument("--sole", action="store_true", help="its people sign in nowhere else")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        place = memberships(options["kind"]).place_named(options["place"])
        secret = sys.stdin.readline().strip()
        if not secret:
            self.refuse("Give the client's secret on standard input.")
        provider, _ = IdentityProvider.objects.update_or_create(
            code=options["code"],
            defaults={
                "name": options["name"],
                "kind": options["kind"],
                "place": place,
                "issuer": options["issuer"],
                "client_id": options["client_id"],
                "client_secret": secret,
                "required_acr": options["acr"],
            },
        )
        ended = make_sole(provider, is_sole=options["sole"])
        self.stdout.write(f"{provider.name} is set up; {ended} people were signed out.")
