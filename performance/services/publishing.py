"""Publish the tables of a contract under disclosure control: once for each closed month, and for good."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from django.db import transaction

from funders.models import Programme
from mhep.kernel.periods import Month
from performance.models import DisclosureRuling, PublishedMonth
from performance.rules.disclosure.publication import kept, next_month
from performance.rules.profiles import SUBJECTS
from performance.selectors.disclosure import ruling_of
from performance.selectors.publications import PUBLISHED, places_of, published_table, table_name
from performance.selectors.results import By, Results, closed_months, results_by


@transaction.atomic
def publish_closed_months(*, programme_id: int, at: datetime) -> int:
    """
    Publish every closed month that is not published yet, in order, and return how many tables that made.

    Safe to run again at any time; somebody who publishes the same programme is waited for. Without a ruling
    nothing is published. Counts are those that stood when the month was closed.
    """
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme_id)
    ruling = ruling_of(programme)
    if ruling is None:
        return 0
    closed = sorted(closed_months(programme))
    results = results_by(programme, By[ruling.published_by], frozen=True)
    return sum(_publish(ruling, subject, closed, results, at) for subject in PUBLISHED)


def _publish(
    ruling: DisclosureRuling, subject: str, closed: list[Month], results: Results, at: datetime
) -> int:
    """Publish the months of one table that follow those that are there."""
    name = table_name(ruling.published_by, subject)
    places = places_of(ruling.programme, ruling.published_by)
    rows = list(PublishedMonth.objects.filter(programme=ruling.programme, table=name))
    known = {
        (place, str(Month.of(row.first_day))): count for row in rows for place, count in row.counts.items()
    }
    last = max((Month.of(row.first_day) for row in rows), default=None)
    waiting = [month for month in closed if last is None or month > last]
    for month in waiting:
        counts = _counts(results, places, subject, month, known)
        known |= {(place, str(month)): count for place, count in counts.items()}
        before = published_table(ruling.programme, ruling.published_by, subject)
        PublishedMonth.objects.create(
            programme=ruling.programme,
            ruling=ruling,
            table=name,
            first_day=month.first_day,
            counts=counts,
            shown=kept(next_month(before, known, str(month), ruling.rule)),
            published_at=at,
        )
    return len(waiting)


def _counts(
    results: Results,
    places: dict[int | None, str],
    subject: str,
    month: Month,
    before: dict[tuple[str, str], int],
) -> dict[str, int]:
    """
    Return the count of each place that the month brings, nobody below zero.

    Where more was voided than achieved, later months make up for it before they count.
    """
    to_date: Counter[str] = Counter()
    for (place, when), facts in results.items():
        if when <= month and place in places:
            to_date[places[place]] += getattr(facts, SUBJECTS[subject].top)
    for (code, _), count in before.items():
        to_date[code] -= count
    return {code: max(to_date[code], 0) for code in places.values()}
