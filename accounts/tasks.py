"""What is done about accounts in the background."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celery import shared_task
from django.utils import timezone

from accounts.models import User
from accounts.services.digests import SEND_DIGESTS, ask_for_digests, forget_digests, send_digests
from accounts.services.passwords import SEND_RESET, send_reset
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.jobs import Progress, TryLater, run_job
from mhep.shared.mailing.letters import LetterRefused, PostAway


@shared_task(name=SEND_RESET)
def send_reset_letter(*, job_id: str) -> None:
    run_job(job_id, _send)


def _send(arguments: Mapping[str, Any], _progress: Progress) -> str:
    """Send the letter; sent twice, both links work until one is used."""
    try:
        send_reset(User.objects.get(pk=arguments["user_id"]), arguments["site"])
    except PostAway as away:
        raise TryLater(str(away)) from away
    except LetterRefused as refusal:
        raise BusinessRuleError(str(refusal)) from refusal
    return "The letter is sent."


@shared_task(name="accounts.ask_for_digests")
def ask_for_due_digests() -> None:
    """Ask for the digests whose hour has come, and forget old ones; the next makes up for a missed one."""
    ask_for_digests(at=timezone.now())
    forget_digests(at=timezone.now())


@shared_task(name=SEND_DIGESTS)
def send_due_digests(*, job_id: str) -> None:
    """Send the digests that are due; run again, it goes on with those that were not begun."""
    run_job(job_id, lambda _arguments, _progress: send_digests(now=timezone.now))
