"""Whether a provider was paid before or after the funders paid, for one outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

BEFORE, SAME_DAY, AFTER = "BEFORE", "SAME_DAY", "AFTER"
FUNDER_OPEN, PROVIDER_OPEN, BOTH_OPEN = "FUNDER_OPEN", "PROVIDER_OPEN", "BOTH_OPEN"
NO_PROVIDER, NO_FUNDER = "NO_PROVIDER", "NO_FUNDER"


def who_paid_first(funders: Sequence[date | None], providers: Sequence[date | None]) -> str:
    """
    Return how the two sides of an outcome stand to each other.

    Each day is the one on which a document with an amount for the outcome was settled in full, None while it
    is not. A side is paid on the last of its days, once none is open.
    """
    if not providers or not funders:
        return NO_FUNDER if providers else NO_PROVIDER
    funder, provider = _paid_on(funders), _paid_on(providers)
    if funder is None or provider is None:
        return BOTH_OPEN if funder is provider else FUNDER_OPEN if funder is None else PROVIDER_OPEN
    if provider == funder:
        return SAME_DAY
    return BEFORE if provider < funder else AFTER


def days_between(funders: Sequence[date | None], providers: Sequence[date | None]) -> int | None:
    """Return by how many days the provider was paid after the funders: below zero if before; None if open."""
    funder, provider = _paid_on(funders), _paid_on(providers)
    return None if funder is None or provider is None else (provider - funder).days


def _paid_on(days: Sequence[date | None]) -> date | None:
    settled = [day for day in days if day is not None]
    return max(settled) if settled and len(settled) == len(days) else None
