"""Made-up reviews, actions and fidelity scores for tests."""

from __future__ import annotations

from datetime import date

from accounts.models import User
from funders.models import Programme, Service
from performance.models import ReviewAction, ReviewMeeting, ScoredReview
from performance.rules.agenda import Point
from performance.rules.fidelity import ITEMS
from performance.services.fidelity import Scored, record_review
from performance.services.reviews import Task, agree_action, hold_review, plan_review
from tests.cast import AT, Cast

HELD_ON = date(2026, 7, 1)
SCORES = {item.number: 4 for item in ITEMS}


def planned(programme: Programme, actor: User, service: Service | None = None) -> ReviewMeeting:
    """Plan a review of the contract, or of a service."""
    return plan_review(programme=programme, service=service, on=HELD_ON, actor=actor, at=AT)


def reviewed(programme: Programme, actor: User, service: Service | None = None) -> ReviewMeeting:
    """Plan a review and hold it."""
    meeting = planned(programme, actor, service)
    return hold_review(meeting_id=meeting.pk, on=HELD_ON, agenda=[Point("Next", "All")], actor=actor, at=AT)


def agreed(meeting: ReviewMeeting, actor: User, service: Service | None = None) -> ReviewAction:
    """Agree an action at a review that was held."""
    task = Task("Speak to the referring teams", "Example Provider manager", date(2026, 7, 31), service)
    return agree_action(meeting=meeting, task=task, actor=actor, at=AT)


def scored(
    service: Service, actor: User, *, on: date = HELD_ON, replaces: ScoredReview | None = None, **changed: int
) -> ScoredReview:
    """Record a review that scores every item 4, but for those given as ``item_7=2``."""
    scores = {**SCORES, **{int(name.removeprefix("item_")): score for name, score in changed.items()}}
    review = Scored(on, "Two reviewers of another service", "", scores)
    return record_review(service=service, scored=review, replaces=replaces, actor=actor, at=AT)


def review(cast: Cast) -> None:
    """Hold a review at which an action is agreed, plan another, and have the service scored twice."""
    service = cast.programme.services.get(code="WL-1")
    agreed(reviewed(cast.programme, cast.analyst), cast.analyst, service)
    planned(cast.programme, cast.analyst)
    scored(service, cast.analyst, on=date(2026, 5, 1), item_3=5, item_9=1)
    scored(service, cast.analyst, item_9=2)
