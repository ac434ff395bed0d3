"""Who did what: written with the change, kept for good, and told to the database's own history."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from audit.models import AuditEvent
from audit.services import acting, record
from outcomes.models import EventStep, OutcomeEvent
from tests.cast import AT, Cast

pytestmark = pytest.mark.django_db


def test_a_record_says_who_did_what_to_what_when_and_with_which_details(cast: Cast) -> None:
    record(actor=cast.finance, action="month.closed", subject="WL-IPS 2026-04", at=AT, documents=3)
    event = AuditEvent.objects.get(subject="WL-IPS 2026-04")
    assert (event.actor, event.action, event.at) == (cast.finance, "month.closed", AT)
    assert event.details == {"documents": 3}


def test_what_the_system_did_by_itself_has_no_actor() -> None:
    record(actor=None, action="month.closed", subject="WL-IPS 2026-04", at=AT)
    assert AuditEvent.objects.get().actor is None


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_auditevent SET action = 'other'", "DELETE FROM audit_auditevent"]
)
def test_the_database_changes_and_deletes_no_record(statement: str) -> None:
    record(actor=None, action="month.closed", subject="WL-IPS 2026-04", at=AT)
    with (
        pytest.raises(DatabaseError, match="audit_auditevent is append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEvent.objects.get().action == "month.closed"


def test_the_history_of_an_event_names_who_acted_and_why_and_nobody_afterwards(cast: Cast) -> None:
    event = OutcomeEvent.objects.get(reference="E-005")
    with acting(cast.analyst, reason="Payslip missing"):
        OutcomeEvent.objects.filter(pk=event.pk).update(job="first")
    OutcomeEvent.objects.filter(pk=event.pk).update(job="second")
    *_, named, unnamed = EventStep.objects.filter(event=event).order_by("pk")
    assert (named.actor, named.reason) == (cast.analyst, "Payslip missing")
    assert (unnamed.actor, unnamed.reason) == (None, "")
