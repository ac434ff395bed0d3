"""What the pages of fidelity reviews show, and the reviews as a sheet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from funders.models import Programme
from mhep.shared.sheets import Sheet
from performance.models import ScoredReview
from performance.rules.fidelity import ITEMS, Item, SectionSum, sums_of, to_work_on

FIRST_TO_WORK_ON = 5


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One item with its score, and what it was scored the time before."""

    item: Item
    score: int
    before: int | None

    @property
    def change(self) -> str:
        """How the score moved, in words and with a sign; empty where there is nothing to compare."""
        if self.before is None or self.before == self.score:
            return "" if self.before is None else "As before"
        moved = self.score - self.before
        return f"▲ up {moved}" if moved > 0 else f"▼ down {-moved}"


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One review: its sections, its items, what to work on, the ones around it, and the file's total."""

    review: ScoredReview
    sections: list[SectionSum]
    rows: list[ScoreRow]
    work_on: list[Item]
    trend: list[ScoredReview]
    before: ScoredReview | None
    filed: int | None


def reviews_to_see(user: User, programme: Programme) -> QuerySet[ScoredReview]:
    """Return the reviews that stand and that the user may read, the newest first."""
    reviews = ScoredReview.objects.visible_to(user).filter(
        service__programme=programme, replaced_by__isnull=True
    )
    return reviews.select_related("service")


def review_page(review: ScoredReview) -> ReviewPage:
    """Return what the page of a review shows."""
    scores = _scores(review)
    trend = list(review.service.scored_reviews.filter(replaced_by__isnull=True).order_by("reviewed_on", "pk"))
    earlier = [each for each in trend if each.reviewed_on < review.reviewed_on]
    before = earlier[-1] if earlier else None
    scores_before = _scores(before) if before else {}
    filed = review.service.fidelity_reviews.filter(reviewed_on=review.reviewed_on).last()
    return ReviewPage(
        review=review,
        sections=sums_of(scores),
        rows=[ScoreRow(item, scores[item.number], scores_before.get(item.number)) for item in ITEMS],
        work_on=to_work_on(scores, scores_before)[:FIRST_TO_WORK_ON],
        trend=trend,
        before=before,
        filed=filed.score if filed else None,
    )


def fidelity_sheet(reviews: Iterable[ScoredReview]) -> Sheet:
    """Return reviews with the score of each item as a table to download."""
    return Sheet(
        "Fidelity reviews",
        ("Service", "Day", "Who reviewed", "Total", "Band", *(f"{i.number}. {i.name}" for i in ITEMS)),
        [
            (
                review.service.name,
                review.reviewed_on,
                review.reviewers,
                review.total,
                review.band.label,
                *_scores(review).values(),
            )
            for review in reviews
        ],
    )


def _scores(review: ScoredReview) -> dict[int, int]:
    return {score.item: score.score for score in review.scores.all()}
