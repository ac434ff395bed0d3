"""What waits for providers' staff and for verifiers, counted; no row here has a name or a reference."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.rules.matrix import Action, Object, Role, allows
from funders.models import Programme
from outcomes.enums import EventState
from outcomes.models import EventStep, OutcomeEvent, SampledEvent
from outcomes.rules.caseload import NeedKind
from outcomes.rules.reminders import Due, due_needs, split_by_wait
from outcomes.selectors.caseload import needs_of_people, people_helped
from outcomes.selectors.verification import WRITTEN
from providers.models import OperatorMember, ProviderMember


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits to be verified in one programme: since too long, and the rest."""

    programme: str
    long: Due | None
    others: Due | None


@dataclass(frozen=True, slots=True)
class Looks:
    """What waits in the sample audits of one programme."""

    programme: str
    due: Due


def due_on_caseload(user: User, at: datetime, *, whole_team: bool) -> dict[NeedKind, Due]:
    """Return what people on a caseload need now, by kind. Needs ``own_people``."""
    people = list(people_helped(user, whole_team=whole_team))
    return due_needs(needs for _, needs in needs_of_people(people, at))


def queues_of(user: User, at: datetime) -> list[Queue]:
    """Return what waits for the user as a verifier, by programme, without what they wrote themselves."""
    own = EventStep.objects.filter(event=OuterRef("pk"), actor=user, to_state__in=WRITTEN)
    events = (
        OutcomeEvent.objects.visible_to(user)
        .filter(programme__operator__in=_operators(user, Object.EVENT, Action.VERIFY))
        .waiting()
        .filter(state=EventState.SUBMITTED)
        .exclude(submitted_by=user)
        .exclude(Exists(own))
    )
    by_programme: dict[int, dict[date, int]] = defaultdict(dict)
    counted = events.values_list("programme", "submitted_on").annotate(Count("pk"))
    for programme, day, count in counted.order_by():
        by_programme[programme][day] = count
    programmes = Programme.objects.filter(pk__in=by_programme).order_by("code")
    return [
        Queue(each.code, *split_by_wait(by_programme[each.pk], each.local_date(at))) for each in programmes
    ]


def second_looks_of(user: User, at: datetime) -> list[Looks]:
    """Return the drawn events at which the user may take the second look, by programme."""
    own = EventStep.objects.filter(event=OuterRef("event"), actor=user, to_state__in=WRITTEN)
    sampled = (
        SampledEvent.objects.filter(
            audit__programme__operator__in=_operators(user, Object.SAMPLE_AUDIT, Action.CHECK),
            checked_at__isnull=True,
        )
        .exclude(Q(event__verified_by=user) | Q(event__submitted_by=user))
        .exclude(Exists(own))
    )
    return _looks(sampled, at)


def findings_to_reply_to(user: User, at: datetime) -> list[Looks]:
    """Return the findings to which the user may reply for a provider, by programme."""
    roles = [role.name for role in Role if allows({role}, Object.SAMPLE_AUDIT, Action.REPLY)]
    providers = ProviderMember.objects.of(user).filter(role__in=roles).values("provider")
    sampled = SampledEvent.objects.filter(
        event__service__provider__in=providers, is_agreed=False, replied_on__isnull=True
    )
    return _looks(sampled, at)


def _looks(sampled: QuerySet[SampledEvent], at: datetime) -> list[Looks]:
    rows = sampled.values_list("audit__programme").annotate(Count("pk"), Min("audit__drawn_at")).order_by()
    found = {key: (count, drawn_at) for key, count, drawn_at in rows}
    return [
        Looks(each.code, Due(found[each.pk][0], each.local_date(found[each.pk][1]), each.local_date(at)))
        for each in Programme.objects.filter(pk__in=found).order_by("code")
    ]


def _operators(user: User, thing: Object, action: Action) -> QuerySet[OperatorMember, int]:
    """Return the keys of the operators at which the user's role allows the action."""
    roles = [role.name for role in Role if allows({role}, thing, action)]
    return OperatorMember.objects.of(user).filter(role__in=roles).values_list("operator", flat=True)
