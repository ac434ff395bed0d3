"""Manual adjustments: proposed by one person, approved by another, then charged with the open month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from audit.services import acting, record
from funders.models import Agreement, Programme, Term
from mhep.kernel.money import to_major
from mhep.kernel.problems import BusinessRuleError
from outcomes.models import OutcomeEvent
from payments.enums import AdjustmentState
from payments.models import Adjustment, Document
from payments.selectors.adjusting import left_to_credit


class CannotAdjust(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class About:
    """What an adjustment is about; a document where it gives back, the rest if people know it."""

    corrects: Document | None = None
    term: Term | None = None
    event: OutcomeEvent | None = None


@transaction.atomic
def propose_adjustment(
    *, agreement: Agreement, amount_minor: int, reason: str, about: About, actor: User, at: datetime
) -> Adjustment:
    """
    Propose to add an amount to an agreement, or (below zero) to take it off one of its invoices.

    :raises CannotAdjust: if it is zero, has no reason, names no document although it gives back, names what
        is another agreement's, or gives back more than is left.
    """
    Programme.objects.select_for_update(no_key=True).get(pk=agreement.programme_id)
    if not amount_minor:
        raise CannotAdjust("Enter an amount that is not zero.")
    if not reason.strip():
        raise CannotAdjust("Write the reason; the funder reads it.")
    _check_about(agreement, amount_minor, about)
    last = Adjustment.objects.filter(agreement=agreement).aggregate(Max("number"))
    with acting(actor, reason=reason.strip()):
        adjustment = Adjustment.objects.create(
            agreement=agreement,
            number=(last["number__max"] or 0) + 1,
            amount_minor=amount_minor,
            reason=reason.strip(),
            corrects=about.corrects if amount_minor < 0 else None,
            term=about.term,
            event=about.event,
            proposed_by=actor,
            proposed_at=at,
        )
    _record(actor, "proposed", adjustment, at)
    return adjustment


@transaction.atomic
def approve_adjustment(*, adjustment_id: int, actor: User, at: datetime) -> Adjustment:
    """
    Approve somebody else's proposal; it is charged with the open month and goes on the next document.

    :raises CannotAdjust: if it is decided already, the person proposed it, or it gives back more than is
        left by now.
    """
    adjustment = _locked(adjustment_id)
    if adjustment.proposed_by_id == actor.pk:
        raise CannotAdjust("You proposed this adjustment. Ask somebody else to approve it.")
    about = About(adjustment.corrects, adjustment.term, adjustment.event)
    _check_about(adjustment.agreement, adjustment.amount_minor, about)
    _decide(adjustment, AdjustmentState.APPROVED, "", actor, at)
    return adjustment


@transaction.atomic
def refuse_adjustment(*, adjustment_id: int, reason: str, actor: User, at: datetime) -> Adjustment:
    """
    Refuse a proposal, or take back one's own, with a reason; nothing is charged.

    :raises CannotAdjust: if it is decided already, or the reason is empty.
    """
    adjustment = _locked(adjustment_id)
    if not reason.strip():
        raise CannotAdjust("Write why nothing is adjusted.")
    _decide(adjustment, AdjustmentState.REFUSED, reason.strip(), actor, at)
    return adjustment


def _locked(adjustment_id: int) -> Adjustment:
    of = Adjustment.objects.values_list("agreement__programme_id", flat=True).get(pk=adjustment_id)
    Programme.objects.select_for_update(no_key=True).get(pk=of)
    adjustment = (
        Adjustment.objects.select_for_update(of=("self",))
        .select_related("agreement", "corrects", "event", "term")
        .get(pk=adjustment_id)
    )
    if adjustment.state != AdjustmentState.PROPOSED:
        raise CannotAdjust("This adjustment was decided already. Nothing was changed.")
    return adjustment


def _check_about(agreement: Agreement, amount_minor: int, about: About) -> None:
    if about.term is not None and about.term.agreement_id != agreement.pk:
        raise CannotAdjust(f"{about.term.ref} is no term of {agreement.ref}.")
    if about.event is not None and about.event.programme_id != agreement.programme_id:
        raise CannotAdjust(f"{about.event.reference} is an event of another programme.")
    if amount_minor > 0:
        return
    if about.corrects is None or about.corrects.agreement_id != agreement.pk:
        raise CannotAdjust(f"Choose the invoice of {agreement.ref} that is corrected.")
    left = left_to_credit(about.corrects, about.event)
    if -amount_minor > left:
        on = about.event.reference if about.event else about.corrects.full_number
        raise CannotAdjust(f"{to_major(left)} is left to give back of {on}. Enter that or less.")


def _decide(adjustment: Adjustment, state: AdjustmentState, reason: str, actor: User, at: datetime) -> None:
    adjustment.state, adjustment.decision_reason = state, reason
    adjustment.decided_by, adjustment.decided_at = actor, at
    with acting(actor, reason=reason or adjustment.reason):
        adjustment.save(update_fields=["state", "decision_reason", "decided_by", "decided_at"])
    _record(actor, state.label.lower(), adjustment, at)


def _record(actor: User, done: str, adjustment: Adjustment, at: datetime) -> None:
    agreement = adjustment.agreement
    subject = f"{agreement.programme.code} {agreement.ref} {adjustment.ref}"
    record(
        actor=actor, action=f"adjustment.{done}", subject=subject, at=at, amount_minor=adjustment.amount_minor
    )
