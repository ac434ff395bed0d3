"""Work on large files in the background: each task is one call of a service, and may run twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from celery import shared_task
from django.utils import timezone

from audit.selectors.checks import EVIDENCE
from audit.services import Finding, check_of_the_day
from mhep.shared.jobs import Progress, run_job, seen_at_once
from outcomes.services import evidence, file_imports, import_work


@shared_task(name=file_imports.CHECK)
def check_import(*, job_id: str) -> None:
    """Judge the rows of a large file."""

    def work(arguments: Mapping[str, Any], _progress: Progress) -> str:
        with seen_at_once(job_id) as progress:
            return import_work.check_file(
                import_id=arguments["import_id"], progress=progress, at=timezone.now()
            )

    run_job(job_id, work)


@shared_task(name=file_imports.STORE)
def store_import(*, job_id: str) -> None:
    """Store the good rows of a large file that was confirmed."""

    def work(arguments: Mapping[str, Any], _progress: Progress) -> str:
        with seen_at_once(job_id) as progress:
            return import_work.store_file(
                import_id=arguments["import_id"], progress=progress, at=timezone.now()
            )

    run_job(job_id, work)


@shared_task(name="outcomes.check_evidence")
def check_evidence() -> None:
    """Read every file of evidence once a day and scan what waits; called again, it does nothing."""
    at = timezone.now()
    check_of_the_day(EVIDENCE, lambda: _read_evidence(at), at=at)


def _read_evidence(at: datetime) -> Finding:
    found = evidence.check_evidence(at=at)
    if found.spoilt:
        keys = ", ".join(str(key) for key in found.spoilt)
        return Finding(is_sound=False, found=f"{found.sound} sound, {len(found.spoilt)} spoilt: {keys}")
    return Finding(is_sound=True, found=f"{found.sound} sound, {found.scanned} scanned now")


@shared_task(name="outcomes.forget_imports")
def forget_imports() -> None:
    """Delete files that nobody confirmed within a day; a missed hour changes nothing."""
    import_work.forget_files(at=timezone.now())
