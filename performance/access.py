"""The ways in to how a programme goes, to reviews and what belongs to them: each returns it or refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.access import Arguments, View, gate
from accounts.models import User
from accounts.rules.matrix import Action, Object, Role
from funders.access import is_operators, roles_of
from funders.models import Programme, Service
from investment.models import Facility
from performance.models import Profile, ReviewAction, ReviewMeeting, ScoredReview
from performance.selectors.scope import Scope, UnknownChoice, chosen, scope_for
from providers.access import may, may_at_provider, require
from providers.models import ProviderMember


def needs_dashboard(view: View[Arguments]) -> View[Arguments]:
    """
    Declare that a view shows how the programme with the code of its argument ``code`` goes.

    Who lends for the programme has a role in it here. To somebody without any role it is not found.
    """
    decorate: Callable[[View[Arguments]], View[Arguments]] = gate(
        Object.DASHBOARD, Action.SEE, roles_for=dashboard_roles
    )
    return decorate(view)


def scope_to_see(user: User, code: str, wanted: Mapping[str, str]) -> Scope:
    """Return what somebody may see of a programme and has chosen; what is not there or not theirs is 404."""
    programme = get_object_or_404(Programme.objects.select_related("operator"), code=code)
    try:
        return chosen(scope_for(user, programme), wanted)
    except UnknownChoice as unknown:
        raise Http404 from unknown


def is_in_programme(user: User, code: str) -> bool:
    """Tell whether somebody has a role in the programme itself, and so sees its frame."""
    return bool(roles_of(user, code))


def dashboard_roles(user: User, arguments: Mapping[str, object]) -> set[Role]:
    """
    Return what the user is in the programme whose code is among the arguments, its lenders included.

    :raises Http404: if the user has no role there.
    """
    code = str(arguments["code"])
    roles = roles_of(user, code)
    if Facility.objects.visible_to(user).filter(programme__code=code).exists():
        roles |= roles_of(user) & {Role.INVESTOR}
    if not roles:
        raise Http404
    return roles


def programme_in_review(user: User, code: str) -> Programme:
    """Return the programme for somebody of its operator, funders or providers; others get 404."""
    return get_object_or_404(Programme.objects.visible_to(user).select_related("operator"), code=code)


def programme_to_review(user: User, code: str) -> Programme:
    """Return the programme for somebody whose role at its operator lets them change reviews (else 403)."""
    programme = programme_in_review(user, code)
    require(user, Object.REVIEW, Action.CHANGE, programme.operator)
    return programme


def services_led(user: User, programme: Programme) -> QuerySet[Service]:
    """Return the services whose standing the user may read: the operator's all, a provider's its own."""
    if is_operators(user, programme):
        return programme.services.all()
    return programme.services.filter(provider__members__in=ProviderMember.objects.of(user)).distinct()


def meeting_to_see(user: User, programme: Programme, pk: int) -> ReviewMeeting:
    """Return the review for those who take part in it; others get 404."""
    meetings = ReviewMeeting.objects.visible_to(user).filter(programme=programme)
    return get_object_or_404(meetings.select_related("programme", "service"), pk=pk)


def action_to_see(user: User, programme: Programme, pk: int) -> ReviewAction:
    """Return the action for those who may read it; others get 404."""
    actions = ReviewAction.objects.visible_to(user).filter(programme=programme)
    return get_object_or_404(actions.select_related("programme", "meeting__service", "service"), pk=pk)


def may_tell(user: User, programme: Programme, action: ReviewAction) -> bool:
    """Tell whether the user may say how the action goes: the team, or a manager of its service."""
    if may(user, Object.REVIEW, Action.REPLY, programme.operator):
        return True
    service = action.service
    return service is not None and may_at_provider(user, Object.REVIEW, Action.REPLY, service.provider_id)


def action_to_tell(user: User, programme: Programme, pk: int) -> ReviewAction:
    """Return the action for somebody who may say how it goes (else 403 or 404)."""
    action = action_to_see(user, programme, pk)
    if not may_tell(user, programme, action):
        raise PermissionDenied
    return action


def review_to_see(user: User, programme: Programme, pk: int) -> ScoredReview:
    """Return the fidelity review for those who may read it; others get 404."""
    reviews = ScoredReview.objects.visible_to(user).filter(service__programme=programme)
    return get_object_or_404(reviews.select_related("service", "replaces", "recorded_by"), pk=pk)


def profile_to_see(user: User, code: str, pk: int) -> Profile:
    """Return a version of a profile for somebody of the operator or a funder; others get 404."""
    visible = Profile.objects.visible_to(user).filter(programme__code=code)
    return get_object_or_404(visible.select_related("programme__operator", "service", "made_by"), pk=pk)


def profile_to_change(user: User, code: str, pk: int) -> Profile:
    """Return a version of a profile for somebody whose role lets them draw it anew (else 403 or 404)."""
    profile = profile_to_see(user, code, pk)
    require(user, Object.PROFILE, Action.CHANGE, profile.programme.operator)
    return profile
