"""What each outcome type of a programme is in the pathway from referral to lasting work."""

from __future__ import annotations

from funders.models import OutcomeType, Programme
from funders.selectors import sustainment_of
from performance.rules.facts import OutcomeKind, kind_of


def kinds_of(programme: Programme) -> dict[int, OutcomeKind]:
    """Return the kind of each outcome type of the programme, by key, in one query."""
    types = programme.outcome_types.select_related("requires", "sustainment")
    return {each.pk: _kind(each) for each in types}


def _kind(outcome: OutcomeType) -> OutcomeKind:
    sustainment = sustainment_of(outcome)
    required = outcome.requires
    after_a_job = required is not None and kind_of(required.code, None, None) is OutcomeKind.JOB_START
    return kind_of(
        outcome.code,
        sustainment.weeks if sustainment else None,
        outcome.min_days_after if after_a_job else None,
    )
