"""Rows as the API writes them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from funders.enums import Direction
from mhep.kernel.money import to_major
from mhep.kernel.periods import Month
from mhep.shared.sealed_ids import Kind, sealed_id
from mhep.shared.tables import Rejection
from outcomes.enums import VOIDED, EventState
from outcomes.models import EventRejection, OutcomeEvent
from payments.selectors.expected import Expected, Share

# The field of the request in which each refusal is mended; what is not here is about all of it.
FIELDS = {
    "unknown_participant": "participant",
    "no_consent": "participant",
    "unknown_outcome": "outcome",
    "already_claimed": "outcome",
    "missing_prerequisite": "outcome",
    "duplicate_event": "reference",
    **dict.fromkeys(("before_start", "in_the_future", "outside_window", "late_submission"), "outcome_date"),
    "too_soon": "outcome_date",
    **dict.fromkeys(("hours_missing", "hours_below_minimum"), "hours_per_week"),
    "evidence_missing": "evidence",
}


def outcome_written(event: OutcomeEvent) -> dict[str, Any]:
    """Return what the API says of an outcome; its type, participant and service are best read with it."""
    hours = event.hours_per_week
    return {
        "id": sealed_id(Kind.EVENT, event.pk),
        "reference": event.reference,
        "participant": event.participant.reference,
        "service": event.service.code,
        "outcome": event.outcome_type.code,
        "outcome_date": event.outcome_date,
        "hours_per_week": None if hours is None else f"{hours:f}",
        "job": event.job,
        "evidence": sorted(event.evidence),
        "state": VOIDED if event.voided_on else event.state,
        "submitted_on": event.submitted_on,
        "verified_on": event.verified_on,
        "falls_in": str(Month.of(event.falls_in)) if event.falls_in else None,
        "voided_on": event.voided_on,
        "question": _question(event),
        "rejection": _rejection(event),
    }


def _question(event: OutcomeEvent) -> str | None:
    if event.state != EventState.QUERIED:
        return None
    known = getattr(event, "open_queries", None)
    queries = event.queries.filter(answered_at__isnull=True) if known is None else known
    return next((query.question for query in queries), None)


def _rejection(event: OutcomeEvent) -> dict[str, str] | None:
    if event.state != EventState.REJECTED:
        return None
    row: EventRejection = event.rejection
    return {"about": row.about, "reason": row.reason, "cure": row.cure}


def fault_written(rejection: Rejection) -> dict[str, str]:
    """Return a rule that is broken, with the field in which it is mended."""
    field = FIELDS.get(rejection.code, "")
    return {"field": field, "code": rejection.code, "message": rejection.message}


def expected_written(expected: Expected, currency: str, own: Collection[int] | None) -> dict[str, Any]:
    """
    Return what is expected for an outcome.

    :param own: the keys of the agreements that a provider may hear of; ``None`` for all that funders pay.
    """
    if own is None:
        shares = [each for each in expected.shares if each.direction == Direction.RECEIVABLE]
    else:
        shares = [each for each in expected.shares if each.agreement_id in own]
    return {
        "statement_month": str(expected.month),
        "amount": to_major(sum(each.amount_minor for each in shares)),
        "currency": currency,
        "shares": [_share(each) for each in shares],
    }


def _share(share: Share) -> dict[str, str]:
    return {
        "agreement": share.ref,
        "party": share.party,
        "term": share.term,
        "amount": to_major(share.amount_minor),
        "entitlement": to_major(share.entitlement_minor),
        "reason": share.reason,
    }
