"""The ways in to reviews and what belongs to them: each returns it or refuses."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.models import User
from accounts.rules.matrix import Action, Object
from funders.access import is_operators
from funders.models import Programme, Service
from performance.models import ReviewAction, ReviewMeeting, ScoredReview
from providers.access import may, may_at_provider, require
from providers.models import ProviderMember


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
