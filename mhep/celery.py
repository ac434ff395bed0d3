"""The worker's and the scheduler's wiring (ADR 0006, reliability catalogue Q11, T5)."""

import os
from typing import Any

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mhep.settings.dev")

TASK_TIME_LIMIT = 1800  # seconds; then the worker is killed and the sweeper starts the job again


def _transport(url: str) -> dict[str, Any]:
    """Return the options that make redelivery work on the broker named by ``url``."""
    if url.startswith("filesystem"):
        queue = settings.QUEUE_DIR
        (queue / "control").mkdir(parents=True, exist_ok=True)
        return {
            "broker_transport_options": {
                "data_folder_in": str(queue),
                "data_folder_out": str(queue),
                "control_folder": str(queue / "control"),
                "polling_interval": 0.2,
            }
        }
    if url.startswith("amqp"):
        return {
            "task_default_queue_type": "quorum",
            "worker_detect_quorum_queues": True,
            "broker_transport_options": {"confirm_publish": True},
        }
    # The visibility timeout must exceed the longest task, or Redis hands it out twice.
    return {
        "broker_transport_options": {
            "visibility_timeout": TASK_TIME_LIMIT + 900,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
        }
    }


app = Celery("mhep")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_time_limit=TASK_TIME_LIMIT,
    task_soft_time_limit=TASK_TIME_LIMIT - 60,
    broker_connection_retry_on_startup=True,
    task_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    enable_utc=True,
    worker_hijack_root_logger=False,
    beat_schedule={
        "sweep jobs": {"task": "mhep.shared.sweep_jobs", "schedule": 20.0},
        "close months by themselves": {"task": "payments.close_due_months", "schedule": 3600.0},
    },
    **_transport(settings.CELERY_BROKER_URL),
)
app.autodiscover_tasks()
