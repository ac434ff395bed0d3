"""Verifiers who meet each other, and a close (catalogue P1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from accounts.models import User
from funders.models import Programme
from mhep.kernel.periods import Month
from mhep.kernel.problems import BusinessRuleError
from outcomes.enums import EventState, Rule
from outcomes.models import EventStep, OutcomeEvent
from outcomes.services.imports import import_outcomes
from outcomes.services.verification import query_event, reject_event, verify_event, void_event
from payments.models import Charge
from tests.concurrency.programmes import APRIL, AT, EVENT_HEADINGS, a_programme, close
from tests.shared.sessions import at_once

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS, TRIALS = 20, 4
IN_APRIL = datetime(2026, 4, 20, 9, tzinfo=UTC)


def waiting(programme: Programme) -> list[int]:
    """Store job starts that wait, and return their keys."""
    rows = "".join(f"E{n},p{n},JOB,2026-04-10,,,,2026-04-11,,\n" for n in range(EVENTS))
    content = (EVENT_HEADINGS + rows).encode()
    import_outcomes(programme_id=programme.pk, content=content, actor=None, at=AT)
    return list(OutcomeEvent.objects.filter(programme=programme).order_by("pk").values_list("pk", flat=True))


def outcome_of(action: Callable[[], object]) -> Callable[[], bool]:
    """Return an action that tells whether it was taken or refused."""

    def attempt() -> bool:
        try:
            action()
        except BusinessRuleError:
            return False
        return True

    return attempt


def verifying_one(key: int, actor: User) -> Callable[[], object]:
    return lambda: verify_event(event_id=key, actor=actor, at=IN_APRIL)


def voiding_one(key: int, actor: User) -> Callable[[], object]:
    day = IN_APRIL.date()
    return lambda: void_event(event_id=key, voided_on=day, reason="x", actor=actor, at=AT)


def closing(programme: Programme) -> Callable[[], object]:
    return lambda: close(programme, APRIL)


def test_of_two_verifiers_one_is_first_and_the_other_is_told() -> None:
    programme = a_programme("TWO", people=EVENTS)
    people = [User.objects.create_user(f"verifier-{number}@example.org") for number in range(2)]
    for key in waiting(programme)[:6]:
        done = at_once(
            [outcome_of(lambda u=u, key=key: verify_event(event_id=key, actor=u, at=AT)) for u in people]  # type: ignore[misc]
        )
        assert sorted(done) == [False, True]
        assert EventStep.objects.filter(event=key, to_state=EventState.VERIFIED).count() == 1


def test_verify_query_and_reject_at_once_leave_one_of_them() -> None:
    programme = a_programme("THREE", people=EVENTS)
    actor = User.objects.create_user("verifier@example.org")
    for key in waiting(programme)[:6]:
        given = {"event_id": key, "actor": actor, "at": AT}
        done = at_once(
            [
                outcome_of(lambda g=given: verify_event(**g)),  # type: ignore[misc]
                outcome_of(lambda g=given: query_event(about=Rule.OTHER, question="?", **g)),  # type: ignore[misc]
                outcome_of(lambda g=given: reject_event(about=Rule.OTHER, reason="x", cure="y", **g)),  # type: ignore[misc]
            ]
        )
        steps = list(EventStep.objects.filter(event=key).order_by("pk").values_list("to_state", flat=True))
        # A query may be followed by a rejection; nothing else follows on anything.
        assert steps[1:] in (["VERIFIED"], ["QUERIED"], ["REJECTED"], ["QUERIED", "REJECTED"])
        assert sum(done) == len(steps) - 1


@pytest.mark.parametrize("trial", range(TRIALS))
def test_p1_an_event_verified_while_its_month_closes_is_charged_in_exactly_one_month(trial: int) -> None:
    programme = a_programme(f"RACE-{trial}", people=EVENTS)
    actor = User.objects.create_user(f"verifier-{trial}@example.org")
    keys = waiting(programme)
    verifying = [verifying_one(key, actor) for key in keys]
    half = len(verifying) // 2
    at_once([*verifying[:half], closing(programme), *verifying[half:]])
    close(programme, APRIL + 1)

    charged = Counter(Charge.objects.filter(kind="CHARGE").values_list("event", "month__first_day"))
    assert len(charged) == EVENTS
    falls_in = dict(OutcomeEvent.objects.values_list("pk", "falls_in"))
    assert dict(charged.keys()) == falls_in
    assert {Month.of(month) for month in falls_in.values() if month} <= {APRIL, APRIL + 1}


def test_p1_an_event_voided_while_its_month_closes_is_credited_once() -> None:
    programme = a_programme("VOIDS", people=EVENTS)
    actor = User.objects.create_user("verifier@example.org")
    keys = waiting(programme)
    for key in keys:
        verify_event(event_id=key, actor=actor, at=IN_APRIL)
    voiding = [voiding_one(key, actor) for key in keys]
    at_once([*voiding, closing(programme)])
    close(programme, APRIL + 1)

    net: Counter[int] = Counter()
    for event, amount in Charge.objects.filter(event__isnull=False).values_list("event", "amount_minor"):
        net[event or 0] += amount
    assert all(amount == 0 for amount in net.values())
    assert OutcomeEvent.objects.filter(voided_on__isnull=False).count() == EVENTS
