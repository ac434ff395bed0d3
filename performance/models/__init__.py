"""What is kept to tell how it is going, and what is agreed about it."""

from performance.models.facts import AmountFact, FrozenMonth, OutcomeFact, PeopleFact, StaleMonth
from performance.models.fidelity import FidelityScore, ScoredReview
from performance.models.meetings import (
    ActionUpdate,
    Cadence,
    PracticeMeeting,
    ReviewAction,
    ReviewMeeting,
    ReviewNote,
)

__all__ = [
    "ActionUpdate",
    "AmountFact",
    "Cadence",
    "FidelityScore",
    "FrozenMonth",
    "OutcomeFact",
    "PeopleFact",
    "PracticeMeeting",
    "ReviewAction",
    "ReviewMeeting",
    "ReviewNote",
    "ScoredReview",
    "StaleMonth",
]
