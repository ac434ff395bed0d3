"""
Work made to be cut off, for the crash tests.

``tests_step`` has no unique constraint on purpose: only the job's lock keeps a step from being done twice.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from typing import Any

from celery import shared_task
from django.db import connection, transaction

from mhep.shared.jobs import Progress, run_job

LEDGER = "CREATE TABLE tests_step (subject text NOT NULL, step integer NOT NULL)"
STEP = """
INSERT INTO tests_step SELECT %(subject)s, %(step)s
WHERE NOT EXISTS (SELECT FROM tests_step WHERE subject = %(subject)s AND step = %(step)s)
"""


@shared_task(name="tests.take_steps")
def take_steps(*, job_id: str) -> None:
    run_job(job_id, _take_steps)


@shared_task(name="tests.kill_worker")
def kill_worker(*, job_id: str) -> None:
    run_job(job_id, _kill_worker)


def _take_steps(arguments: Mapping[str, Any], progress: Progress) -> str:
    """Write each step in a transaction of its own, unless it is written, and stay in it for a while."""
    steps = arguments["steps"]
    for step in range(1, steps + 1):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(STEP, {"subject": arguments["subject"], "step": step})
            time.sleep(arguments["seconds"])
        progress(step, steps, "Taking steps")
    return f"Took {steps} steps."


def _kill_worker(_arguments: Mapping[str, Any], _progress: Progress) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return "Cannot be."
