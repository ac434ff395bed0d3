"""
The people of every test of pages, and a small programme that they see.

Import what a test needs; ``tests/conftest.py`` offers ``cast`` as a fixture.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from accounts.models import User
from funders.enums import FunderRole
from funders.models import Funder, FunderMember, Programme
from funders.rules.programme_file import read_programme
from funders.services import store_programme
from mhep.kernel.periods import Month
from outcomes.services.imports import import_outcomes
from participants.services import import_participants
from payments.services.months import close_month, price_month
from providers.enums import OperatorRole, ProviderRole
from providers.models import Investor, InvestorMember, Operator, OperatorMember, ProviderMember

PASSWORD = "correct horse battery staple"  # noqa: S105
AT = datetime(2026, 7, 3, 9, 30, tzinfo=UTC)
ISSUED_ON = date(2026, 7, 3)

# Ealing pays 60% of a job start's tariff within a small yearly cap; the foundation pays the balance.
PROGRAMME = b"""
programme:
  code: WL-IPS
  name: West London IPS
  currency: GBP
  starts_on: 2026-04-01
  ends_on: 2029-03-31
  operator: {code: MHEP, name: Health and Employment Partnership Ltd}
areas:
  - {code: EAL, name: Ealing}
  - {code: HRW, name: Harrow}
cohorts:
  - {code: SUD, name: Substance use}
providers:
  - {code: TWN, name: Example Provider CIO}
services:
  - {code: WL-1, provider: TWN, name: IPS West London North, areas: [EAL, HRW], starts_on: 2026-04-01}
outcomes:
  - {code: ENGAGED, name: Engagement, tariff: [{from: 2026-04-01, amount: "600.00"}]}
  - {code: JOB_START, name: Job start, tariff: [{from: 2026-04-01, amount: "1250.00"}]}
  - {code: SUSTAINED, name: Job sustained for 13 weeks, requires: JOB_START}
funders:
  - {code: EALING, name: London Borough of Ealing, kind: local}
  - {code: FOUND, name: Example Foundation, kind: philanthropic}
agreements:
  - ref: EALING-1
    funder: EALING
    po_number: PO-7781
    vat_rate: "20"
    caps: {total: "2000.00", financial_year: {2026: "1000.00"}, per_participant: "5000.00"}
    terms:
      - ref: job-start
        outcome: JOB_START
        price: {percent_of_tariff: "60"}
        areas: [EAL]
        clause: Schedule 4, 2.3
  - ref: FOUND-1
    funder: FOUND
    billing: quarterly
    terms:
      - {ref: job-balance, outcome: JOB_START, price: {balance: true}}
      - ref: sustained-16h
        outcome: SUSTAINED
        price: {bands: [{up_to: 1, amount: "0.00"}, {up_to: 10, amount: "400.00"}, {amount: "500.00"}]}
        hours_min: 16
        hours_below: 30
        max_count: 20
    fixed_fees:
      - {ref: set-up, description: Setting up, from: 2026-04, to: 2026-06, total: "1000.00"}
provider_contracts:
  - ref: TWN-1
    provider: TWN
    terms:
      - {ref: starts, outcome: JOB_START, price: {fixed: "900.00"}}
"""
PARTICIPANTS = b"""participant,service,area,cohort,referred_on,started_on,consented_on
P-001,WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06
P-002,WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06
P-003,WL-1,HRW,SUD,2026-04-02,2026-04-06,2026-04-06
"""
# April holds two job starts in Ealing (750.00, then the 250.00 that the year's cap leaves) and one in Harrow.
OUTCOMES = b"""\
event,participant,outcome,outcome_date,hours_per_week,job,evidence,submitted_on,verified_on,voided_on
E-001,P-001,JOB_START,2026-04-10,20,,payslip,2026-04-12,2026-04-14,
E-002,P-002,JOB_START,2026-04-11,37.5,,payslip,2026-04-12,2026-04-14,
E-003,P-003,JOB_START,2026-04-12,16,,payslip,2026-04-13,2026-04-20,
E-004,P-001,ENGAGED,2026-05-02,,,,2026-05-03,2026-05-04,
E-005,P-002,ENGAGED,2026-05-02,,,,2026-05-03,,
"""


@dataclass(frozen=True, slots=True)
class Cast:
    """One person for each way of seeing a programme, and the programme; April is closed on request."""

    programme: Programme
    analyst: User
    finance: User
    administrator: User
    auditor: User
    commissioner: User  # of Ealing
    other_commissioner: User  # of the foundation
    approver: User  # the finance approver of Ealing
    investor: User  # of an investor of the operator
    outsider: User  # an administrator of another operator
    specialist: User  # of the provider, with nobody on the caseload yet
    manager: User  # of the provider


def a_cast() -> Cast:
    """Store the programme, its participants and outcomes, and the people. Nothing is priced."""
    programme = _programme()
    other = Operator.objects.create(code="OTHER", name="Another operator")
    members = {
        role: _member(programme.operator, role, f"{role.lower()}@example.org") for role in OperatorRole
    }
    return Cast(
        programme=programme,
        analyst=members[OperatorRole.ANALYST],
        finance=members[OperatorRole.FINANCE],
        administrator=members[OperatorRole.ADMINISTRATOR],
        auditor=members[OperatorRole.AUDITOR],
        commissioner=_commissioner(programme, "EALING"),
        other_commissioner=_commissioner(programme, "FOUND"),
        approver=_commissioner(programme, "EALING", FunderRole.FINANCE_APPROVER),
        investor=_investor(programme.operator),
        outsider=_member(other, OperatorRole.ADMINISTRATOR, "outsider@example.org"),
        specialist=_worker(programme, ProviderRole.SPECIALIST),
        manager=_worker(programme, ProviderRole.MANAGER),
    )


def price(programme: Programme, month: str) -> None:
    price_month(programme_id=programme.pk, month=Month.parse(month), at=AT)


def close(programme: Programme, month: str, actor: User | None = None) -> None:
    close_month(programme_id=programme.pk, month=Month.parse(month), issued_on=ISSUED_ON, actor=actor, at=AT)


def _programme() -> Programme:
    outcome = read_programme(PROGRAMME)
    assert outcome.definition is not None, outcome.problems
    programme = store_programme(outcome.definition, at=AT)
    for import_file, content in ((import_participants, PARTICIPANTS), (import_outcomes, OUTCOMES)):
        report = import_file(programme_id=programme.pk, content=content, actor=None, at=AT)
        assert not report.rejections, report.rejections
    return programme


def _user(email: str, name: str) -> User:
    return User.objects.create_user(email, PASSWORD, name=name)


def _member(operator: Operator, role: OperatorRole, email: str) -> User:
    user = _user(email, f"Example {role.label}")
    OperatorMember.objects.create(operator=operator, user=user, role=role)
    return user


def _worker(programme: Programme, role: ProviderRole) -> User:
    user = _user(f"{role.lower()}@example.org", f"Example {role.label}")
    ProviderMember.objects.create(provider=programme.services.get().provider, user=user, role=role)
    return user


def _commissioner(programme: Programme, funder: str, role: FunderRole = FunderRole.COMMISSIONER) -> User:
    user = _user(f"{role.lower()}-{funder.lower()}@example.org", f"{role.label} of {funder}")
    place = Funder.objects.get(programme=programme, code=funder)
    FunderMember.objects.create(funder=place, user=user, role=role)
    return user


def _investor(operator: Operator) -> User:
    user = _user("investor@example.org", "Example Investor")
    investor = Investor.objects.create(operator=operator, code="LENDER", name="Example Social Investor")
    InvestorMember.objects.create(investor=investor, user=user)
    return user
