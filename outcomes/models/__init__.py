"""What was achieved: outcome events and the steps of their life, drafts of them, and their evidence."""

from outcomes.models.claims import EvidenceFile, EvidenceView, OutcomeDraft
from outcomes.models.events import (
    EventQuery,
    EventRejection,
    EventStep,
    OutcomeEvent,
    OutcomeEventQuerySet,
    SampleAudit,
    SampledEvent,
)

__all__ = [
    "EventQuery",
    "EventRejection",
    "EventStep",
    "EvidenceFile",
    "EvidenceView",
    "OutcomeDraft",
    "OutcomeEvent",
    "OutcomeEventQuerySet",
    "SampleAudit",
    "SampledEvent",
]
