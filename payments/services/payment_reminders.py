"""Reminding funders of what they have to pay, by stages, and finance of whoever does not (ADR 0017)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, QuerySet
from django.urls import reverse

from accounts.models import User
from accounts.rules.matrix import Action, Object, Role, allows
from accounts.rules.reminders import Kind, Reminder
from audit.services import record
from funders.enums import Direction, FunderRole
from funders.models import FunderMember, Programme
from payments.enums import DocumentKind, LateClaimState, ReminderStage
from payments.models import Document, LateClaim, PaymentReminder
from payments.rules.due_stages import BEFORE, DAYS, LATE_30, stage_on
from providers.models import OperatorMember

TO_PAY = "Invoices to pay"
STAGES = {
    ReminderStage.BEFORE: Kind(
        TO_PAY, "1 invoice falls due within 7 days", "{count} invoices fall due within 7 days"
    ),
    ReminderStage.DUE: Kind(
        TO_PAY, "1 invoice is due and not paid yet", "{count} invoices are due and not paid yet"
    ),
    ReminderStage.LATE_7: Kind(
        TO_PAY, "1 invoice is 7 days overdue or more", "{count} invoices are 7 days overdue or more"
    ),
    ReminderStage.LATE_14: Kind(
        TO_PAY, "1 invoice is 14 days overdue or more", "{count} invoices are 14 days overdue or more"
    ),
    ReminderStage.LATE_30: Kind(
        TO_PAY, "1 invoice is 30 days overdue or more", "{count} invoices are 30 days overdue or more"
    ),
}
UNDECIDED = Kind(
    "Late payment",
    "1 invoice is 30 days overdue: propose interest for it or waive it",
    "{count} invoices are 30 days overdue: propose interest for them or waive it",
)
CLAIM = Kind("Late payment", "1 claim waits for a second person", "{count} claims wait for a second person")


def of_invoices_to_pay(user: User, at: datetime) -> Iterator[Reminder]:
    """Remind a funder's finance approvers of its unpaid invoices by the stage that each has reached."""
    for (programme, stage), invoices in _to_pay(user, at).items():
        url = reverse("payments:document-list", args=[programme]) + "?kind=INVOICE"
        oldest = min(each.due_on for each in invoices)
        today = invoices[0].agreement.programme.local_date(at)
        yield Reminder(STAGES[stage], len(invoices), url, oldest, today, programme)


def of_late_payers(user: User, at: datetime) -> Iterator[Reminder]:
    """Remind those who decide on late payment of unpaid invoices without a claim, and of claims that wait."""
    roles = [role.name for role in Role if allows({role}, Object.LATE_PAYMENT, Action.APPROVE)]
    operators = OperatorMember.objects.of(user).filter(role__in=roles).values("operator")
    for programme in Programme.objects.filter(operator__in=operators).order_by("code"):
        url = reverse("payments:late-payment-list", args=[programme.code])
        today = programme.local_date(at)
        last_day = today - timedelta(days=DAYS[LATE_30])
        unpaid = _unpaid().filter(agreement__programme=programme, due_on__lte=last_day)
        undecided = unpaid.exclude(pk__in=LateClaim.objects.live().values("document"))
        found = undecided.aggregate(count=Count("pk"), oldest=Min("due_on"))
        yield from _counted(UNDECIDED, found, url, (programme.code, today))
        waiting = LateClaim.objects.filter(
            state=LateClaimState.PROPOSED, document__agreement__programme=programme
        ).exclude(proposed_by=user)
        found = waiting.aggregate(count=Count("pk"), oldest=Min("document__due_on"))
        yield from _counted(CLAIM, found, url, (programme.code, today))


@transaction.atomic
def note_sent(user: User, reminders: Iterable[Reminder], at: datetime) -> None:
    """
    Write down which invoices a letter to the person counted, once for each stage.

    :param reminders: what the letter said; nothing is noted if no invoice was among it.
    """
    said = {(each.where, each.kind) for each in reminders}
    noted = [
        PaymentReminder(document=invoice, stage=stage, recipient=user, sent_at=at)
        for (programme, stage), invoices in _to_pay(user, at).items()
        if (programme, STAGES[stage]) in said
        for invoice in invoices
    ]
    before = PaymentReminder.objects.filter(recipient=user, document__in=[each.document for each in noted])
    known = set(before.values_list("document_id", "stage"))
    new = [each for each in noted if (each.document_id, each.stage) not in known]
    PaymentReminder.objects.bulk_create(new, ignore_conflicts=True)
    for each in new:
        number = each.document.full_number
        record(actor=None, action="payment_reminder.sent", subject=number, at=at, stage=each.stage)


def _to_pay(user: User, at: datetime) -> dict[tuple[str, ReminderStage], list[Document]]:
    """Return the unpaid invoices of the user's funders by programme and stage, the latest first."""
    funders = FunderMember.objects.of(user).filter(role=FunderRole.FINANCE_APPROVER).values("funder")
    horizon = (at + timedelta(days=1 - DAYS[BEFORE])).date()
    due = _unpaid().filter(agreement__funder__in=funders, due_on__lte=horizon)
    found: dict[tuple[str, ReminderStage], list[Document]] = defaultdict(list)
    for invoice in due.select_related("agreement__programme").order_by("due_on", "pk"):
        programme = invoice.agreement.programme
        stage = stage_on(invoice.due_on, programme.local_date(at))
        if stage is not None:
            found[programme.code, ReminderStage(stage)].append(invoice)
    return found


def _unpaid() -> QuerySet[Document]:
    return Document.objects.filter(
        kind=DocumentKind.INVOICE, agreement__direction=Direction.RECEIVABLE, balance__open_minor__gt=0
    )


def _counted(kind: Kind, found: dict[str, Any], url: str, stands: tuple[str, date]) -> Iterator[Reminder]:
    """Remind of what was found in a programme: its code, and the day at which it stands."""
    programme, today = stands
    if found["count"]:
        yield Reminder(kind, found["count"], url, found["oldest"], today, programme)
