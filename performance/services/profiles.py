"""Set profiles and targets, and draw them anew: every version is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from performance.models import Profile
from performance.rules.profiles import SUBJECTS, Plan, reprofiled


class CannotSetProfile(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Planned:
    """What is planned: for a service of the programme or, without one, for the whole of it."""

    service_id: int | None
    subject: str
    scenario: str
    plan: Plan
    reason: str
    cap: int | None = None


@transaction.atomic
def set_profile(*, programme_id: int, planned: Planned, actor: User, at: datetime) -> Profile:
    """
    Store a new version of a profile; the ones before stay.

    :raises CannotSetProfile: if the service is of another programme, or the subject cannot be planned.
    """
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme_id)
    if planned.subject not in SUBJECTS:
        raise CannotSetProfile("Choose what is planned from the list.")
    if planned.service_id is not None and not programme.services.filter(pk=planned.service_id).exists():
        raise CannotSetProfile("Choose a service of this programme.")
    about = {"service_id": planned.service_id, "subject": planned.subject, "scenario": planned.scenario}
    last = Profile.objects.filter(programme=programme, **about).order_by("-version").first()
    return Profile.objects.create(
        programme=programme,
        **about,
        version=last.version + 1 if last else 1,
        rhythm=planned.plan.rhythm.name,
        first_day=planned.plan.first.first_day,
        figures=list(planned.plan.values),
        locked=planned.plan.locked,
        cap=planned.cap,
        reason=planned.reason,
        made_by=actor,
        made_at=at,
    )


@transaction.atomic
def draw_anew(
    *, profile_id: int, results: Sequence[int], cap: int, reason: str, actor: User, at: datetime
) -> Profile:
    """
    Lock the first periods of a profile at their results and spread what is left of the cap over the others.

    :raises CannotSetProfile: if a newer version is there, or the subject's periods do not add up.
    :raises CannotReprofile: as :func:`performance.rules.profiles.reprofiled` does.
    """
    profile = Profile.objects.select_related("programme").get(pk=profile_id)
    Programme.objects.select_for_update(no_key=True).get(pk=profile.programme_id)
    if not profile.about.is_additive:
        raise CannotSetProfile("A target of this kind is not spread. Set a new version of it.")
    if not Profile.objects.newest().filter(pk=profile_id).exists():
        raise CannotSetProfile("Somebody has made a newer version. Look at that one and draw it anew.")
    plan = reprofiled(profile.plan, results, cap)
    planned = Planned(profile.service_id, profile.subject, profile.scenario, plan, reason, cap)
    return set_profile(programme_id=profile.programme_id, planned=planned, actor=actor, at=at)
