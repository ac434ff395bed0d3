"""
What only a person's own provider sees: encrypted, and under row-level security (ADR 0014).

Every query is made inside ``participants.access.own_people``; outside of it there is not one row.
"""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from mhep.shared.encryption import EncryptedTextField
from participants.enums import ActivityKind
from participants.models.participants import Participant
from providers.models import Provider

_Row = TypeVar("_Row", bound=models.Model)


class PersonalQuerySet(models.QuerySet[_Row]):
    def visible_to(self, user: User) -> PersonalQuerySet[_Row]:
        """A provider's staff see what is written about the people of its own services; nobody else does."""
        return self.filter(participant__service__provider__in=Provider.objects.staffed_by(user))


class Person(models.Model):
    """
    Who a participant is, and how to reach them.

    ``birth_day`` is an ISO date or empty. ``likeness`` is equal for people of one name and birth date.
    """

    participant = models.OneToOneField(
        Participant, on_delete=models.PROTECT, primary_key=True, related_name="person"
    )
    name = EncryptedTextField()
    preferred_name = EncryptedTextField(blank=True)
    birth_day = EncryptedTextField(blank=True)
    phone = EncryptedTextField(blank=True)
    email = EncryptedTextField(blank=True)
    contact_notes = EncryptedTextField(blank=True)
    likeness = models.CharField(max_length=64)

    objects = PersonalQuerySet["Person"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["likeness"], name="participants_likeness")]

    def __str__(self) -> str:
        return f"person {self.pk}"

    @property
    def called(self) -> str:
        """What the person wants to be called."""
        return self.preferred_name or self.name

    @property
    def born_on(self) -> date | None:
        return date.fromisoformat(self.birth_day) if self.birth_day else None


class VocationalProfile(models.Model):
    """What a person wants from work and what they bring, as they last said it."""

    participant = models.OneToOneField(
        Participant, on_delete=models.PROTECT, primary_key=True, related_name="vocational_profile"
    )
    discussed_on = models.DateField()
    work_wanted = EncryptedTextField(blank=True)
    strengths = EncryptedTextField(blank=True)
    hours_and_travel = EncryptedTextField(blank=True)
    support_wanted = EncryptedTextField(blank=True)
    preferences = EncryptedTextField(blank=True)

    objects = PersonalQuerySet["VocationalProfile"].as_manager()

    def __str__(self) -> str:
        return f"profile {self.pk}"


class JobDetail(models.Model):
    """With whom and as what a person works: the employer would give the person away, so it is kept here."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="job_details")
    job = models.TextField()
    employer = EncryptedTextField()
    role = EncryptedTextField(blank=True)
    pay = EncryptedTextField(blank=True)

    objects = PersonalQuerySet["JobDetail"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "job"], name="participants_jobdetail_once")
        ]

    def __str__(self) -> str:
        return self.job


class Activity(models.Model):
    """
    One piece of support. Entries are added, never edited.

    ``submission`` comes with the form: the same form sent twice is one entry.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="activities")
    kind = models.CharField(max_length=20, choices=ActivityKind)
    happened_on = models.DateField()
    note = EncryptedTextField(blank=True)
    submission = models.UUIDField(unique=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = PersonalQuerySet["Activity"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ActivityKind.values), name="participants_activity_kind_known"
            )
        ]
        indexes = [models.Index(fields=["participant", "happened_on"], name="participants_activities")]

    def __str__(self) -> str:
        return f"{self.kind} {self.happened_on}"


class Goal(models.Model):
    """Something that a person wants to reach, in their own words."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="goals")
    text = EncryptedTextField()
    set_on = models.DateField()
    reached_on = models.DateField(null=True)

    objects = PersonalQuerySet["Goal"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reached_on__isnull=True) | Q(reached_on__gte=F("set_on")),
                name="participants_goal_reached_after_it_was_set",
            )
        ]

    def __str__(self) -> str:
        return f"goal {self.pk}"


class GoalView(models.Model):
    """How far a person sees themselves on the way to a goal, from 1 (not begun) to 5 (there)."""

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="goal_views")
    goal = models.ForeignKey(Goal, on_delete=models.PROTECT, related_name="views")
    seen_on = models.DateField()
    score = models.PositiveSmallIntegerField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = PersonalQuerySet["GoalView"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(score__gte=1, score__lte=5), name="participants_goalview_score_1_to_5"
            )
        ]

    def __str__(self) -> str:
        return f"{self.seen_on} {self.score}"
