"""The worker's wiring, read from the registry and the source (reliability catalogue Q5, Q11, T5)."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.schedules import crontab, schedule
from django.apps import apps

from mhep.celery import TASK_TIME_LIMIT, app, transport_settings

PROJECT = Path(__file__).resolve().parents[2]
app.loader.import_default_modules()
TASKS = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}
ENTRIES: dict[str, dict[str, Any]] = app.conf.beat_schedule


def _calls() -> Iterator[tuple[Path, ast.Call, str]]:
    """Give every call in the project's own code, with the last part of the name that it calls."""
    folders = [Path(config.path) for config in apps.get_app_configs()]
    own = {folder for folder in [*folders, PROJECT / "mhep"] if folder.parent in (PROJECT, PROJECT / "mhep")}
    for path in sorted({path for folder in own for path in folder.rglob("*.py")}):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                yield path.relative_to(PROJECT), node, name


def test_q5_messages_are_sent_from_one_place_only() -> None:
    senders = {"delay", "delay_on_commit", "apply_async", "apply_async_on_commit", "send_task", "signature"}
    assert {(str(path), name) for path, _, name in _calls() if name in senders} == {
        ("mhep/shared/jobs.py", "send_task")
    }


@pytest.mark.parametrize("name", sorted(TASKS))
def test_q11_every_task_is_json_limited_in_time_and_given_back_when_its_worker_dies(name: str) -> None:
    task = TASKS[name]
    assert (task.serializer, task.acks_late, task.reject_on_worker_lost) == ("json", True, True)
    limit = task.time_limit or app.conf.task_time_limit
    soft_limit = task.soft_time_limit or app.conf.task_soft_time_limit
    assert 0 < soft_limit < limit <= TASK_TIME_LIMIT
    assert task.ignore_result


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_takes_the_id_of_a_job_or_nothing(name: str) -> None:
    parameters = inspect.signature(TASKS[name].run).parameters
    assert list(parameters) in ([], ["job_id"])


def test_q11_only_json_is_read_from_the_queue() -> None:
    assert app.conf.accept_content == ["json"]


def test_q11_redis_keeps_a_message_for_longer_than_a_wait_and_a_run() -> None:
    options = transport_settings("redis://127.0.0.1/0")["broker_transport_options"]
    assert options["visibility_timeout"] >= 2 * TASK_TIME_LIMIT + 15 * 60


@pytest.mark.parametrize("url", ["amqp://127.0.0.1//", "amqps://127.0.0.1//"])
def test_rabbitmq_keeps_messages_in_quorum_queues_and_confirms_them(url: str) -> None:
    settings = transport_settings(url)
    assert settings["task_default_queue_type"] == "quorum"
    assert settings["worker_detect_quorum_queues"]
    assert settings["broker_transport_options"]["confirm_publish"]


def test_the_schedule_runs_in_utc() -> None:
    assert str(app.conf.timezone) == "UTC"
    assert app.conf.enable_utc


def _hours(when: float | schedule | crontab) -> set[int]:
    """Return the hours of the day at which a schedule may be due."""
    return set(vars(when)["hour"]) if isinstance(when, crontab) else set(range(24))


def test_the_hours_of_a_schedule_are_read_rightly() -> None:
    assert _hours(crontab(hour="22,23", minute="5")) == {22, 23}
    assert _hours(3600.0) == set(range(24))


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_t5_nothing_is_scheduled_only_in_the_hour_that_is_another_day_in_summer(name: str) -> None:
    assert _hours(ENTRIES[name]["schedule"]) != {23}


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_what_is_scheduled_exists_and_needs_no_arguments(name: str) -> None:
    task = TASKS[ENTRIES[name]["task"]]
    assert list(inspect.signature(task.run).parameters) == []


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_a_scheduled_call_that_found_no_worker_is_dropped_when_the_next_is_due(name: str) -> None:
    entry = ENTRIES[name]
    assert 0 < entry["options"]["expires"] <= entry["schedule"]
