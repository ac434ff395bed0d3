"""Outcomes on their way in: what somebody has typed so far, and the files that prove it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import User
from funders.models import OutcomeType, Programme
from mhep.shared.encryption import EncryptedTextField
from outcomes.enums import EvidenceState
from outcomes.models.answers import AnswerDraft
from outcomes.models.events import OutcomeEvent
from participants.models import Participant
from providers.models import Operator, OperatorMember, Provider


class OutcomeDraft(models.Model):
    """
    One outcome that somebody is about to log: what was typed, as it was typed, until it is submitted.

    ``token`` names it in addresses and makes sending it twice the same as once. ``version`` counts the
    changes, so that two windows do not write over each other. ``held`` are kinds of evidence without a file.
    """

    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="drafts")
    outcome_type = models.ForeignKey(OutcomeType, on_delete=models.PROTECT, null=True, related_name="+")
    typed = models.JSONField(default=dict)
    held = ArrayField(models.TextField(), default=list)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    event = models.OneToOneField(OutcomeEvent, on_delete=models.PROTECT, null=True, related_name="draft")
    discarded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(event__isnull=True) | Q(discarded_at__isnull=True, outcome_type__isnull=False),
                name="outcomes_draft_submitted_or_discarded",
            )
        ]
        indexes = [
            models.Index(
                fields=["author", "programme"],
                condition=Q(event__isnull=True, discarded_at__isnull=True),
                name="outcomes_draft_open",
            )
        ]

    def __str__(self) -> str:
        return str(self.token)


class EvidenceFileQuerySet(models.QuerySet["EvidenceFile"]):
    def visible_to(self, user: User) -> EvidenceFileQuerySet:
        """The operator's people see evidence; a provider's staff that of the people whom they help."""
        return self.filter(
            Q(
                participant__programme__operator__in=Operator.objects.filter(
                    members__in=OperatorMember.objects.of(user)
                )
            )
            | Q(participant__service__provider__in=Provider.objects.staffed_by(user))
        )

    def kept(self) -> EvidenceFileQuerySet:
        """Those whose bytes are stored, the eldest first."""
        return self.filter(removed_at__isnull=True).order_by("pk")

    def taking_room(self) -> EvidenceFileQuerySet:
        """Those with bytes of their own."""
        return self.filter(stored_as__isnull=True)

    def counting(self) -> EvidenceFileQuerySet:
        """Those that prove something: kept, and not found to be harmful."""
        return self.kept().exclude(state=EvidenceState.QUARANTINED)


class EvidenceFile(models.Model):
    """
    One file that proves an outcome, its bytes encrypted outside of the database under ``key``.

    ``sha256`` and ``size`` are of the bytes as they are handed out: pictures are stored anew, without what
    the camera wrote into them. ``provider`` is whose quota it counts for. It comes with a draft or with an
    answer; what was removed before that was sent keeps its row, without its bytes. One that came along from
    an outcome that is logged again is a row of its own: ``stored_as`` is the key of that outcome's file. It
    shares the bytes, and takes no room.
    """

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    stored_as = models.UUIDField(null=True, editable=False)
    draft = models.ForeignKey(OutcomeDraft, on_delete=models.PROTECT, null=True, related_name="files")
    answer = models.ForeignKey(AnswerDraft, on_delete=models.PROTECT, null=True, related_name="files")
    event = models.ForeignKey(OutcomeEvent, on_delete=models.PROTECT, null=True, related_name="files")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    kind = models.TextField()
    name = EncryptedTextField()
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(
        max_length=12, choices=EvidenceState, default=EvidenceState.RECEIVED, db_index=True
    )
    finding = models.TextField(blank=True)
    scanned_at = models.DateTimeField(null=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects = EvidenceFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(draft__isnull=False) | Q(answer__isnull=False) | Q(event__isnull=False),
                name="outcomes_evidencefile_belongs_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(state__in=EvidenceState.values), name="outcomes_evidencefile_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[EvidenceState.CLEAN, EvidenceState.QUARANTINED])
                | Q(scanned_at__isnull=False),
                name="outcomes_evidencefile_verdict_with_its_time",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | Q(event__isnull=True),
                name="outcomes_evidencefile_of_an_event_stays",
            ),
        ]
        indexes = [
            models.Index(
                fields=["provider"], condition=Q(removed_at__isnull=True), name="outcomes_evidence_quota"
            ),
            models.Index(fields=["uploaded_by", "uploaded_at"], name="outcomes_evidence_by_day"),
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def bytes_key(self) -> uuid.UUID:
        """The key under which its bytes are stored."""
        return self.stored_as or self.key

    @property
    def is_picture(self) -> bool:
        return self.content_type.startswith("image/")


class EvidenceView(models.Model):
    """Who was handed a file of evidence, and when; append-only."""

    file = models.ForeignKey(EvidenceFile, on_delete=models.PROTECT, related_name="views")
    viewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    viewed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.viewer_id} viewed {self.file_id}"
