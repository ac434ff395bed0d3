"""Outcomes that a program logs: judged and stored like the rows of a file, for they are the same facts."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from funders.models import Programme
from mhep.shared.tables import Rejection, Row
from outcomes.models import OutcomeEvent
from outcomes.services.claims import LETTERS
from outcomes.services.imports import take_outcomes
from participants.services.taking import Taking

RANDOM_LENGTH = 10  # of a reference that the sender did not give: none is met twice


@dataclass(frozen=True, slots=True)
class Filing:
    """What a program says of one outcome; without a reference of its own it gets one."""

    participant: str
    outcome: str
    outcome_date: date
    hours_per_week: Decimal | None = None
    job: str = ""
    evidence: tuple[str, ...] = ()
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of one outcome: the event, new or known before, or every rule that it breaks."""

    reference: str
    event: OutcomeEvent | None
    is_new: bool
    rejections: tuple[Rejection, ...]


@transaction.atomic
def file_outcomes(
    filings: Sequence[Filing],
    *,
    programme: Programme,
    providers: frozenset[int] | None,
    actor: User,
    at: datetime,
) -> list[Filed]:
    """
    Log outcomes as submitted today where the programme runs; return what became of each, in their order.

    One that is known with the same facts changes nothing. The actor can verify none of them.

    :param providers: whose people the outcomes may be about; ``None`` for everybody's.
    """
    today = programme.local_date(at)
    references = [each.reference or _reference() for each in filings]
    rows = [
        Row(number, _cells(filing, reference, today))
        for number, (filing, reference) in enumerate(zip(filings, references, strict=True))
    ]
    taking = Taking(programme.pk, actor, at, providers=providers, submitted_on=today, is_file=False)
    report = take_outcomes(rows, taking)
    events = _events(programme, references)
    broken: dict[int, list[Rejection]] = {}
    for rejection in report.rejections:
        broken.setdefault(rejection.row, []).append(rejection)
    return [
        Filed(
            reference=reference,
            event=None if number in broken else events[reference],
            is_new=reference in report.references and number not in broken,
            rejections=tuple(broken.get(number, ())),
        )
        for number, reference in enumerate(references)
    ]


def _cells(filing: Filing, reference: str, today: date) -> tuple[str, ...]:
    """Return the cells of a row as a file would have them, in the order of its headings."""
    hours = filing.hours_per_week
    return (
        reference,
        filing.participant,
        filing.outcome,
        filing.outcome_date.isoformat(),
        "" if hours is None else f"{hours:f}",
        filing.job,
        ";".join(filing.evidence),
        today.isoformat(),
        "",
        "",
    )


def _reference() -> str:
    return f"E-{''.join(secrets.choice(LETTERS) for _ in range(RANDOM_LENGTH))}"


def _events(programme: Programme, references: Sequence[str]) -> Mapping[str, OutcomeEvent]:
    events = OutcomeEvent.objects.filter(programme=programme, reference__in=references)
    related = events.select_related("outcome_type", "participant", "service")
    return {event.reference: event for event in related}
