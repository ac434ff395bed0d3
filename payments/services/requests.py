"""Asking for the month's work to be done in the background."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from funders.models import Programme
from mhep.kernel.periods import Month
from mhep.shared.jobs import enqueue
from mhep.shared.models import Job
from payments.services.months import last_ended_month, months_to_close

PRICE = "payments.price_month"
CLOSE = "payments.close_month"
CATCH_UP = "payments.catch_up"
TITLES = {PRICE: "Pricing", CLOSE: "Closing", CATCH_UP: "Closing every month that has ended"}


@transaction.atomic
def ask_to_price(*, programme: Programme, month: Month, actor: User, at: datetime) -> Job:
    """Ask for a month to be priced; asked again before it is done, the same job is returned."""
    return _ask(PRICE, programme, month, actor, at)


@transaction.atomic
def ask_to_close(*, programme: Programme, month: Month, actor: User, at: datetime) -> Job:
    """Ask for a month to be closed; asked again before it is done, the same job is returned."""
    return _ask(CLOSE, programme, month, actor, at)


def ask_for_due_months(*, at: datetime) -> list[Job]:
    """
    Ask for the catch-up of each programme that closes by itself and has a month that has ended.

    Each wish is its own transaction: one programme's trouble keeps no other from its close.
    """
    return [
        ask_to_catch_up(programme=programme, actor=None, at=at)
        for programme in Programme.objects.filter(closes_by_itself=True).order_by("pk")
        if months_to_close(programme, last_ended_month(programme, at))
    ]


@transaction.atomic
def ask_to_catch_up(*, programme: Programme, actor: User | None, at: datetime) -> Job:
    """Ask for every month that has ended to be priced and closed, one after the other."""
    return enqueue(
        CATCH_UP,
        subject=programme.code,
        arguments={"programme_id": programme.pk},
        requested_by_id=actor.pk if actor else None,
        at=at,
    )


def subject_of(programme: Programme, month: Month) -> str:
    """Return what a job about a month is about: of each task, one at a time."""
    return f"{programme.code} {month}"


def _ask(task: str, programme: Programme, month: Month, actor: User, at: datetime) -> Job:
    return enqueue(
        task,
        subject=subject_of(programme, month),
        arguments={"programme_id": programme.pk, "month": str(month), "actor_id": actor.pk},
        requested_by_id=actor.pk,
        at=at,
    )
