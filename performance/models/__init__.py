"""What is kept to tell how it is going, and what is agreed about it."""

from performance.models.areas import AreaFile, AreaOutline
from performance.models.disclosure import DisclosureRuling, PublishedMonth
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
from performance.models.packs import Pack, PackLetter
from performance.models.profiles import Profile, Rebase

__all__ = [
    "ActionUpdate",
    "AmountFact",
    "AreaFile",
    "AreaOutline",
    "Cadence",
    "DisclosureRuling",
    "FidelityScore",
    "FrozenMonth",
    "OutcomeFact",
    "Pack",
    "PackLetter",
    "PeopleFact",
    "PracticeMeeting",
    "Profile",
    "PublishedMonth",
    "Rebase",
    "ReviewAction",
    "ReviewMeeting",
    "ReviewNote",
    "ScoredReview",
    "StaleMonth",
]
