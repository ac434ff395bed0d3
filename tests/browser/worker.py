"""A worker inside the test's process: no broker, no start-up, the same task functions on the same rows."""

from __future__ import annotations

import threading
from typing import Self

from django.db import connection

from mhep.celery import app
from mhep.shared.models import Job, JobState

PAUSE = 0.05  # seconds between two looks at the job rows


class Worker:
    """Runs whatever waits, one after the other, in a thread with a database session of its own."""

    def __init__(self) -> None:
        app.loader.import_default_modules()
        self._told_to_stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._told_to_stop.set()
        self._thread.join()

    def _work(self) -> None:
        try:
            while not self._told_to_stop.wait(PAUSE):
                for job in Job.objects.filter(state=JobState.WAITING).order_by("requested_at"):
                    app.tasks[job.task](job_id=str(job.pk))
        finally:
            connection.close()
