"""A small programme with events in every state, for tests of what a verifier does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from accounts.models import User
from funders.models import Programme
from outcomes.enums import VOIDED, EventState, Rule
from outcomes.models import OutcomeEvent
from outcomes.services.imports import import_outcomes
from outcomes.services.verification import query_event, reject_event, verify_event, void_event
from participants.services import import_participants
from payments.services.programme_file import load_programme

AT = datetime(2026, 6, 10, 9, tzinfo=UTC)
TODAY = date(2026, 6, 10)

PROGRAMME = b"""
programme: {code: VERIFY, name: Verification, currency: GBP, starts_on: 2026-04-01, ends_on: 2027-03-31,
  operator: {code: VERIFIER, name: Operator}}
providers: [{code: P1, name: Provider}]
services: [{code: S1, provider: P1, name: Service, starts_on: 2026-04-01}]
outcomes:
  - {code: JOB, name: Job start, once_per: job, min_hours: 16, window_days: 365, submit_within_days: 60,
     evidence_any_of: [payslip, time_slip]}
  - {code: KEPT, name: Job kept, once_per: job, requires: JOB, min_days_after: 20}
  - {code: THANKS, name: Letter of thanks, once_per: job, requires: KEPT}
funders: [{code: F1, name: Funder, kind: local}]
agreements:
  - {ref: A, funder: F1, terms: [{ref: job, outcome: JOB, price: {fixed: "100.00"}}]}
"""
PARTICIPANTS = "participant,service,area,cohort,referred_on,started_on,consented_on\n" + "".join(
    f"p{number},S1,,,2026-04-01,2026-04-01,2026-04-01\n" for number in range(1, 10)
)
HEADINGS = (
    "event,participant,outcome,outcome_date,hours_per_week,job,evidence,submitted_on,verified_on,voided_on\n"
)
# p1 has a chain of three, the last not verified.
CHAIN = """\
C1,p1,JOB,2026-04-10,20,j,payslip,2026-04-11,2026-04-20,
C2,p1,KEPT,2026-05-05,,j,,2026-05-06,2026-05-07,
C3,p1,THANKS,2026-05-08,,j,,2026-05-09,,
"""


def a_programme() -> Programme:
    """Return the programme with nothing but people in it; April is open."""
    programme = load_programme(PROGRAMME, actor=None, at=AT).programme
    import_participants(programme_id=programme.pk, content=PARTICIPANTS.encode(), actor=None, at=AT)
    return programme


def add(programme: Programme, rows: str, actor: User | None = None) -> None:
    """Store rows of an outcomes file."""
    report = import_outcomes(
        programme_id=programme.pk, content=(HEADINGS + rows).encode(), actor=actor, at=AT
    )
    assert not report.rejections, report.rejections


def event(reference: str) -> OutcomeEvent:
    return OutcomeEvent.objects.get(reference=reference)


def submitted(programme: Programme, reference: str = "E1", person: str = "p2") -> OutcomeEvent:
    """Return a new event that waits."""
    add(programme, f"{reference},{person},JOB,2026-05-01,20,{reference},payslip,2026-05-02,,\n")
    return event(reference)


def in_state(programme: Programme, state: str, verifier: User) -> OutcomeEvent:
    """Return an event that came into the state by the services; a draft, which none makes, by the table."""
    found = submitted(programme)
    moves: dict[str, Callable[[], object]] = {
        EventState.DRAFT: lambda: _as_draft(found),
        EventState.SUBMITTED: lambda: None,
        EventState.QUERIED: lambda: query_event(
            event_id=found.pk, about=Rule.OTHER, question="Why?", actor=verifier, at=AT
        ),
        EventState.REJECTED: lambda: reject_event(
            event_id=found.pk, about=Rule.OTHER, reason="No.", cure="None.", actor=verifier, at=AT
        ),
        EventState.VERIFIED: lambda: verify_event(event_id=found.pk, actor=verifier, at=AT),
        VOIDED: lambda: (
            verify_event(event_id=found.pk, actor=verifier, at=AT),
            void_event(event_id=found.pk, voided_on=TODAY, reason="No.", actor=verifier, at=AT),
        ),
    }
    moves[state]()
    return event(found.reference)


def _as_draft(found: OutcomeEvent) -> None:
    """Store the event's copy as a draft in its place: nothing leads back to a draft."""
    copy = event(found.reference)
    copy.pk, copy.reference, copy.once_key, copy.state = None, "D1", "D1", EventState.DRAFT
    copy.save()
    found.reference = "D1"
