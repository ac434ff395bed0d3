"""``manage.py load_demo [--sign-ins]``: the demo programme and one sign-in for each role."""

from __future__ import annotations

import secrets
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from funders.enums import FunderRole
from funders.models import Funder, FunderMember, Programme
from mhep.shared.commands import PlainCommand
from outcomes.services.imports import import_outcomes
from participants.management.demo_caseload import load_caseload
from participants.services import import_participants
from payments.enums import ReferenceSeries
from payments.management.demo_codes import enter_codes
from payments.management.demo_history import FIRST_OPEN, Team, load_history
from payments.models import ReferenceRate
from payments.rules.late_payment import HalfYear
from payments.services.programme_file import load_programme
from payments.services.reference_rates import NewRate, enter_rate
from providers.enums import OperatorRole, ProviderRole
from providers.models import Investor, InvestorMember, Operator, OperatorMember, ProviderMember

CODE = "WL-IPS"
FILES = Path(settings.BASE_DIR) / "demo"
PEOPLE = {
    OperatorRole.ANALYST: "Ana Analyst (demo)",
    OperatorRole.FINANCE: "Finn Finance (demo)",
    OperatorRole.ADMINISTRATOR: "Ada Administrator (demo)",
    OperatorRole.AUDITOR: "Otto Auditor (demo)",
}
STAFF = {
    ProviderRole.SPECIALIST: "Sam Specialist (demo)",
    ProviderRole.MANAGER: "Max Manager (demo)",
}
APPROVER = FunderRole.FINANCE_APPROVER
# Funder, role, address, name; each agreement that is approved first has its approver.
FUNDERS_PEOPLE = (
    ("LB-EAL", FunderRole.COMMISSIONER, "commissioner@demo.example", "Coco Commissioner (demo)"),
    ("LB-EAL", APPROVER, "finance-approver@demo.example", "Fay Approver (demo)"),
    ("LCF", APPROVER, "approver-lcf@demo.example", "Lou Approver (demo)"),
    ("CCG-EAL", APPROVER, "approver-ccg-eal@demo.example", "Elo Approver (demo)"),
    ("CCG-HRW", APPROVER, "approver-ccg-hrw@demo.example", "Hal Approver (demo)"),
)
INVESTOR = ("investor@demo.example", "Ines Investor (demo)")
DEMO_RATE = Decimal(4)  # per cent a year, of no bank
# What invoices say about the operator. Of these numbers nobody has one.
SELLER = {
    "legal_name": "Health and Employment Partnership (demo)",
    "address": "1 Example Street\nLondon\nZZ1 1ZZ",
    "country": "GB",
    "vat_number": "GB999999973",
    "registration_number": "00000000",
    "e_address_scheme": "0088",
    "e_address_id": "9999000009995",
    "iban": "GB33BUKB20201555555555",
    "bic": "BUKBGB22",
    "bank_details": """\
Account name: Health and Employment Partnership
Bank: Example Bank
Sort code: 00-00-00
Account number: 00000000""",
}


class Command(PlainCommand):
    help = "Load the demo programme once, and print one sign-in for each role."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sign-ins", action="store_true", help="only print the sign-ins")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            self.refuse("The demo is for trying things out; these settings are for real data.")
        if not options["sign_ins"]:
            self._load()
        self._print_sign_ins()

    def _load(self) -> None:
        """Load whatever is not there yet: started again after a crash, it goes on where it stopped."""
        programme = Programme.objects.filter(code=CODE).first()
        if programme is None:
            programme = self._load_files()
        _make_people(programme)
        specialist = User.objects.get(email=_email(ProviderRole.SPECIALIST))
        load_caseload(programme, specialist, FILES / "caseload.csv", timezone.now())
        members = OperatorMember.objects.filter(operator=programme.operator).select_related("user")
        team = Team(
            members.get(role=OperatorRole.FINANCE).user, members.get(role=OperatorRole.ADMINISTRATOR).user
        )
        for month in load_history(programme, team):
            if month.number == 12 or month + 1 == FIRST_OPEN:
                self.stdout.write(f"  every month through {month} is priced, closed and booked")
        _enter_rates(programme)
        enter_codes(programme, timezone.now())

    @transaction.atomic
    def _load_files(self) -> Programme:
        at = timezone.now()
        loaded = load_programme((FILES / "programme.yaml").read_bytes(), actor=None, at=at)
        programme = loaded.programme
        Operator.objects.filter(pk=programme.operator_id).update(**SELLER)
        for name, import_file in (("participants", import_participants), ("outcomes", import_outcomes)):
            report = import_file(
                programme_id=programme.pk,
                content=(FILES / f"{name}.csv").read_bytes(),
                actor=None,
                at=at,
            )
            self.stdout.write(f"  {name}: {report.summary()}")
        return programme

    def _print_sign_ins(self) -> None:
        self.stdout.write("\nSign in with one of these; the password is the same for all:\n")
        roles: tuple[OperatorRole | ProviderRole, ...] = (*PEOPLE, *STAFF)
        shown = [(role.label, _email(role)) for role in roles]
        shown += [(f"{role.label} ({funder})", email) for funder, role, email, _ in FUNDERS_PEOPLE]
        for role, email in (*shown, ("Investor", INVESTOR[0])):
            self.stdout.write(f"  {role:<36} {email}")
        self.stdout.write(f"  {'Password':<36} {_password()}")


def _enter_rates(programme: Programme) -> None:
    """Enter a made-up base rate for every half-year through the next, which says that it is synthetic."""
    if ReferenceRate.objects.filter(operator=programme.operator).exists():
        return
    at = timezone.now()
    for year in range(programme.starts_on.year, at.year + 2):
        for half in (1, 2):
            rate = NewRate(ReferenceSeries.BOE, HalfYear(year, half), DEMO_RATE, "Demo", is_synthetic=True)
            enter_rate(operator=programme.operator, rate=rate, actor=None, at=at)


def _make_people(programme: Programme) -> None:
    password = _password()
    for role, name in PEOPLE.items():
        user = _person(_email(role), name, password)
        OperatorMember.objects.get_or_create(operator=programme.operator, user=user, defaults={"role": role})
    provider = programme.services.get().provider
    for position, name in STAFF.items():
        user = _person(_email(position), name, password)
        ProviderMember.objects.get_or_create(provider=provider, user=user, defaults={"role": position})
    for code, seat, email, name in FUNDERS_PEOPLE:
        funder = Funder.objects.get(programme=programme, code=code)
        user = _person(email, name, password)
        FunderMember.objects.get_or_create(funder=funder, user=user, defaults={"role": seat})
    investor, _ = Investor.objects.get_or_create(
        operator=programme.operator, code="EXAMPLE", defaults={"name": "Example Social Investor"}
    )
    InvestorMember.objects.get_or_create(investor=investor, user=_person(*INVESTOR, password))


def _person(email: str, name: str, password: str) -> User:
    user = User.objects.filter(email=email).first()
    return user or User.objects.create_user(email, password, name=name)


def _email(role: OperatorRole | ProviderRole) -> str:
    return f"{role.value.lower().replace('_', '-')}@demo.example"


def _password() -> str:
    """Return this installation's demo password, made at random the first time: no default account exists."""
    file = Path(settings.DATA_DIR) / "demo-password"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text("-".join(secrets.token_hex(3) for _ in range(3)))
    return file.read_text()
