"""Who needs something today, and why (practice: IPS fidelity, first employer contact within 30 days)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

EMPLOYER_CONTACT_WITHIN = timedelta(days=30)
QUIET_AFTER = timedelta(days=21)
CLAIM_FORESEEN = timedelta(days=28)
FULL_CASELOAD = 20  # people per full-time specialist


class NeedKind(Enum):
    """What may be needed, the most pressing first among those due on one day."""

    QUERY = "query"
    CLAIM = "claim"
    CONSENT = "consent"
    EMPLOYER_CONTACT = "employer contact"
    CLAIM_SOON = "claim soon"
    QUIET = "quiet"


RANK = {kind: place for place, kind in enumerate(NeedKind)}


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A sustained outcome on its way, or reached and not claimed yet."""

    outcome: str
    claimable_on: date
    is_reached: bool
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """An outcome that came back with a question."""

    event: str
    asked_on: date
    question: str
    event_id: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one person on the caseload. Days are civil days of the programme."""

    referred_on: date | None
    started_on: date | None
    consented_on: date | None
    first_employer_contact_on: date | None
    last_activity_on: date | None
    foreseen: tuple[Foreseen, ...] = ()
    queries: tuple[Query, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to do: by when, and why, in words; ``event_id`` is the outcome that it is about, if any."""

    kind: NeedKind
    due_on: date
    why: str
    event_id: int | None = None


def needs_of(standing: Standing, today: date) -> list[Need]:
    """Return what the person needs, the most urgent first."""
    needs = [
        *_queries(standing),
        *_claims(standing, today),
        *_consent(standing, today),
        *_employer_contact(standing),
        *_quiet(standing, today),
    ]
    return sorted(needs, key=lambda need: (need.due_on, RANK[need.kind]))


def most_people(full_time_percents: Iterable[int]) -> int:
    """Return how many people specialists may help: 20 each who works full time, rounded down in all."""
    return FULL_CASELOAD * sum(full_time_percents) // 100


def _queries(standing: Standing) -> Iterator[Need]:
    for query in standing.queries:
        asked = f": {query.question}" if query.question else ""
        yield Need(
            NeedKind.QUERY, query.asked_on, f"Answer the question about {query.event}{asked}", query.event_id
        )


def _claims(standing: Standing, today: date) -> Iterator[Need]:
    for each in standing.foreseen:
        proof = f" Collect: {each.evidence}." if each.evidence else ""
        if each.is_reached:
            yield Need(NeedKind.CLAIM, each.claimable_on, f"{each.outcome} can be claimed.{proof}")
        elif each.claimable_on - today <= CLAIM_FORESEEN:
            days = (each.claimable_on - today).days
            more = f"{days} more day{'' if days == 1 else 's'}"
            yield Need(NeedKind.CLAIM_SOON, each.claimable_on, f"{each.outcome}: {more}.{proof}")


def _consent(standing: Standing, today: date) -> Iterator[Need]:
    if standing.consented_on is None:
        due_on = standing.started_on or standing.referred_on or today
        yield Need(NeedKind.CONSENT, due_on, "Consent to share data is missing. Nothing can be claimed.")


def _employer_contact(standing: Standing) -> Iterator[Need]:
    if standing.started_on is not None and standing.first_employer_contact_on is None:
        due_on = standing.started_on + EMPLOYER_CONTACT_WITHIN
        yield Need(NeedKind.EMPLOYER_CONTACT, due_on, "First contact with an employer, within 30 days.")


def _quiet(standing: Standing, today: date) -> Iterator[Need]:
    last = standing.last_activity_on or standing.started_on
    if last is not None and today - last >= QUIET_AFTER:
        days = (today - last).days
        yield Need(NeedKind.QUIET, last + QUIET_AFTER, f"No support has been noted for {days} days.")
