"""Decide how small numbers of a programme are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from funders.models import Programme
from mhep.kernel.problems import BusinessRuleError
from performance.models import DisclosureRuling, PublishedMonth
from performance.rules.disclosure import DisclosureRule
from performance.rules.disclosure.rule import check
from performance.selectors.disclosure import ruling_of


class CannotRule(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Ruled:
    """A rule, the places that its tables tell apart, for whom it is, and why."""

    rule: DisclosureRule
    published_by: str
    for_funders: bool
    for_investors: bool
    reason: str


@transaction.atomic
def decide_disclosure(*, programme_id: int, ruled: Ruled, actor: User, at: datetime) -> DisclosureRuling:
    """
    Store a ruling; it holds for what is published from now on.

    :raises CannotRule: if the rule hides too little, or tables of other places have been published.
    """
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme_id)
    if faults := check(ruled.rule):
        raise CannotRule(" ".join(faults))
    before = ruling_of(programme)
    is_published = PublishedMonth.objects.filter(programme=programme).exists()
    if before and is_published and before.published_by != ruled.published_by:
        raise CannotRule(
            f"Tables by {before.get_published_by_display().lower()} have been published. "
            "Tables by other places would tell what they hide."
        )
    rule = ruled.rule
    return DisclosureRuling.objects.create(
        programme=programme,
        threshold=rule.threshold,
        base=rule.base,
        symbol=rule.symbol,
        shows_zeros=rule.shows_zeros,
        percentages=rule.percentages.name,
        published_by=ruled.published_by,
        for_funders=ruled.for_funders,
        for_investors=ruled.for_investors,
        reason=ruled.reason,
        made_by=actor,
        made_at=at,
    )
