"""
The web's and the schedule's part in a crash test: ``python -m tests.concurrency.keeper``.

It asks for the jobs given as lines of JSON on its input, answers each with the seconds that asking took,
and meanwhile sweeps all the time, as if each job had last been sent two minutes before.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from datetime import timedelta

import django
from django.db import transaction
from django.utils import timezone

BETWEEN_SWEEPS = 0.5  # seconds


def ask(line: str) -> float:
    """Ask for the job described by ``line``; return the seconds that it took."""
    from mhep.shared.jobs import enqueue  # noqa: PLC0415 - needs Django set up

    wish = json.loads(line)
    started = time.monotonic()
    with transaction.atomic():
        enqueue(
            wish["task"],
            subject=wish["subject"],
            arguments=wish["arguments"],
            requested_by_id=None,
            at=timezone.now(),
        )
    return time.monotonic() - started


def main() -> None:
    """Ask and sweep until the input ends."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mhep.settings.dev")
    django.setup()
    from mhep.shared.jobs import sweep  # noqa: PLC0415 - needs Django set up

    while True:
        ready, _, _ = select.select([sys.stdin], [], [], BETWEEN_SWEEPS)
        if not ready:
            sweep(timezone.now() + timedelta(minutes=2))
        elif line := sys.stdin.readline():
            sys.stdout.write(f"{ask(line)}\n")
            sys.stdout.flush()
        else:
            return


if __name__ == "__main__":
    main()
