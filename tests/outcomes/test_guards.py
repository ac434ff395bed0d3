"""
The database itself refuses what must never be true of an event (catalogue N3, N4, P2, D5).

Each guard is attacked with plain SQL by the owner of the tables. April is closed, May is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from pytest_django import DjangoDbBlocker

from accounts.models import User
from tests.payments.attacked import attacked_programme, insert, row_of, run

pytestmark = pytest.mark.django_db  # each test in a savepoint of the one transaction of this module

Attack = Callable[[], object]
EVENT = "SELECT * FROM outcomes_outcomeevent WHERE reference = 'N1'"


@pytest.fixture(scope="module", autouse=True)
def programme(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Keep one programme for all attacks; nothing of it stays."""
    with django_db_blocker.unblock(), transaction.atomic():
        attacked_programme()
        for name in ("writer", "checker"):
            User.objects.create_user(f"{name}@example.org")
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("SET CONSTRAINTS ALL DEFERRED")
        yield
        transaction.set_rollback(True)


def sql(statement: str) -> Attack:
    return lambda: run(statement)


def changed(reference: str, assignments: str) -> Attack:
    return lambda: run(f"UPDATE outcomes_outcomeevent SET {assignments} WHERE reference = '{reference}'")  # noqa: S608


def recorded(**changes: Any) -> Attack:
    """Return an attack that stores a new event: a copy of one that waits, for a person without any."""

    def attack() -> None:
        person = run("SELECT id FROM participants_participant WHERE reference = 'p8'")[0][0]
        insert(
            "outcomes_outcomeevent", row_of(EVENT) | {"reference": "X1", "participant_id": person} | changes
        )

    return attack


VERIFIED = {"state": "VERIFIED", "verified_on": "2026-05-10", "falls_in": "2026-05-01"}
WRITER, CHECKER = (
    f"(SELECT id FROM accounts_user WHERE email = '{name}@example.org')"  # noqa: S608
    for name in ("writer", "checker")
)
BY_ANOTHER = f"submitted_by_id = {WRITER}, verified_by_id = {CHECKER}"
IN_MAY = "state = 'VERIFIED', verified_on = '2026-05-10', falls_in = '2026-05-01'"

ATTACKS: dict[str, tuple[Attack, str]] = {
    "a verifier is not the submitter": (
        changed("N1", f"submitted_by_id = {WRITER}, verified_by_id = {WRITER}, {IN_MAY}"),
        "outcomes_event_verifier_is_not_submitter",
    ),
    "a verified event has a verifier": (
        changed("N1", IN_MAY),
        "needs a verifier who neither submitted nor edited it",
    ),
    **{
        f"the {column} of a verified event is never changed": (
            changed("J1", f"{column} = {value}"),
            "event J1 is verified: void it and record it anew",
        )
        for column, value in {
            "outcome_date": "'2026-04-09'",
            "hours_per_week": "40",
            "job": "'other'",
            "evidence": "ARRAY['payslip']",
            "participant_id": "participant_id + 1",
            "reference": "'J9'",
            "state": "'SUBMITTED'",
            "verified_on": "'2026-04-21'",
            "verified_by_id": WRITER,
            "submitted_on": "'2026-04-12'",
            "falls_in": "'2026-05-01'",
            "prerequisite_id": "id",
        }.items()
    },
    "a verified event is never deleted": (
        sql("DELETE FROM outcomes_outcomeevent WHERE reference = 'J1'"),
        "event J1 was submitted: void it instead of deleting it",
    ),
    "a submitted event is never deleted": (
        sql("DELETE FROM outcomes_outcomeevent WHERE reference = 'N1'"),
        "event N1 was submitted: void it instead of deleting it",
    ),
    "a voided event stays voided": (
        changed("V1", "voided_on = NULL, own_voided_on = NULL, void_falls_in = NULL"),
        "event V1 is voided and cannot be changed",
    ),
    "a void is not moved": (
        changed("V1", "voided_on = '2026-05-06'"),
        "event V1 is voided and cannot be changed",
    ),
    "no event falls in a closed month": (
        recorded(**VERIFIED | {"verified_on": "2026-05-03", "falls_in": "2026-04-01"}),
        "the event falls in a closed month",
    ),
    "no event is verified into a closed month": (
        changed("N1", f"{BY_ANOTHER}, {IN_MAY}".replace("2026-05-01", "2026-04-01")),
        "the event falls in a closed month",
    ),
    "no void falls in a closed month": (
        changed("J1", "voided_on = '2026-04-30', void_falls_in = '2026-04-01'"),
        "the event falls in a closed month",
    ),
    "no event is put off to a later month": (
        recorded(**VERIFIED | {"falls_in": "2026-06-01"}),
        "an event falls in the month of its date",
    ),
    "no event falls in no month's first day": (
        recorded(**VERIFIED | {"falls_in": "2026-05-02"}),
        "an event falls in the month of its date",
    ),
    "no verification is put off to a later month": (
        changed("N1", f"{BY_ANOTHER}, {IN_MAY}".replace("2026-05-01", "2026-06-01")),
        "an event falls in the month of its date",
    ),
    "no void is put off to a later month": (
        changed("J1", "voided_on = '2026-05-10', void_falls_in = '2026-06-01'"),
        "an event falls in the month of its date",
    ),
    "a verified event has its date and its month": (
        recorded(state="VERIFIED"),
        "outcomes_event_verified_with_date_and_month",
    ),
    "an event that is not verified has neither": (
        recorded(verified_on="2026-05-10"),
        "outcomes_event_verified_with_date_and_month",
    ),
    "a void has its month": (changed("J1", "voided_on = '2026-05-10'"), "outcomes_event_voided_with_month"),
    "no event is verified before it is submitted": (
        recorded(**VERIFIED | {"submitted_on": "2026-05-11"}),
        "outcomes_event_not_verified_before_submission",
    ),
    "no event is submitted before it happens": (
        recorded(outcome_date="2026-05-04"),
        "outcomes_event_not_in_the_future",
    ),
    "a reference is there once": (recorded(reference="J1"), "outcomes_event_reference_once"),
    "an outcome is claimed once by a person": (
        lambda: insert("outcomes_outcomeevent", row_of(EVENT) | {"reference": "X1"}),
        "outcomes_event_once_per_participant_or_job",
    ),
    "the history of an event is never changed": (
        sql("UPDATE outcomes_eventstep SET reason = 'other'"),
        "outcomes_eventstep is append-only: update refused",
    ),
    "the history of an event is never deleted": (
        sql("DELETE FROM outcomes_eventstep"),
        "outcomes_eventstep is append-only: delete refused",
    ),
    "a participant's reference is there once": (
        lambda: insert("participants_participant", row_of("SELECT * FROM participants_participant")),
        "participants_participant_reference_once",
    ),
    "a participant with events is kept": (
        sql("DELETE FROM participants_participant WHERE reference = 'p1'"),
        "violates foreign key constraint",
    ),
    "a start is not before the referral": (
        sql("UPDATE participants_participant SET started_on = '2026-03-31'"),
        "participants_participant_not_started_before_referral",
    ),
}


def attempt(attack: Attack) -> None:
    """Make the attack and look at once at what the database else looks at when a transaction commits."""
    with transaction.atomic():
        attack()
        run("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(("attack", "refusal"), ATTACKS.values(), ids=ATTACKS.keys())
def test_the_database_refuses(attack: Attack, refusal: str) -> None:
    with pytest.raises(DatabaseError, match=refusal):
        attempt(attack)


def test_the_same_changes_are_taken_where_they_are_right() -> None:
    """The attacks fail for what they change, not for how they are made."""
    attempt(recorded(**VERIFIED))
    attempt(changed("N1", f"{BY_ANOTHER}, {IN_MAY}"))
    attempt(changed("J1", "voided_on = '2026-04-30', void_falls_in = '2026-05-01'"))


def test_every_step_is_kept_whatever_route_changed_the_event() -> None:
    attempt(changed("J1", "voided_on = '2026-05-30', void_falls_in = '2026-05-01', void_reason = 'mistaken'"))
    steps = run(
        "SELECT from_state, to_state, reason FROM outcomes_eventstep s"
        " JOIN outcomes_outcomeevent e ON e.id = s.event_id WHERE e.reference = 'J1' ORDER BY s.id"
    )
    assert steps == [("", "VERIFIED", "import"), ("VERIFIED", "VOIDED", "mistaken")]


def test_a_late_fact_falls_in_the_open_month_with_its_true_date() -> None:
    """Catalogue P2, P4: into a closed month by plain SQL, only as the open month's."""
    attempt(recorded(**VERIFIED | {"verified_on": "2026-05-03", "outcome_date": "2026-04-15"}))
    assert row_of("SELECT * FROM outcomes_outcomeevent WHERE reference = 'X1'")["falls_in"].month == 5
