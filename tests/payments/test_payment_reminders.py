"""Funders are reminded of what they have to pay by stages, and the log says what was sent."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services.digests import send_digest
from accounts.services.reminding import reminders_of
from payments.models import Document, PaymentReminder
from tests.cast import Cast
from tests.payments.approving import another_approver
from tests.payments.late import april_late, charged, pay, proposed

pytestmark = pytest.mark.django_db

STAGES = {
    -8: set[str](),
    -7: {"1 invoice falls due within 7 days (WL-IPS)"},
    0: {"1 invoice is due and not paid yet (WL-IPS)"},
    7: {"1 invoice is 7 days overdue or more (WL-IPS)"},
    14: {"1 invoice is 14 days overdue or more (WL-IPS)"},
    30: {"1 invoice is 30 days overdue or more (WL-IPS)"},
}


def nine_of(document: Document, days_late: int) -> datetime:
    """Return nine o'clock in London so many days after the due date."""
    day = document.due_on + timedelta(days=days_late)
    return datetime.fromisoformat(f"{day.isoformat()}T08:00:00+00:00")


def told(user: User, at: datetime) -> set[str]:
    return {each.text for each in reminders_of(user, at)}


def send_to(user: User, at: datetime) -> None:
    send_digest(user.pk, at.date(), at=at)


@pytest.mark.parametrize("days", STAGES)
def test_the_approver_is_reminded_by_the_stage_and_other_funders_are_not(days: int) -> None:
    cast, invoice = april_late()
    at = nine_of(invoice, days)
    assert told(cast.approver, at) == STAGES[days]
    assert told(cast.commissioner, at) == set()
    assert told(cast.other_commissioner, at) == set()


def test_what_is_paid_is_reminded_of_no_more_and_what_is_paid_in_part_is() -> None:
    cast, invoice = april_late()
    pay(cast.programme, invoice, 100_00, days_late=1)
    assert told(cast.approver, nine_of(invoice, 9)) == STAGES[7]
    pay(cast.programme, invoice, invoice.gross_minor - 100_00, days_late=8)
    assert told(cast.approver, nine_of(invoice, 9)) == set()


def test_the_letter_counts_and_names_no_invoice_and_the_log_says_which_it_was() -> None:
    cast, invoice = april_late()
    send_to(cast.approver, nine_of(invoice, 7))
    (letter,) = mail.outbox
    assert "1 invoice is 7 days overdue or more (WL-IPS)" in letter.body
    assert "INV-" not in letter.body
    assert "1,200" not in letter.body
    kept = PaymentReminder.objects.get()
    assert (kept.document, kept.stage, kept.recipient) == (invoice, "LATE_7", cast.approver)


def test_each_stage_is_logged_once_for_each_person() -> None:
    cast, invoice = april_late()
    second = another_approver(cast)
    for days in (7, 8, 14):
        send_to(cast.approver, nine_of(invoice, days))
    send_to(second, nine_of(invoice, 8))
    logged = PaymentReminder.objects.order_by("sent_at", "pk").values_list("stage", "recipient")
    assert list(logged) == [
        ("LATE_7", cast.approver.pk),
        ("LATE_7", second.pk),
        ("LATE_14", cast.approver.pk),
    ]


def test_a_letter_about_something_else_or_none_is_not_logged() -> None:
    cast, invoice = april_late()
    send_to(cast.analyst, nine_of(invoice, 7))
    assert len(mail.outbox) == 1
    pay(cast.programme, invoice, invoice.gross_minor, days_late=1)
    send_to(cast.approver, nine_of(invoice, 7))
    assert len(mail.outbox) == 1
    assert not PaymentReminder.objects.exists()


def test_the_page_of_the_invoice_shows_the_log_to_both_sides(client: Client) -> None:
    cast, invoice = april_late()
    send_to(cast.approver, nine_of(invoice, 0))
    for person in (cast.finance, cast.approver):
        client.force_login(person)
        client.get("/account/")
        page = client.get(reverse("payments:document-detail", args=["WL-IPS", "INV-000001"])).text
        assert "Due: 2 August 2026, 1 person" in page
    (found,) = reminders_of(cast.approver, nine_of(invoice, 0))
    assert client.get(found.url).status_code == 200


def operator_told(cast: Cast, user: User, at: datetime) -> set[str]:
    return {each for each in told(user, at) if "overdue" in each or "claim" in each}


def test_finance_is_told_of_what_is_thirty_days_overdue_until_somebody_decides() -> None:
    cast, invoice = april_late()
    overdue = {"1 invoice is 30 days overdue: propose interest for it or waive it (WL-IPS)"}
    assert operator_told(cast, cast.finance, nine_of(invoice, 29)) == set()
    assert operator_told(cast, cast.finance, nine_of(invoice, 30)) == overdue
    assert operator_told(cast, cast.analyst, nine_of(invoice, 30)) == set()
    proposed(invoice, cast.finance)
    assert operator_told(cast, cast.finance, nine_of(invoice, 30)) == set()
    waits = {"1 claim waits for a second person (WL-IPS)"}
    assert operator_told(cast, cast.administrator, nine_of(invoice, 30)) == waits


def test_a_charged_claim_is_no_ones_to_do_any_more() -> None:
    cast, invoice = april_late()
    charged(cast, invoice)
    assert operator_told(cast, cast.finance, nine_of(invoice, 31)) == set()


def test_the_database_refuses_to_change_the_log() -> None:
    cast, invoice = april_late()
    send_to(cast.approver, nine_of(invoice, 0))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE payments_paymentreminder SET stage = 'LATE_30'")
