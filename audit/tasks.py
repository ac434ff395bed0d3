"""What is checked about the trail in the background."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from audit.rules.chain import Break
from audit.selectors.chain import check
from audit.selectors.checks import CHAIN
from audit.services import Finding, check_of_the_day


@shared_task(name="audit.check_chain")
def check_chain() -> None:
    """Follow the chain of all changes once a day; called again, it does nothing."""
    check_of_the_day(CHAIN, _follow, at=timezone.now())


def _follow() -> Finding:
    found = check()
    if isinstance(found, Break):
        return Finding(is_sound=False, found=f"The chain is broken at {found}")
    return Finding(is_sound=True, found=f"The chain holds. Its head is {found}")
