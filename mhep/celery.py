"""The worker's and the scheduler's wiring (ADR 0006)."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mhep.settings.dev")

TASK_TIME_LIMIT = 1800  # seconds; then the worker is killed and the sweeper starts the job again
SWEEP_EVERY = 20.0  # seconds

# A message waits unconfirmed for as long as the task before it may run, and then for its own.
VISIBILITY_TIMEOUT = 2 * TASK_TIME_LIMIT + 900

# Without a limit on retries a web page would hang for as long as the broker is away.
FAIL_FAST = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.1}


def transport_settings(broker_url: str) -> dict[str, Any]:
    """
    Return the settings that the broker named by ``broker_url`` needs.

    Known are ``filesystem://`` (a folder, for one machine), ``redis://``, ``amqp://`` (RabbitMQ) and
    ``memory://`` (one process, for tests).
    """
    scheme = broker_url.partition("://")[0]
    if scheme == "filesystem":
        return {"broker_transport_options": _folder()}
    if scheme in {"redis", "rediss"}:
        return {"broker_transport_options": _redis()}
    if scheme in {"amqp", "amqps", "pyamqp"}:
        return {
            "task_default_queue_type": "quorum",
            "worker_detect_quorum_queues": True,
            "broker_transport_options": {"confirm_publish": True, **FAIL_FAST},
        }
    return {}


def _folder() -> dict[str, Any]:
    queue = settings.QUEUE_DIR
    (queue / "control").mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(queue),
        "data_folder_out": str(queue),
        "control_folder": str(queue / "control"),
        "polling_interval": 0.2,
    }


def _redis() -> dict[str, Any]:
    return {
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 2,
        "socket_timeout": 30,
        "socket_keepalive": True,
        **FAIL_FAST,
    }


app = Celery("mhep")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_lost_wait=1.0,  # a result cannot be under way for longer, and the child's place is empty meanwhile
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_time_limit=TASK_TIME_LIMIT,
    task_soft_time_limit=TASK_TIME_LIMIT - 60,
    task_publish_retry=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    enable_utc=True,
    worker_hijack_root_logger=False,
    # A call that found every worker busy is dropped when the next one is due.
    beat_schedule={
        "sweep jobs": {
            "task": "mhep.shared.sweep_jobs",
            "schedule": SWEEP_EVERY,
            "options": {"expires": SWEEP_EVERY},
        },
        "send webhooks": {
            "task": "mhep.shared.send_webhooks",
            "schedule": 15.0,
            "options": {"expires": 15.0},
        },
        "close months by themselves": {
            "task": "payments.close_due_months",
            "schedule": 3600.0,
            "options": {"expires": 3600.0},
        },
        "forget files that nobody confirmed": {
            "task": "outcomes.forget_imports",
            "schedule": 3600.0,
            "options": {"expires": 3600.0},
        },
        # The first hour of a day makes the day's check; the others find it made.
        "check the audit trail": {
            "task": "audit.check_chain",
            "schedule": 3600.0,
            "options": {"expires": 3600.0},
        },
        "check the evidence": {
            "task": "outcomes.check_evidence",
            "schedule": 3600.0,
            "options": {"expires": 3600.0},
        },
        "send what waits for people": {
            "task": "accounts.ask_for_digests",
            "schedule": 600.0,
            "options": {"expires": 600.0},
        },
        "count month facts anew": {
            "task": "performance.refresh_facts",
            "schedule": 30.0,
            "options": {"expires": 30.0},
        },
        "make the monthly packs": {
            "task": "performance.make_packs",
            "schedule": 600.0,
            "options": {"expires": 600.0},
        },
        "let silence speak": {
            "task": "payments.let_silence_speak",
            "schedule": 3600.0,
            "options": {"expires": 3600.0},
        },
    },
    **transport_settings(settings.CELERY_BROKER_URL),
)
app.autodiscover_tasks()
