"""
Late payment: what is owed by statute is proposed, and charged or waived by people (ADR 0027).

Each change locks the invoice's balance first, as whoever settles it does; so a claim is made and charged
from what was paid by then.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from audit.services import acting, record
from mhep.kernel.money import to_major
from mhep.kernel.problems import BusinessRuleError
from payments.enums import Account, JournalKind, LateClaimState
from payments.models import Document, DocumentBalance, LateClaim
from payments.rules.late_payment import (
    Debt,
    Proposal,
    propose,
    regime_of,
    working_of,
)
from payments.rules.ledger import Entry
from payments.selectors.late_debts import country_of, debts_of, rates_of
from payments.services.allocations import claims_to_pay
from payments.services.ledger import NewJournal, post, reverse
from providers.models import Operator


class CannotClaim(BusinessRuleError):
    pass


def propose_claim(*, document_id: int, reason: str, on: date, actor: User, at: datetime) -> LateClaim:
    """
    Propose to charge what is owed for an invoice's late payment through ``on``; a second person decides.

    :raises CannotClaim: if nothing is owed, or a claim about its days waits or was waived.
    :raises MissingRate, UnknownRegime: if it cannot be worked out.
    """
    with transaction.atomic():
        document = _locked(document_id)
        debt, proposal = _worked_out(document, on)
        if not proposal.total_minor:
            raise CannotClaim(f"Nothing is owed for the late payment of {document.full_number}.")
        return _create(LateClaimState.PROPOSED, (document, debt, proposal), reason.strip(), actor, at)


def waive_claim(*, document_id: int, reason: str, on: date, actor: User, at: datetime) -> LateClaim:
    """
    Waive what is owed for an invoice's late payment, for good and with a reason.

    Days to come are waived too; what was charged for earlier days stays.

    :raises CannotClaim: if it has no reason, or a claim waits or was waived.
    :raises MissingRate, UnknownRegime: if it cannot be worked out.
    """
    if not reason.strip():
        raise CannotClaim("Write why it is waived.")
    with transaction.atomic():
        document = _locked(document_id)
        debt, proposal = _worked_out(document, on)
        return _create(LateClaimState.WAIVED, (document, debt, proposal), reason.strip(), actor, at)


@transaction.atomic
def charge_claim(*, claim_id: int, on: date, actor: User, at: datetime) -> LateClaim:
    """
    Charge somebody else's proposal: it gets the next number and its entry in the ledger, dated ``on``.

    :raises CannotClaim: if it is decided already, the person proposed it, or what was paid or credited since
        gives other figures.
    """
    claim = _locked_claim(claim_id, LateClaimState.PROPOSED)
    if claim.proposed_by_id == actor.pk:
        raise CannotClaim("You proposed this claim. Ask somebody else to charge it.")
    debt, proposal = _worked_out(claim.document, claim.through or on, leaving_out=claim)
    if working_of(debt, proposal) != claim.working:
        raise CannotClaim(
            "What was paid or credited has changed since it was proposed. Refuse it and propose it anew."
        )
    Operator.objects.select_for_update().get(pk=claim.operator_id)
    last = LateClaim.objects.filter(operator=claim.operator_id).aggregate(Max("number"))["number__max"]
    agreement = claim.document.agreement
    journal = NewJournal(
        operator_id=claim.operator_id,
        programme_id=agreement.programme_id,
        kind=JournalKind.LATE_CLAIM,
        dated_on=on,
        currency=claim.currency,
        entries=(
            Entry(Account.LATE_CLAIMS, claim.total_minor, funder=agreement.funder_id),
            Entry(Account.LATE_INCOME, -claim.total_minor, funder=agreement.funder_id),
        ),
    )
    claim.number, claim.charged_on = (last or 0) + 1, on
    claim.journal_id = post(journal, actor=actor, at=at)
    _decide(claim, LateClaimState.CHARGED, "", actor, at)
    return claim


@transaction.atomic
def refuse_claim(*, claim_id: int, reason: str, actor: User, at: datetime) -> LateClaim:
    """
    Refuse a proposal, or take back one's own, with a reason. It can be proposed again.

    :raises CannotClaim: if it is decided already, or the reason is empty.
    """
    if not reason.strip():
        raise CannotClaim("Write why it is not charged.")
    claim = _locked_claim(claim_id, LateClaimState.PROPOSED)
    _decide(claim, LateClaimState.REFUSED, reason.strip(), actor, at)
    return claim


@transaction.atomic
def withdraw_claim(*, claim_id: int, reason: str, on: date, actor: User, at: datetime) -> LateClaim:
    """
    Withdraw what was charged or waived, with a reason; a charge is reversed in the ledger, dated ``on``.

    Its number stays. Its days can be claimed again.

    :raises CannotClaim: if it is neither, something was paid for it, or the reason is empty.
    """
    if not reason.strip():
        raise CannotClaim("Write why it is withdrawn.")
    claim = _locked_claim(claim_id, LateClaimState.CHARGED, LateClaimState.WAIVED)
    if paid := claim.paid_minor:
        raise CannotClaim(f"{to_major(paid)} was paid for {claim.ref}. Undo that allocation first.")
    later = LateClaim.objects.live().filter(document=claim.document, since__gt=claim.since)
    if later.exists():
        raise CannotClaim("A later claim about the same invoice builds on this one. Withdraw that first.")
    claim.state, claim.withdrawal_reason = LateClaimState.WITHDRAWN, reason.strip()
    claim.withdrawn_by, claim.withdrawn_at = actor, at
    if claim.journal_id is not None and claim.charged_on is not None:
        dated_on = max(on, claim.charged_on)
        reverse(claim.journal_id, dated_on=dated_on, note=claim.withdrawal_reason, actor=actor, at=at)
    with acting(actor, reason=claim.withdrawal_reason):
        claim.save(update_fields=["state", "withdrawal_reason", "withdrawn_by", "withdrawn_at"])
    _record(claim, "withdrawn", actor, at)
    return claim


def _locked(document_id: int) -> Document:
    DocumentBalance.objects.select_for_update().get(pk=document_id)
    about = ("agreement__funder__buyer_facts", "agreement__programme", "operator")
    return Document.objects.select_related(*about).get(pk=document_id)


def _locked_claim(claim_id: int, *states: LateClaimState) -> LateClaim:
    """
    Return a claim, locked after its invoice.

    :raises CannotClaim: if it is in none of these states any more.
    """
    document = _locked(LateClaim.objects.values_list("document_id", flat=True).get(pk=claim_id))
    claim = claims_to_pay([claim_id])[claim_id]
    claim.document = document
    if claim.state not in states:
        raise CannotClaim("This claim was decided already. Nothing was changed.")
    return claim


def _worked_out(
    document: Document, through: date, *, leaving_out: LateClaim | None = None
) -> tuple[Debt, Proposal]:
    """Return the invoice as a debt, and what may be claimed after the claims that it has already."""
    claims = LateClaim.objects.live().filter(document=document)
    if leaving_out is not None:
        claims = claims.exclude(pk=leaving_out.pk)
    ends: list[date] = []
    for state, end in claims.values_list("state", "through"):
        if state == LateClaimState.PROPOSED:
            raise CannotClaim("A claim about this invoice waits for a second person. Decide that first.")
        if end is None:
            raise CannotClaim(f"The late payment of {document.full_number} was waived.")
        ends.append(end)
    regime = regime_of(country_of(document), document.currency)
    debt = debts_of([document])[document.pk]
    claimed = max(ends, default=None)
    rates = rates_of(document.operator).get(regime.series, {})
    return debt, propose(debt, regime, rates, through=through, claimed_through=claimed)


def _create(
    state: LateClaimState, about: tuple[Document, Debt, Proposal], reason: str, actor: User, at: datetime
) -> LateClaim:
    document, debt, proposal = about
    with acting(actor, reason=reason):
        claim = LateClaim.objects.create(
            operator=document.operator,
            document=document,
            state=state,
            since=proposal.since,
            through=None if state == LateClaimState.WAIVED else proposal.through,
            currency=document.currency,
            interest_minor=proposal.interest_minor,
            fixed_minor=proposal.fixed_minor,
            working=working_of(debt, proposal),
            reason=reason,
            proposed_by=actor,
            proposed_at=at,
        )
    _record(claim, state.value.lower(), actor, at)
    return claim


def _decide(claim: LateClaim, state: LateClaimState, reason: str, actor: User, at: datetime) -> None:
    claim.state, claim.decision_reason = state, reason
    claim.decided_by, claim.decided_at = actor, at
    changed = ["state", "decision_reason", "decided_by", "decided_at", "number", "charged_on", "journal"]
    with acting(actor, reason=reason or claim.reason):
        claim.save(update_fields=changed)
    _record(claim, state.value.lower(), actor, at)


def _record(claim: LateClaim, done: str, actor: User, at: datetime) -> None:
    programme = claim.document.agreement.programme.code
    record(
        actor=actor,
        action=f"late_claim.{done}",
        subject=f"{programme} {claim.ref}",
        at=at,
        amount_minor=claim.total_minor,
    )
