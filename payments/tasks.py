"""The month's work in the background: each task is one call of a service, and may run twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celery import shared_task
from django.utils import timezone

from accounts.models import User
from funders.models import Programme
from mhep.kernel.periods import Month
from mhep.shared.jobs import Progress, run_job
from payments.services import months, requests, statements
from payments.services.papers import make_pdfs


@shared_task(name=requests.PRICE)
def price_month(*, job_id: str) -> None:
    """Price an open month, or price it again."""

    def work(arguments: Mapping[str, Any], progress: Progress) -> str:
        progress(0, 1, "Pricing the month")
        month = months.price_month(
            programme_id=arguments["programme_id"], month=Month.parse(arguments["month"]), at=timezone.now()
        )
        decisions = month.charges.count()
        return (
            f"{month.period.first_day:%B %Y} is priced: {decisions} decision{'' if decisions == 1 else 's'}."
        )

    run_job(job_id, work)


@shared_task(name=requests.CLOSE)
def close_month(*, job_id: str) -> None:
    """Close a month, then typeset its documents; run again, it goes on where it stopped."""

    def work(arguments: Mapping[str, Any], progress: Progress) -> str:
        at = timezone.now()
        programme = Programme.objects.get(pk=arguments["programme_id"])
        progress(0, 1, "Pricing the month and issuing its documents")
        month = months.close_month(
            programme_id=programme.pk,
            month=Month.parse(arguments["month"]),
            issued_on=programme.local_date(at),
            actor=User.objects.filter(pk=arguments["actor_id"]).first(),
            at=at,
        )
        made = make_pdfs(month.pk, progress=progress, at=at)
        issued = "1 document is" if made == 1 else f"{made} documents are"
        sent = month.statements.count()
        asked = f", {sent} statement{'' if sent == 1 else 's'} sent to be approved first" if sent else ""
        return f"{month.period.first_day:%B %Y} is closed: {issued} issued{asked}."

    run_job(job_id, work)


@shared_task(name=requests.CATCH_UP)
def catch_up(*, job_id: str) -> None:
    """Price and close every open month that has ended, one after the other."""

    def work(arguments: Mapping[str, Any], progress: Progress) -> str:
        at = timezone.now()
        programme = Programme.objects.get(pk=arguments["programme_id"])
        total = len(months.months_to_close(programme, months.last_ended_month(programme, at)))
        closed = 0
        for month in months.catch_up(programme_id=programme.pk, through=None, actor=None, at=at):
            make_pdfs(month.pk, progress=_silent, at=at)
            closed += 1
            progress(closed, total, f"{month.period.first_day:%B %Y} is closed")
        return f"{closed} months of {programme.code} are closed."

    run_job(job_id, work)


@shared_task(name="payments.close_due_months")
def close_due_months() -> None:
    """Ask for the catch-up of each programme that closes by itself; a missed night changes nothing."""
    requests.ask_for_due_months(at=timezone.now())


@shared_task(name="payments.let_silence_speak")
def let_silence_speak() -> None:
    """Replace each open statement that the present overtook, and let lapse what nobody answered in time."""
    at = timezone.now()
    for statement_id in statements.open_statements():
        statements.let_silence_speak(statement_id=statement_id, at=at)


def _silent(done: int, total: int, message: str) -> None:
    """Report nothing: a month's documents are a part of the step that is shown."""
