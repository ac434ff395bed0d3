"""People who are helped: references and dates, what only their provider sees, and their jobs."""

from participants.models.participants import AccessLog, Assignment, ConsentStep, Enrolment, Participant
from participants.models.people import (
    Activity,
    Goal,
    GoalView,
    JobDetail,
    Person,
    VocationalProfile,
)
from participants.models.placements import Placement, TransferRequest
from participants.models.work import WorkPeriod

__all__ = [
    "AccessLog",
    "Activity",
    "Assignment",
    "ConsentStep",
    "Enrolment",
    "Goal",
    "GoalView",
    "JobDetail",
    "Participant",
    "Person",
    "Placement",
    "TransferRequest",
    "VocationalProfile",
    "WorkPeriod",
]
