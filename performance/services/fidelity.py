"""Recording what reviewers scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from funders.models import Service
from mhep.kernel.problems import BusinessRuleError
from performance.models import FidelityScore, ScoredReview
from performance.rules.fidelity import total_of


class CannotScore(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Scored:
    """A review as it came: the day, who reviewed, what they say, and the score of each item by its number."""

    on: date
    reviewers: str
    summary: str
    scores: Mapping[int, int]


@transaction.atomic
def record_review(
    *, service: Service, scored: Scored, replaces: ScoredReview | None = None, actor: User, at: datetime
) -> ScoredReview:
    """
    Record a review with the score of every item; in place of one that was wrong, if that is named.

    :raises CannotScore: if the day lies ahead or before the service began, an item is missing, a review of
        that day stands already, or the one to replace is another service's or was replaced.
    """
    Service.objects.select_for_update(no_key=True).get(pk=service.pk)
    if not service.starts_on <= scored.on <= service.programme.local_date(at):
        raise CannotScore(
            f"The day must be from {service.starts_on:%-d %B %Y}, when the service began, to today."
        )
    standing = service.scored_reviews.filter(replaced_by__isnull=True)
    if replaces is not None and not standing.contains(replaces):
        raise CannotScore("That review is another service’s, or was replaced already.")
    same_day = standing.filter(reviewed_on=scored.on)
    if replaces is not None:
        same_day = same_day.exclude(pk=replaces.pk)
    if same_day.exists():
        raise CannotScore("A review of that day is recorded already. Correct that one.")
    try:
        total = total_of(scored.scores)
    except ValueError as error:
        raise CannotScore(str(error)) from None
    review = ScoredReview.objects.create(
        service=service,
        reviewed_on=scored.on,
        reviewers=scored.reviewers,
        summary=scored.summary,
        total=total,
        replaces=replaces,
        recorded_by=actor,
        recorded_at=at,
    )
    FidelityScore.objects.bulk_create(
        FidelityScore(review=review, item=item, score=score) for item, score in sorted(scored.scores.items())
    )
    record(actor=actor, action="fidelity.recorded", subject=str(service), at=at, total=total)
    return review
