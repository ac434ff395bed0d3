"""Review meetings, what was noted and agreed at them, and the regular meetings of services."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from funders.models import FunderMember, Programme, Service
from performance.enums import ActionState, PracticeKind, ReviewKind
from providers.models import OperatorMember, ProviderMember


def _of_operator(user: User, programme: str) -> Q:
    return Q(**{f"{programme}__operator__members__in": OperatorMember.objects.of(user)})


def _of_funder(user: User, programme: str) -> Q:
    return Q(**{f"{programme}__funders__members__in": FunderMember.objects.of(user)})


def _of_provider(user: User, service: str) -> Q:
    return Q(**{f"{service}__provider__members__in": ProviderMember.objects.of(user)})


class ReviewMeetingQuerySet(models.QuerySet["ReviewMeeting"]):
    def visible_to(self, user: User) -> ReviewMeetingQuerySet:
        """The operator sees all, funders the contract's reviews, a provider those of its services."""
        return self.filter(
            _of_operator(user, "programme")
            | (Q(kind=ReviewKind.CONTRACT) & _of_funder(user, "programme"))
            | (Q(kind=ReviewKind.SERVICE) & _of_provider(user, "service"))
        ).distinct()


class ReviewMeeting(models.Model):
    """
    A meeting about how it is going, with the funders or with one provider's service.

    Until it was held its agenda is made from the data each time it is opened; ``agenda`` is what it was on
    the day, kept for good: a list of ``{"topic", "text"}``.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="review_meetings")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=ReviewKind)
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, blank=True, related_name="review_meetings"
    )
    planned_on = models.DateField()
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField()
    held_on = models.DateField(null=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    held_at = models.DateTimeField(null=True)
    agenda = models.JSONField(null=True)

    objects = ReviewMeetingQuerySet.as_manager()

    class Meta:
        ordering = ["-planned_on", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "number"], name="performance_reviewmeeting_number_once"
            ),
            models.CheckConstraint(
                condition=Q(kind=ReviewKind.CONTRACT, service__isnull=True)
                | Q(kind=ReviewKind.SERVICE, service__isnull=False),
                name="performance_reviewmeeting_service_review_names_its_service",
            ),
            models.CheckConstraint(
                condition=Q(
                    held_on__isnull=True, held_by__isnull=True, held_at__isnull=True, agenda__isnull=True
                )
                | Q(
                    held_on__isnull=False,
                    held_by__isnull=False,
                    held_at__isnull=False,
                    agenda__isnull=False,
                ),
                name="performance_reviewmeeting_held_with_its_agenda",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme.code} review {self.number}"

    @property
    def is_held(self) -> bool:
        return self.held_on is not None

    @property
    def title(self) -> str:
        """What the meeting is called on pages."""
        return f"Review of {self.service.name}" if self.service else "Contract review"


class ReviewNote(models.Model):
    """What was said at a meeting, about one service or about all; written once."""

    meeting = models.ForeignKey(ReviewMeeting, on_delete=models.PROTECT, related_name="notes")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    text = models.TextField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="performance_reviewnote_says_something")
        ]

    def __str__(self) -> str:
        return f"{self.meeting} note {self.pk}"


class ReviewActionQuerySet(models.QuerySet["ReviewAction"]):
    def visible_to(self, user: User) -> ReviewActionQuerySet:
        """Who may read the meeting that agreed it, and the provider or funder that is to do it."""
        return self.filter(
            _of_operator(user, "programme")
            | (Q(meeting__kind=ReviewKind.CONTRACT) & _of_funder(user, "programme"))
            | (Q(meeting__kind=ReviewKind.SERVICE) & _of_provider(user, "meeting__service"))
            | _of_provider(user, "service")
        ).distinct()

    def open(self) -> ReviewActionQuerySet:
        """Those that are neither done nor dropped."""
        return self.exclude(updates__state__in=[ActionState.DONE, ActionState.DROPPED])


class ReviewAction(models.Model):
    """
    Something agreed at a meeting: who does it by when. It stands on every agenda until it is done or dropped.

    ``owner`` is an organisation or a role there, never the name of a participant. With ``service`` the
    provider of that service sees it and says how it goes.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="review_actions")
    number = models.PositiveIntegerField()
    meeting = models.ForeignKey(ReviewMeeting, on_delete=models.PROTECT, related_name="actions")
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, blank=True, related_name="review_actions"
    )
    text = models.TextField()
    owner = models.CharField(max_length=100)
    due_on = models.DateField()
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()

    objects = ReviewActionQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "number"], name="performance_reviewaction_number_once"
            ),
            models.CheckConstraint(
                condition=~Q(text="") & ~Q(owner=""), name="performance_reviewaction_says_what_and_who"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme.code} action {self.number}"

    @property
    def state(self) -> ActionState:
        """What was said last; open where nothing was. Lists load ``updates`` beforehand."""
        updates = list(self.updates.all())
        return ActionState(updates[-1].state) if updates else ActionState.OPEN


class ActionUpdate(models.Model):
    """How an action goes, that it is done, or that it is dropped and why; written once."""

    action = models.ForeignKey(ReviewAction, on_delete=models.PROTECT, related_name="updates")
    state = models.CharField(max_length=10, choices=ActionState)
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="performance_actionupdate_says_something")
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.state}"


class Cadence(models.Model):
    """How often a programme wants a kind of meeting held, in days, from a day on; the last one holds."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="cadences")
    kind = models.CharField(max_length=12, choices=PracticeKind)
    starts_on = models.DateField()
    every_days = models.PositiveSmallIntegerField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(every_days__gte=1, every_days__lte=366), name="performance_cadence_1_to_366_days"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} every {self.every_days} days"


class PracticeMeetingQuerySet(models.QuerySet["PracticeMeeting"]):
    def visible_to(self, user: User) -> PracticeMeetingQuerySet:
        """The operator sees all, a provider those of its own services."""
        return self.filter(
            _of_operator(user, "service__programme") | _of_provider(user, "service")
        ).distinct()


class PracticeMeeting(models.Model):
    """That a service held a supervision, team or clinical meeting; who was there is a count, not names."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="practice_meetings")
    kind = models.CharField(max_length=12, choices=PracticeKind)
    held_on = models.DateField()
    attended = models.PositiveSmallIntegerField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = PracticeMeetingQuerySet.as_manager()

    class Meta:
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(attended__gte=1), name="performance_practicemeeting_somebody_came"
            ),
            models.UniqueConstraint(
                fields=["service", "kind", "held_on"], name="performance_practicemeeting_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.kind} {self.held_on}"
