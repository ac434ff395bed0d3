"""Sample audits: drawing one, recording what the second look found, and the provider's reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from outcomes.models import SampleAudit, SampledEvent
from outcomes.rules.sampling import draw, largest_amount, risk_of, sample_size
from outcomes.selectors.sampling import candidates_of, events_to_sample
from outcomes.selectors.verification import wrote
from providers.enums import ProviderRole
from providers.models import ProviderMember


class CannotDraw(BusinessRuleError):
    pass


class CannotCheck(BusinessRuleError):
    pass


class CannotReply(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Draw:
    """From which events to draw, how much of them in per cent, and the seed."""

    first_day: date
    last_day: date
    percent: int
    seed: str


@transaction.atomic
def draw_sample(
    *, programme_id: int, wanted: Draw, amounts: Mapping[int, int], actor: User, at: datetime
) -> SampleAudit:
    """
    Draw a sample of the events verified in a period and store it with all that draws it again.

    :param amounts: what funders were charged by event, in minor units.
    :raises CannotDraw: if the seed is used, the days are not in order, or no event was verified on them.
    """
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme_id)
    if wanted.first_day > wanted.last_day:
        raise CannotDraw("The period ends before it begins. Change one of the days.")
    if SampleAudit.objects.filter(programme=programme, seed=wanted.seed).exists():
        raise CannotDraw(
            f"The seed {wanted.seed} is used already. Choose another, so that nobody picks a sample."
        )
    events = events_to_sample(programme, wanted.first_day, wanted.last_day)
    candidates = candidates_of(programme, events, amounts)
    if not candidates:
        raise CannotDraw("No event was verified in this period. Choose other days.")
    largest = largest_amount(candidates)
    risks = {candidate.reference: risk_of(candidate, largest) for candidate in candidates}
    points = {reference: risk.points for reference, risk in risks.items()}
    drawn = draw(wanted.seed, points, sample_size(len(points), wanted.percent))
    audit = SampleAudit.objects.create(
        programme=programme,
        seed=wanted.seed,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        percent=wanted.percent,
        size=len(drawn),
        frame=sorted(points.items()),
        drawn_by=actor,
        drawn_at=at,
    )
    keys = dict(events.values_list("reference", "pk"))
    SampledEvent.objects.bulk_create(
        SampledEvent(
            audit=audit,
            event_id=keys[reference],
            position=position,
            points=risks[reference].points,
            risks=list(risks[reference].reasons),
        )
        for position, reference in enumerate(drawn, start=1)
    )
    record(
        actor=actor,
        action="sample.drawn",
        subject=f"{programme.code} sample {audit.pk}",
        at=at,
        of=len(points),
        size=len(drawn),
    )
    return audit


@transaction.atomic
def record_finding(
    *, sampled_id: int, is_agreed: bool, finding: str, actor: User, at: datetime
) -> SampledEvent:
    """
    Record what the second look at a drawn event found, once.

    :raises CannotCheck: if it is recorded already, ``actor`` wrote or verified the event, or there is no
        finding where the verification is not agreed with.
    """
    sampled = _locked(sampled_id)
    event = sampled.event
    if sampled.checked_at is not None:
        raise CannotCheck(f"{event.reference} has been looked at already. What was found stays as it is.")
    if actor.pk == event.verified_by_id or wrote(actor, event):
        raise CannotCheck(
            f"You verified, submitted or edited {event.reference}. A second look needs a second person."
        )
    if not is_agreed and not finding.strip():
        raise CannotCheck("Write what is wrong and how you know.")
    sampled.is_agreed, sampled.finding = is_agreed, finding.strip()
    sampled.checked_by, sampled.checked_at = actor, at
    sampled.save(update_fields=["is_agreed", "finding", "checked_by", "checked_at"])
    _record(actor, "checked", sampled, at, is_agreed=is_agreed)
    return sampled


@transaction.atomic
def reply_to_finding(*, sampled_id: int, reply: str, actor: User, at: datetime) -> SampledEvent:
    """
    Record the provider's reply to a finding, once.

    :raises CannotReply: if there is no finding to reply to, a reply is there, it is empty, or ``actor`` is
        no manager of the provider.
    """
    sampled = _locked(sampled_id)
    event = sampled.event
    managers = ProviderMember.objects.of(actor).filter(
        role=ProviderRole.MANAGER, provider=event.service.provider_id
    )
    if not managers.exists():
        raise CannotReply("Only a manager of the event's provider replies.")
    if sampled.is_agreed is not False:
        raise CannotReply(f"There is no finding about {event.reference} to reply to.")
    if sampled.replied_on is not None:
        raise CannotReply(f"The reply about {event.reference} is there already and stays as it is.")
    if not reply.strip():
        raise CannotReply("Write the reply.")
    sampled.reply, sampled.reply_recorded_by = reply.strip(), actor
    sampled.replied_on = event.programme.local_date(at)
    sampled.save(update_fields=["reply", "reply_recorded_by", "replied_on"])
    _record(actor, "replied", sampled, at)
    return sampled


def _locked(sampled_id: int) -> SampledEvent:
    return (
        SampledEvent.objects.select_for_update(of=("self",))
        .select_related("event__programme", "event__service")
        .get(pk=sampled_id)
    )


def _record(actor: User, done: str, sampled: SampledEvent, at: datetime, **details: object) -> None:
    subject = f"{sampled.event.programme.code} sample {sampled.audit_id}"
    record(actor=actor, action=f"sample.{done}", subject=subject, at=at, event=sampled.event_id, **details)
