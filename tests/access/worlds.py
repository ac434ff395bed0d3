"""Three worlds for the tests of access: one's own, one beside it in the programme, and a foreign one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.models import Invitation, User
from accounts.services.invitations import VALID_FOR
from accounts.services.tokens import Wanted
from funders.models import FunderMember, Programme, Service
from funders.rules.programme_file import read_programme
from funders.services import store_programme
from mhep.shared.models import Delivery, Job
from mhep.shared.webhooks.services import make_webhook
from outcomes.enums import EvidenceState
from outcomes.models import EvidenceFile, OutcomeEvent, SampleAudit
from outcomes.selectors.evidence import all_evidence
from outcomes.services.evidence import Upload, add_evidence
from outcomes.services.file_imports import Sender, Sent, receive_file
from outcomes.services.import_kinds import KINDS
from outcomes.services.imports import import_outcomes
from outcomes.services.sampling import Draw, draw_sample
from participants.models import Participant, TransferRequest
from participants.services import import_participants
from payments.enums import AllocationKind, ExportFormat
from payments.models import Adjustment, BankLine, Charge, Document, Journal, LineQuery, Statement
from payments.services.allocations import Use, allocate
from payments.services.late_payment import charge_claim
from payments.services.requests import PRICE
from payments.services.self_billing import issue_self_billed
from providers.enums import ProviderRole
from providers.models import Operator, OperatorMember, Provider, ProviderMember
from providers.services.tokens import make_token
from tests.access.planted import file_name, plant, reason
from tests.access.table import ROLES
from tests.cast import AT, OUTCOMES, PARTICIPANTS, PASSWORD, PROGRAMME, Cast, a_cast, close
from tests.investment.facilities import lent
from tests.outcomes.drafts import draft_of, pdf
from tests.participants.people import another_service, started
from tests.payments.approving import ask
from tests.payments.bank import line_of
from tests.payments.bank import take as pay_in
from tests.payments.booking import every_code, export
from tests.payments.late import a_rate, proposed
from tests.payments.paying import paid
from tests.payments.self_billing import an_agreement
from tests.performance.planning import planned_starts
from tests.performance.reviewing import agreed, reviewed, scored

FOREIGN = ((b"WL-IPS", b"FAR-IPS"), (b"code: MHEP", b"code: FAR"), (b"name:", b"name: Faraway"))
LOGGED = (
    *(f"outcomes:outcome-{page}" for page in ("detail", "answer", "again")),
    "outcomes:answer-keep",
)
API_OUTCOMES = ("payments-api:outcome-detail", "payments-api:outcome-decide")
PROFILE_PAGES = ("detail", "file", "draw-anew")
STATEMENT_PAGES = ("detail", "lines-file", "answer", "record")
DAYS = (date(2026, 4, 1), date(2026, 4, 30))


@dataclass(frozen=True, slots=True)
class World:
    """What the addresses name; ``drafts`` and ``tickets`` belong to the people who are named."""

    programme: Programme
    person: Participant
    event: int
    charge: int
    document: str
    audit: SampleAudit
    drafts: dict[str, tuple[UUID, UUID]]
    tickets: dict[str, UUID]
    job: UUID
    member: int
    api_token: int
    delivery: Delivery
    invitation: int
    transfer: int
    tag: str
    journal: int
    statement: int
    query: int
    adjustment: int
    bank_line: BankLine
    allocation: int
    late_claim: int
    late_invoice: str
    meeting: int
    action: int
    review: int
    booking_code: int
    profile: int

    def arguments(self, view: str, role: str) -> dict[str, object]:
        """Return a value for every argument that the view may have, as the role would give it."""
        token, key = self.drafts.get(role) or self.drafts["specialist"]
        keys = {
            "outcomes:event-detail": self.event,
            **dict.fromkeys(LOGGED, self.event),
            **dict.fromkeys(("payments:event-charges", *API_OUTCOMES, *EVENT_TRACES), self.event),
            **dict.fromkeys(("payments:charge-detail", "payments-api:charge-detail"), self.charge),
            "payments:sample-audit-detail": self.audit.pk,
            "payments:sampled-event": self.audit.pk,
            "payments:journal-detail": self.journal,
            **{f"payments:statement-{page}": self.statement for page in STATEMENT_PAGES},
            "payments-api:statement-detail": self.statement,
            "payments:line-query-settle": self.query,
            **{f"payments:adjustment-{page}": self.adjustment for page in ("detail", "decide")},
            **dict.fromkeys(BANK_PAGES, self.bank_line.account_id),
            **dict.fromkeys(BANK_LINE_PAGES, self.bank_line.pk),
            **dict.fromkeys(("payments:allocation-undo", "payments:on-account-spend"), self.allocation),
            **dict.fromkeys(CLAIM_PAGES, self.late_claim),
            **{f"performance:{page}": self.meeting for page in ("review-detail", "review-hold")},
            **{f"performance:{page}": self.meeting for page in ("note-new", "action-new")},
            "performance:action-detail": self.action,
            **dict.fromkeys(("performance:fidelity-detail", "performance:fidelity-correct"), self.review),
            "payments:booking-code-withdraw": self.booking_code,
            **{f"performance:profile-{page}": self.profile for page in PROFILE_PAGES},
            "providers:person": self.member,
            "participants:transfer-decide": self.transfer,
            "providers:withdraw": self.invitation,
            "providers:token-revoke": self.api_token,
            **dict.fromkeys(
                ("providers:webhook-detail", "providers:delivery-replay"), self.delivery.webhook_id
            ),
            "accounts:end-sign-in": 0,
            "accounts:second-step-remove": 0,
        }
        is_verification = view.startswith(("payments:verification", "payments:void"))
        at_operator = view.startswith("providers:")
        return {
            "code": self.programme.operator.code if at_operator else self.programme.code,
            "pk": self.event if is_verification else keys.get(view, self.person.pk),
            "position": 1,
            "delivery": self.delivery.pk,
            "token": token,
            "key": key,
            "kind": "operator" if at_operator else "participants",
            "ticket": self.tickets.get(role) or self.tickets["administrator"],
            "month": "2026-06",
            "direction": "receivable",
            "ref": "EALING-1",
            "number": self._number(view),
            "form": "csv",
            "job_id": self.job,
            "change": "activity",
            "facility": f"{self.programme.code}-LOAN",
            "part": "journal" if view.startswith("payments:export") else "movements",
            "batch": f"{self.programme.code}-PAY-0001",
            "provider": "TWN",
            "account": "receivables",
            "funder": "EALING",
            "metric": "job-starts",
        }

    def _number(self, view: str) -> str:
        """Return the number of what the view shows: an export, an invoice of some kind, or any document."""
        if view.startswith("payments:export"):
            return "EXP-0001"
        if view == "payments:self-billed-invoice":
            return "SBI-000001"
        return self.late_invoice if view in LATE_PAGES else self.document


@dataclass(frozen=True, slots=True)
class Worlds:
    """The people of the first world, and what is theirs and what is not."""

    cast: Cast
    people: dict[str, User]
    own: World
    beside: World
    foreign: World


def three_worlds() -> Worlds:
    """Store three worlds with closed months, documents, drafts, evidence, audits, jobs and tickets."""
    cast = a_cast()
    people = {name: getattr(cast, name) for name in ROLES.values() if name != "nobody"}
    people["nobody"] = User.objects.create_user("nobody@example.org", PASSWORD, name="Example Nobody")
    close(cast.programme, "2026-04")
    foreign = _foreign()
    close(foreign, "2026-04")
    others = _staff_of(foreign)
    ask(cast.programme, proposed_by=cast.analyst, approved_by=cast.finance)
    ask(foreign, proposed_by=others["specialist"], approved_by=others["administrator"])
    rival_service = another_service(cast)
    rival = User.objects.create_user("rival@example.org", PASSWORD, name="Example Rival")
    ProviderMember.objects.create(provider=rival_service.provider, user=rival, role="SPECIALIST")
    ours = started(cast.programme.services.get(code="WL-1"), cast.specialist, name="Canary Ours")
    beside = started(rival_service, rival, name="Canary Beside")
    theirs = started(foreign.services.get(), others["specialist"], name="Canary Foreign")
    elsewhere = replace(
        cast, programme=foreign, finance=others["finance"], administrator=others["administrator"]
    )
    for staff in (cast, elsewhere):
        programme = staff.programme
        lent(programme, staff.finance)
        paid(programme, staff)
        every_code(programme.operator)
        export(programme.operator, ExportFormat.JOURNAL)
        an_agreement(programme, staff.finance)
        remittance = Document.objects.filter(agreement__programme=programme, kind="REMITTANCE").earliest("pk")
        issue_self_billed(document_id=remittance.pk, actor=staff.finance, at=AT)
    return Worlds(
        cast,
        people,
        _world(cast.programme, ours, people, ("ours", "EALING")),
        _world(
            cast.programme,
            beside,
            {"administrator": people["administrator"], "specialist": rival},
            ("beside", "FOUND"),
        ),
        _world(foreign, theirs, others, ("foreign", "EALING")),
    )


def _foreign() -> Programme:
    content = PROGRAMME
    for old, new in FOREIGN:
        content = content.replace(old, new)
    definition = read_programme(content).definition
    assert definition is not None
    programme = store_programme(definition, at=AT)
    for take, rows in ((import_participants, PARTICIPANTS), (import_outcomes, OUTCOMES)):
        assert not take(programme_id=programme.pk, content=rows, actor=None, at=AT).rejections
    return programme


def _staff_of(programme: Programme) -> dict[str, User]:
    """Return an administrator, finance, a specialist and a commissioner of the foreign programme."""
    people = {
        name: User.objects.create_user(f"foreign-{name}@example.org", PASSWORD, name=f"Foreign {name}")
        for name in ("administrator", "finance", "specialist", "commissioner")
    }
    operator = Operator.objects.get(pk=programme.operator_id)
    OperatorMember.objects.create(operator=operator, user=people["administrator"], role="ADMINISTRATOR")
    OperatorMember.objects.create(operator=operator, user=people["finance"], role="FINANCE")
    provider = programme.services.get().provider
    ProviderMember.objects.create(provider=provider, user=people["specialist"], role="SPECIALIST")
    FunderMember.objects.create(funder=programme.funders.get(code="EALING"), user=people["commissioner"])
    return people


def _world(
    programme: Programme, person: Participant, people: dict[str, User], named: tuple[str, str]
) -> World:
    tag, funder = named
    documents = Document.objects.filter(agreement__programme=programme)
    charges = Charge.objects.filter(agreement__programme=programme, agreement__funder__code=funder)
    mine = documents.filter(agreement__funder__code=funder).first()
    charge = charges.first()
    payable = documents.filter(agreement__direction="PAYABLE").first()
    assert charge is not None
    assert payable is not None
    event = OutcomeEvent.objects.get(programme=programme, reference="E-001")
    job = Job.objects.create(
        task=PRICE,
        subject=f"{programme.code} {funder}",
        arguments={"programme_id": programme.pk, "month": "2026-06"},
        requested_at=AT,
    )
    line = _a_payment(programme, funder)
    at = timezone.now()
    invitation = Invitation.objects.create(
        email=f"{programme.code}-{funder}@example.org".lower(),
        token_hash=f"{programme.code}{funder}",
        kind="operator",
        place=programme.operator_id,
        role="ANALYST",
        invited_by=people["administrator"],
        invited_at=at,
        expires_at=at + VALID_FOR,
    )
    plant(person, tag, people["specialist"], AT)
    _prove(event, people["specialist"], person, tag)
    return World(
        programme=programme,
        person=person,
        event=event.pk,
        charge=charge.pk,
        document=(mine or payable).full_number,
        audit=_audit(programme, funder, people["administrator"]),
        # Beside, the administrator is the same person as here: a draft of theirs would be no other's.
        drafts={
            name: _draft(user, person, tag)
            for name, user in people.items()
            if name in CLAIMANTS and (tag != "beside" or name == "specialist")
        },
        tickets={name: _sent(user, programme) for name, user in people.items() if name in SENDERS},
        job=job.pk,
        member=OperatorMember.objects.filter(operator=programme.operator_id).order_by("pk")[0].pk,
        invitation=invitation.pk,
        api_token=_token(programme, people["administrator"]),
        delivery=_delivery(programme, people["administrator"]),
        transfer=_transfer(person, people["specialist"], tag),
        tag=tag,
        **dict[str, Any](_asked(programme, funder)),
        journal=Journal.objects.filter(programme=programme).latest("pk").pk,
        bank_line=line,
        allocation=line.allocations.get().pk,
        **_late(programme, funder, people),
        **dict[str, Any](_in_review(programme, person.service, people["administrator"])),
        booking_code=programme.operator.booking_codes.filter(account="BANK").latest("pk").pk,
    )


def _token(programme: Programme, actor: User) -> int:
    """Return the key of a token of the programme's operator."""
    wanted = Wanted(
        f"{programme.code} ledger", "operator", programme.operator_id, "FINANCE", ["charges:read"], 30
    )
    token, _ = make_token(programme.operator, wanted, actor=actor, at=timezone.now())
    return token.pk


def _delivery(programme: Programme, actor: User) -> Delivery:
    """Return something that a webhook of the programme's operator was told."""
    at = timezone.now()
    webhook = make_webhook(
        kind="operator",
        place=programme.operator_id,
        url="https://hooks.example.org/",
        types=["document.issued"],
        made_by_id=actor.pk,
        at=at,
    )
    return Delivery.objects.create(
        webhook=webhook,
        source="payments.documents",
        row_key=1,
        type="document.issued",
        programme=programme.code,
        path="/api/v1/programmes",
        happened_at=at,
        due_at=at,
        state="FAILED",
    )


def _asked(programme: Programme, funder: str) -> dict[str, Any]:
    """Return the funder's open statement, its query and an adjustment that waits."""
    agreement = programme.agreements.get(funder__code=funder)
    return {
        "statement": Statement.objects.get(agreement=agreement, state="SENT").pk,
        "query": LineQuery.objects.get(charge__agreement=agreement, settlement="").pk,
        "adjustment": Adjustment.objects.get(agreement=agreement, state="PROPOSED").pk,
    }


LATE_PAGES = {"payments:late-invoice", "payments:late-claim-propose", "payments:late-claim-waive"}
CLAIM_PAGES = [f"payments:late-claim{page}" for page in ("", "-file", "-decide", "-withdraw")]


def _late(programme: Programme, funder: str, people: dict[str, User]) -> dict[str, Any]:
    """Return a claim that the funder was charged, and the number of the invoice that it is about."""
    invoices = Document.objects.filter(agreement__programme=programme, agreement__funder__code=funder)
    invoice = invoices.filter(kind="INVOICE").order_by("pk")[0]
    if not programme.operator.reference_rates.exists():
        a_rate(programme)
    claim = proposed(invoice, people["specialist"], on=invoice.due_on + timedelta(days=30))
    charge_claim(claim_id=claim.pk, on=invoice.due_on, actor=people["administrator"], at=AT)
    return {"late_claim": claim.pk, "late_invoice": invoice.full_number}


def _in_review(programme: Programme, service: Service, actor: User) -> dict[str, int]:
    """Return a contract review that was held, an action about the service, and its fidelity review."""
    meeting = reviewed(programme, actor)
    return {
        "meeting": meeting.pk,
        "action": agreed(meeting, actor, service).pk,
        "review": scored(service, actor).pk,
        "profile": planned_starts(programme, actor).pk,
    }


EVENT_TRACES = ("payments:event-trace", "payments:event-trace-file")
BANK_LINE_PAGES = [
    f"payments:{page}" for page in ("bank-line", "bank-line-allocate", "line-trace", "line-trace-file")
]
BANK_PAGES = [
    f"payments:bank-{page}"
    for page in ("account", "import", "columns", "confirm", "lines-file", "demo-statement")
]


def _a_payment(programme: Programme, funder: str) -> BankLine:
    """Return a payment of which a part is kept on the funder's account."""
    pay_in(programme, (f"{programme.code} {funder}", 100))
    line = line_of(f"{programme.code} {funder}")
    kept = programme.funders.get(code=funder).pk
    allocate([Use(AllocationKind.ON_ACCOUNT, 40, line=line.pk, funder=kept)], actor=None, at=AT)
    return line


SENDERS = ("manager", "analyst", "finance", "administrator")


def _transfer(person: Participant, actor: User, tag: str) -> int:
    """
    Return the key of a request to take over somebody else into the service that helps the person.

    Where there is one service only, the person is asked over into another one.
    """
    others = Participant.objects.filter(programme=person.programme, transfer_requests=None)
    other = others.exclude(service=person.service).order_by("-pk").first()
    request = TransferRequest.objects.create(
        participant=other or person,
        from_service=(other or person).service,
        to_service=person.service if other else _second_service(person.service),
        reason=reason(tag),
        agreed_on=DAYS[0],
        asked_by=actor,
        asked_at=AT,
    )
    return request.pk


def _second_service(service: Service) -> Service:
    return Service.objects.create(
        programme=service.programme,
        provider=service.provider,
        code="WL-9",
        name="Faraway service",
        starts_on=service.starts_on,
        position=service.position + 1,
    )


CLAIMANTS = ("specialist", "manager", "analyst", "finance", "administrator")


def _audit(programme: Programme, seed: str, actor: User) -> SampleAudit:
    wanted = Draw(*DAYS, 100, seed)
    return draw_sample(programme_id=programme.pk, wanted=wanted, amounts={}, actor=actor, at=AT)


def _sent(user: User, programme: Programme) -> UUID:
    """Return the key of a file that the person sent and that waits to be confirmed."""
    managed = Provider.objects.filter(members__user=user, members__role=ProviderRole.MANAGER)
    sender = Sender(user, programme, managed.first())
    return receive_file(
        sender=sender, kind=KINDS["participants"], sent=Sent("people.csv", PARTICIPANTS), at=timezone.now()
    ).key


def _prove(event: OutcomeEvent, author: User, person: Participant, tag: str) -> None:
    """Let a file of the world stand under the event that its pages show."""
    _, key = _draft(author, person, tag)
    with all_evidence():
        EvidenceFile.objects.filter(key=key).update(event=event)


def _draft(author: User, person: Participant, tag: str) -> tuple[UUID, UUID]:
    """Return the token of a draft and the key of a piece of evidence on it that was found clean."""
    draft: Any = draft_of(author, person)
    upload = Upload(pdf(uuid4().bytes.hex().encode()), file_name(tag))
    file = add_evidence(draft_id=draft.pk, kind="payslip", upload=upload, actor=author, at=AT)
    with all_evidence():
        EvidenceFile.objects.filter(pk=file.pk).update(state=EvidenceState.CLEAN, scanned_at=AT)
    return draft.token, file.key
