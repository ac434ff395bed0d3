"""Workers and brokers die; nothing is lost or done twice (reliability catalogue Q2, Q4, Q8, Q12)."""

from __future__ import annotations

import signal
from random import Random

import pytest
from django.db import connection
from django.utils import timezone

from mhep.shared.jobs import MAX_ATTEMPTS
from mhep.shared.models import Job, JobState
from tests.concurrency.brokers import Redis
from tests.concurrency.processes import Stage, free_port, kill, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = 40
SECONDS = 0.02  # a step
KILLS = 2  # of the ten in the catalogue, which a long run can set


def job(subject: str) -> Job:
    return Job.objects.get(subject=subject)


def steps_of(subject: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT step FROM tests_step WHERE subject = %s ORDER BY step", [subject])
        return [step for (step,) in cursor.fetchall()]


def wait_until_finished(*subjects: str) -> None:
    wait_for(lambda: all(job(subject).is_finished for subject in subjects), "the end of the jobs")


def wait_for_step(subject: str, step: int) -> None:
    wait_for(lambda: len(steps_of(subject)) >= step, f"step {step} of {subject}")


def ask_for_steps(stage: Stage, subject: str, steps: int = STEPS) -> float:
    return stage.ask("tests.take_steps", subject, steps=steps, seconds=SECONDS)


@pytest.mark.parametrize(
    "stage_name",
    [
        "folder_stage",
        pytest.param("redis_stage", marks=pytest.mark.needs_broker),
        pytest.param("rabbitmq_stage", marks=pytest.mark.needs_broker),
    ],
)
def test_q2_a_job_whose_worker_is_killed_whole_is_finished_by_the_sweeper(
    stage_name: str, request: pytest.FixtureRequest
) -> None:
    stage: Stage = request.getfixturevalue(stage_name)
    chance = Random(stage_name)  # noqa: S311
    worker = stage.start_worker()
    ask_for_steps(stage, "killed")
    for number in range(KILLS):
        wait_for_step("killed", 1 + number * STEPS // KILLS + chance.randrange(STEPS // KILLS - 2))
        kill(worker)
        worker = stage.start_worker()
    wait_until_finished("killed")
    assert steps_of("killed") == list(range(1, STEPS + 1))
    end = job("killed")
    assert (end.state, end.message, end.attempts) == (JobState.DONE, f"Took {STEPS} steps.", KILLS + 1)


def test_q8_a_job_that_always_kills_its_worker_is_given_up_and_those_beside_it_are_done(
    folder_stage: Stage,
) -> None:
    """Its last two starts of five; each costs the worker's child."""
    folder_stage.start_worker()
    Job.objects.create(
        task="tests.kill_worker", subject="deadly", requested_at=timezone.now(), attempts=MAX_ATTEMPTS - 2
    )
    others = [f"other {number}" for number in range(10)]
    for subject in others:
        ask_for_steps(folder_stage, subject, steps=2)
    wait_until_finished("deadly", *others)
    assert (job("deadly").state, job("deadly").attempts) == (JobState.FAILED, MAX_ATTEMPTS)
    assert {job(subject).state for subject in others} == {JobState.DONE}
    assert all(steps_of(subject) == [1, 2] for subject in others)


def test_q12_a_worker_told_to_end_finishes_what_it_does(folder_stage: Stage) -> None:
    worker = folder_stage.start_worker()
    ask_for_steps(folder_stage, "told")
    wait_for_step("told", 3)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert (job("told").state, job("told").attempts) == (JobState.DONE, 1)
    assert steps_of("told") == list(range(1, STEPS + 1))


@pytest.mark.needs_broker
def test_q4_what_redis_forgets_when_it_dies_is_done_all_the_same(redis_stage: Stage, redis: Redis) -> None:
    redis_stage.start_worker()
    ask_for_steps(redis_stage, "before")
    wait_for_step("before", 3)
    ask_for_steps(redis_stage, "forgotten", steps=2)
    redis.kill()
    assert ask_for_steps(redis_stage, "meanwhile", steps=2) < 5
    redis.start()
    wait_until_finished("before", "forgotten", "meanwhile")
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}
    assert steps_of("before") == list(range(1, STEPS + 1))
    assert steps_of("forgotten") == steps_of("meanwhile") == [1, 2]


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_is_not_there_keeps_nobody_waiting_who_asks(scheme: str, folder_stage: Stage) -> None:
    folder_stage.broker_url = f"{scheme}://127.0.0.1:{free_port()}/"
    assert ask_for_steps(folder_stage, "nowhere") < 5
    assert (job("nowhere").state, job("nowhere").sent_at) == (JobState.WAITING, None)
