"""Settling a funder's query about a line: its event is voided, the funder is spared, or it is invoiced."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import acting, record
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from outcomes.services.verification import CannotVoid, void_event
from payments.enums import Settlement
from payments.models import LineQuery
from payments.selectors.settling import ways_to_settle


class CannotSettle(BusinessRuleError):
    pass


@transaction.atomic
def settle_query(
    *, query_id: int, settlement: Settlement, reason: str, actor: User, at: datetime
) -> LineQuery:
    """
    Settle an open query, once.

    Upheld: the event is voided as of today where the programme runs, with all that depends on it, and what
    was charged is credited by the normal rules; one that is voided already stays as it is. Waived: this
    funder's charge is taken off for good when the open month is priced. Dismissed: the line goes on the next
    statement and cannot be queried again.

    :raises CannotSettle: if it is settled already, cannot be settled in this way, the reason is empty, or
        the person raised it.
    """
    query, programme = _locked(query_id)
    if not query.is_open:
        raise CannotSettle("This query was settled already. Nothing was changed.")
    if query.raised_by_id == actor.pk:
        raise CannotSettle("You raised this query. Ask somebody else to settle it.")
    if settlement not in ways_to_settle(query.charge):
        raise CannotSettle(f"This line cannot be {settlement.label.lower()}. Choose another way.")
    why = reason.strip()
    if not why:
        raise CannotSettle("Write the reason; the funder reads it.")
    event = query.charge.event
    if settlement == Settlement.UPHELD and event is not None and event.voided_on is None:
        try:
            void_event(event_id=event.pk, voided_on=programme.local_date(at), reason=why, actor=actor, at=at)
        except CannotVoid as refusal:
            raise CannotSettle(str(refusal)) from refusal
    query.settlement, query.settlement_reason = settlement, why
    query.settled_by, query.settled_at = actor, at
    with acting(actor, reason=why):
        query.save(update_fields=["settlement", "settlement_reason", "settled_by", "settled_at"])
    agreement = query.charge.agreement
    subject = f"{programme.code} {agreement.ref} charge {query.charge_id}"
    record(actor=actor, action="query.settled", subject=subject, at=at, settlement=settlement)
    return query


def _locked(query_id: int) -> tuple[LineQuery, Programme]:
    of = LineQuery.objects.values_list("charge__agreement__programme_id", flat=True).get(pk=query_id)
    programme = Programme.objects.select_for_update(no_key=True).get(pk=of)
    query = (
        LineQuery.objects.select_for_update(of=("self",))
        .select_related("charge__agreement", "charge__event")
        .get(pk=query_id)
    )
    return query, programme
