"""What stands in the database while pages are looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext

from accounts.enums import SignInWay
from accounts.models import IdentityProvider, Invitation, User
from accounts.services.invitations import VALID_FOR, hash_of
from accounts.services.sign_ins import WAY
from funders.enums import FunderRole
from funders.models import Agreement, FunderMember
from mhep.shared.models import Job, JobState
from outcomes.enums import Rule
from outcomes.models import OutcomeDraft, OutcomeEvent
from outcomes.services.evidence import Upload, add_evidence
from outcomes.services.imports import import_outcomes
from outcomes.services.sampling import Draw, draw_sample, record_finding
from outcomes.services.verification import query_event, reject_event
from participants.access import own_people
from participants.enums import ActivityKind, WorkKind
from participants.models import Participant
from participants.services import import_participants
from participants.services.support import Support, add_activity, set_goal, view_goal
from participants.services.transfers import Request, request_transfer
from participants.services.work import NewJob, begin_job
from payments.enums import AllocationKind, ExportFormat
from payments.models import Charge, Document, Statement
from payments.rules.booking.codes import ACCOUNT, Subject
from payments.selectors.charged import charged_to_funders
from payments.services.adjustments import About, approve_adjustment, propose_adjustment
from payments.services.allocations import Use, allocate
from payments.services.exports import undo_export
from payments.services.late_payment import charge_claim
from payments.services.requests import PRICE
from payments.services.self_billing import issue_self_billed
from payments.services.statements import answer_statement
from providers.models import Investor, InvestorMember, OperatorMember
from tests import cast as cast_module
from tests.accounts.phones import give_passkey, give_phone
from tests.cast import AT, PASSWORD, Cast, a_cast, close, price
from tests.investment.facilities import borrow
from tests.outcomes.drafts import draft_of, pdf
from tests.participants.people import another_service, referred, started
from tests.payments.bank import line_of, paying
from tests.payments.bank import take as pay_in
from tests.payments.booking import NOMINAL, a_code, export
from tests.payments.late import a_rate, proposed
from tests.payments.paying import paid
from tests.payments.self_billing import an_agreement
from tests.performance.planning import plan_in_versions
from tests.performance.reviewing import review

DRAFTS = ("sound", "wrong", "submitted")
NO_PORT = 9  # nothing listens there
SEVERAL = "several@example.org"  # who belongs to several organisations
TOKEN = "an-invitation"  # noqa: S105 - of somebody made up
MORE_PARTICIPANTS = b"""participant,service,area,cohort,referred_on,started_on,consented_on
P-004,WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06
"""
# A third job start in Ealing, for which the year's cap leaves nothing.
MORE_OUTCOMES = b"""\
event,participant,outcome,outcome_date,hours_per_week,job,evidence,submitted_on,verified_on,voided_on
E-006,P-004,JOB_START,2026-04-13,20,,payslip,2026-04-20,2026-04-21,
"""
# One sustained job is verified and paid nothing, by its band; the next waits and is clear.
WAITING_OUTCOMES = b"""\
event,participant,outcome,outcome_date,hours_per_week,job,evidence,submitted_on,verified_on,voided_on
E-007,P-003,SUSTAINED,2026-06-01,20,,payslip,2026-06-10,,
E-008,P-001,SUSTAINED,2026-06-01,20,,payslip,2026-06-10,2026-06-12,
E-009,P-003,ENGAGED,2026-06-02,,,payslip,2026-06-10,,
E-010,P-004,ENGAGED,2026-06-02,,,payslip,2026-06-10,,
"""
# The second job start turns out to be none after April was closed: May has a credit for it.
VOID_IN_MAY = re.compile(rb"^(E-002,.*),$", re.MULTILINE), rb"\1,2026-05-08"
# A name that pages have to make room for.
LONG_NAME = (
    b"Example Foundation",
    b"Royal Example Foundation for Housing and Communities in the North and East",
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A site and the people who use it."""

    site: str
    cast: Cast
    sessions: Mapping[int, str]  # a session's key for the key of each user

    @property
    def code(self) -> str:
        return self.cast.programme.code

    def address(self, view: str, *arguments: object) -> str:
        """Return the address of a view of the programme."""
        return self.site + reverse(view, args=[self.code, *arguments])

    def admit(self, context: BrowserContext, user: User) -> None:
        """Sign the user in, without the page that does it."""
        host = urlsplit(self.site).hostname or ""
        key = self.sessions[user.pk]
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": key, "domain": host, "path": "/"}]
        )


def set_the_stage(site: str, cast: Cast) -> Stage:
    """Add to the small programme an outcome that is charged nothing; April is open, nothing is priced."""
    for take, content in ((import_participants, MORE_PARTICIPANTS), (import_outcomes, MORE_OUTCOMES)):
        report = take(programme_id=cast.programme.pk, content=content, actor=None, at=AT)
        assert not report.rejections, report.rejections
    _help_somebody(cast)
    _log_outcomes(cast)
    _belong_to_several(cast)
    return Stage(site, cast, {user.pk: _session_of(user) for user in User.objects.all()})


def _belong_to_several(cast: Cast) -> None:
    """Add somebody who audits the operator and follows an investment."""
    user = User.objects.create_user(SEVERAL, PASSWORD, name="Example Several")
    OperatorMember.objects.create(operator=cast.programme.operator, user=user, role="AUDITOR")
    InvestorMember.objects.create(investor=Investor.objects.get(code="LENDER"), user=user)


def strike_the_stage(site: str, data: Path, programme: bytes | None) -> Iterator[Stage]:
    """
    Give what :func:`fill_the_stage` gives; afterwards the database is empty again.

    :param programme: its file, if not the usual one.
    """
    with override_settings(DATA_DIR=data, EVIDENCE_DIR=data / "evidence"):
        try:
            yield fill_the_stage(site, programme)
        finally:
            call_command("flush", verbosity=0, interactive=False)


def fill_the_stage(site: str, programme: bytes | None = None) -> Stage:
    """
    Make a programme with two closed months, a priced one, a credit note and a job in every state.

    :param programme: its file, if not the usual one.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cast_module, "PROGRAMME", programme or cast_module.PROGRAMME.replace(*LONG_NAME))
        pattern, voided = VOID_IN_MAY
        patch.setattr(cast_module, "OUTCOMES", pattern.sub(voided, cast_module.OUTCOMES))
        stage = set_the_stage(site, a_cast())
        give_phone(stage.cast.outsider)
        give_phone(stage.cast.other_commissioner)
        invite_somebody(stage.cast)
        set_up_an_organisation(stage.cast)
        give_passkey(stage.cast.other_commissioner, "Security key")
        close(stage.cast.programme, "2026-04", stage.cast.finance)
        let_funders_approve(stage.cast)
        borrow(stage.cast)
        review(stage.cast)
        plan_in_versions(stage.cast)
        paid(stage.cast.programme, stage.cast)
        book_the_month(stage.cast)
        _receive_money(stage.cast)
        _claim_for_late_payment(stage.cast)
        _bill_in_the_providers_place(stage.cast)
        _wait_for_a_verifier(stage.cast)
        _offer_somebody(stage.cast)
        price(stage.cast.programme, "2026-06")
        _ask_for_jobs(stage.cast)
        return stage


def let_funders_approve(cast: Cast) -> None:
    """
    Close May with statements: the council queried an adjustment, the foundation has yet to answer.

    Another adjustment waits to be approved.
    """
    agreements = Agreement.objects.filter(programme=cast.programme, direction="RECEIVABLE")
    agreements.update(approval_days=10, approval_silence="APPROVES", billing="MONTHLY")
    FunderMember.objects.filter(user=cast.other_commissioner).update(role=FunderRole.FINANCE_APPROVER)
    council = agreements.get(ref="EALING-1")
    for reason in ("Interpreters for May", "Venue for May"):
        adjustment = propose_adjustment(
            agreement=council, amount_minor=12_345, reason=reason, about=About(), actor=cast.analyst, at=AT
        )
        if reason.startswith("Interpreters"):
            approve_adjustment(adjustment_id=adjustment.pk, actor=cast.finance, at=AT)
    close(cast.programme, "2026-05")
    statement = Statement.objects.get(agreement=council)
    adjusted = Charge.objects.get(statement_lines__statement=statement, kind="ADJUSTMENT")
    answer_statement(
        statement_id=statement.pk,
        seen=statement.fingerprint,
        queries={adjusted.pk: "We were not asked before."},
        actor=cast.approver,
        at=AT,
    )


def book_the_month(cast: Cast) -> None:
    """Export the ledger as a journal, take that back, and export it again; VAT has no codes."""
    operator = cast.programme.operator
    for account, code in NOMINAL.items():
        a_code(operator, Subject(ACCOUNT, account=account), code)
    first = export(operator, ExportFormat.JOURNAL, actor=cast.finance)
    undo_export(batch_id=first.pk, reason="The accounts were closed", actor=cast.finance, at=AT)
    export(operator, ExportFormat.JOURNAL, actor=cast.finance)


def set_up_an_organisation(cast: Cast) -> None:
    """Let a funder have a sign-in of its own, which does not answer; one of its people came in through it."""
    member = cast.other_commissioner.funder_memberships.get()
    provider = IdentityProvider.objects.create(
        code="council",
        name="Example Foundation",
        kind="funder",
        place=member.funder_id,
        issuer=f"http://127.0.0.1:{NO_PORT}",
        client_id="mhep",
        client_secret="secret",  # noqa: S106 - of nobody
    )
    member.user.identities.create(
        provider=provider, issuer=provider.issuer, subject="1", connected_at=timezone.now()
    )


def invite_somebody(cast: Cast) -> None:
    """Invite somebody who has no account yet, with a token that the pages know."""
    at = timezone.now()
    Invitation.objects.create(
        email="newcomer@example.org",
        token_hash=hash_of(TOKEN),
        kind="operator",
        place=cast.programme.operator_id,
        role="ANALYST",
        invited_by=cast.administrator,
        invited_at=at,
        expires_at=at + VALID_FOR,
    )


def _log_outcomes(cast: Cast) -> None:
    """Begin three outcomes, in the order of ``DRAFTS``."""
    participant = Participant.objects.get(assignments__isnull=False)
    sound = draft_of(cast.specialist, participant, job="")
    upload = Upload(pdf(), "June payslip.pdf")
    add_evidence(draft_id=sound.pk, kind="payslip", upload=upload, actor=cast.specialist, at=AT)
    draft_of(cast.specialist, participant, happened_day="31", hours="lots")
    submitted = draft_of(cast.specialist, participant)
    OutcomeDraft.objects.filter(pk=submitted.pk).update(event=OutcomeEvent.objects.get(reference="E-005"))


def _help_somebody(cast: Cast) -> None:
    """Put somebody with a job, support and a goal on the specialist's caseload."""
    day = date(2026, 6, 19)
    by: dict[str, Any] = {"actor": cast.specialist, "at": AT}
    participant = started(cast.programme.services.get(), cast.specialist, name="Example Person")
    with own_people(cast.specialist):
        job = NewJob(WorkKind.WORK, "Example Kitchens", "Cook", "£12.60 an hour", day, Decimal(20))
        begin_job(participant=participant, job=job, **by)
        support = Support(ActivityKind.CONTACT, day, uuid4(), "Talked about mornings")
        add_activity(participant=participant, support=support, **by)
        goal = set_goal(participant=participant, text="Work in a kitchen", set_on=day, **by)
        view_goal(goal=goal, score=3, seen_on=day, **by)


def _offer_somebody(cast: Cast) -> None:
    """Let another provider ask the specialist's to take somebody over."""
    service = another_service(cast)
    participant = referred(service, cast.administrator, name="Example Other")
    wanted = Request(cast.programme.services.get(code="WL-1"), "Lives nearer to you now.", date(2026, 6, 19))
    request_transfer(participant=participant, wanted=wanted, actor=cast.administrator, at=AT)


def _receive_money(cast: Cast) -> None:
    """Import a statement with a payment for each kind of proposal, and one that nobody can place."""
    invoice = Document.objects.filter(kind="INVOICE", agreement__ref="EALING-1").earliest("number")
    pay_in(
        cast.programme,
        (f"PART PAYMENT {invoice.full_number}", 100_00),
        ("EALING ON ACCOUNT", 12_34),
        ("CHEQUE 000123 WITH A VERY LONG TEXT OF THE BANK THAT SAYS NOTHING ABOUT ANYBODY", 7_77),
        ("QUARTERLY ACCOUNT CHARGES", -9_00),
        (f"BACS {invoice.full_number}", 50_00),
        ("EALING IN ADVANCE", 80_00),
    )
    allocate([paying(line_of(f"BACS {invoice.full_number}"), invoice, 50_00)], actor=cast.finance, at=AT)
    advance = line_of("EALING IN ADVANCE").pk
    kept = Use(AllocationKind.ON_ACCOUNT, 80_00, line=advance, funder=invoice.agreement.funder_id)
    allocate([kept], actor=cast.finance, at=AT)


def _claim_for_late_payment(cast: Cast) -> None:
    """Charge the council for ten days of its first invoice, and propose to charge it for twenty more."""
    invoice = Document.objects.filter(kind="INVOICE", agreement__ref="EALING-1").earliest("number")
    a_rate(cast.programme)
    first = proposed(invoice, cast.analyst, on=invoice.due_on + timedelta(days=10))
    charge_claim(claim_id=first.pk, on=invoice.due_on, actor=cast.finance, at=AT)
    proposed(invoice, cast.analyst, on=invoice.due_on + timedelta(days=30))


def _bill_in_the_providers_place(cast: Cast) -> None:
    """Issue the provider's first invoice in its place; later remittances wait."""
    an_agreement(cast.programme, cast.finance)
    remittance = Document.objects.filter(kind="REMITTANCE").earliest("number")
    issue_self_billed(document_id=remittance.pk, actor=cast.finance, at=AT)


def _wait_for_a_verifier(cast: Cast) -> None:
    """Add what waits to be verified, and a sample audit with a finding."""
    report = import_outcomes(programme_id=cast.programme.pk, content=WAITING_OUTCOMES, actor=None, at=AT)
    assert not report.rejections, report.rejections
    queried, rejected = (OutcomeEvent.objects.get(reference=each) for each in ("E-009", "E-010"))
    query_event(
        event_id=queried.pk, about=Rule.EVIDENCE, question="Which employer?", actor=cast.analyst, at=AT
    )
    reject_event(
        event_id=rejected.pk,
        about=Rule.DATE,
        reason="The person started work a week later.",
        cure="Log it again with the day on the contract.",
        actor=cast.analyst,
        at=AT,
    )
    audit = draw_sample(
        programme_id=cast.programme.pk,
        wanted=Draw(date(2026, 4, 1), date(2026, 6, 30), 50, "dice 4 2 6"),
        amounts=charged_to_funders(cast.programme),
        actor=cast.finance,
        at=AT,
    )
    record_finding(
        sampled_id=audit.sampled.get(position=1).pk,
        is_agreed=False,
        finding="The payslip is of another person.",
        actor=cast.analyst,
        at=AT,
    )


def nil_decision() -> Charge:
    """Return the decision that charges nothing."""
    return Charge.objects.get(event__reference="E-006", agreement__ref="EALING-1")


def _session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    if user.email == "commissioner-found@example.org":
        session = client.session
        session[WAY] = SignInWay.ORGANISATION
        session.save()
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _ask_for_jobs(cast: Cast) -> None:
    for month, state in enumerate(JobState, start=7):
        finished = state in {JobState.DONE, JobState.FAILED}
        Job.objects.create(
            task=PRICE,
            subject=f"WL-IPS 2026-{month:02}",
            arguments={"programme_id": cast.programme.pk, "month": f"2026-{month:02}"},
            state=state,
            done=3,
            total=7,
            message="Making the documents",
            requested_by=cast.finance,
            requested_at=AT,
            finished_at=timezone.now() if finished else None,
        )
