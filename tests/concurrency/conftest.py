"""Brokers, workers and a table of steps for the crash tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.concurrency.brokers import RABBITMQ, Redis, start_rabbitmq
from tests.concurrency.crash_tasks import LEDGER
from tests.concurrency.processes import Processes, Stage, free_port, program


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Start processes in a folder of the test; none of them outlives it."""
    family = Processes(tmp_path)
    yield family
    family.end()


@pytest.fixture
def redis(processes: Processes) -> Redis:
    """A private Redis that listens."""
    if program("redis-server") is None:
        pytest.skip("needs a broker: install redis-server")
    server = Redis(processes, free_port())
    server.start()
    return server


@pytest.fixture
def redis_url(redis: Redis) -> str:
    """The address of a private Redis."""
    return redis.url


@pytest.fixture(scope="session")
def rabbitmq_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a private RabbitMQ, which takes seconds to start and so serves all tests."""
    if not RABBITMQ.exists() or program("epmd") is None:
        pytest.skip("needs a broker: install rabbitmq-server")
    family = Processes(tmp_path_factory.mktemp("rabbitmq"))
    try:
        yield start_rabbitmq(family)
    finally:
        family.end()


@pytest.fixture
def steps(transactional_db: None) -> Iterator[None]:
    """A table in which the work of the crash tests leaves its traces."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS tests_step")
        cursor.execute(LEDGER)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE tests_step")


@pytest.fixture
def folder_stage(steps: None, processes: Processes) -> Stage:
    """Workers on a folder as their queue, as in the embedded start."""
    return Stage(processes, "filesystem://")


@pytest.fixture
def redis_stage(steps: None, processes: Processes, redis_url: str) -> Stage:
    """Workers on Redis."""
    return Stage(processes, redis_url)


@pytest.fixture
def rabbitmq_stage(steps: None, processes: Processes, rabbitmq_url: str) -> Stage:
    """Workers on RabbitMQ."""
    return Stage(processes, rabbitmq_url)
