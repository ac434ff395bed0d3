"""What was achieved: outcome events and the steps of their life, drafts of them, and their evidence."""

from outcomes.models.answers import AnswerDraft, StepSeen
from outcomes.models.claims import EvidenceFile, EvidenceFileQuerySet, EvidenceView, OutcomeDraft
from outcomes.models.events import (
    EventQuery,
    EventRejection,
    EventStep,
    OutcomeEvent,
    OutcomeEventQuerySet,
    SampleAudit,
    SampledEvent,
)
from outcomes.models.imports import ColumnLayout, FileImport, FileImportQuerySet

__all__ = [
    "AnswerDraft",
    "ColumnLayout",
    "EventQuery",
    "EventRejection",
    "EventStep",
    "EvidenceFile",
    "EvidenceFileQuerySet",
    "EvidenceView",
    "FileImport",
    "FileImportQuerySet",
    "OutcomeDraft",
    "OutcomeEvent",
    "OutcomeEventQuerySet",
    "SampleAudit",
    "SampledEvent",
    "StepSeen",
]
