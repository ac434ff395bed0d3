"""Job rows: asked for in a transaction, done once, never lost (reliability catalogue Q3, Q5, Q7, Q8)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event, Semaphore
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from mhep.celery import app
from mhep.kernel.problems import BusinessRuleError
from mhep.shared import jobs
from mhep.shared.jobs import MAX_ATTEMPTS, Progress, TryLater, enqueue, job_for, run_job, seen_at_once, sweep
from mhep.shared.locks import session_lock
from mhep.shared.models import Job, JobState
from mhep.shared.tasks import sweep_jobs
from tests.shared.sessions import at_once, in_another_session

pytestmark = pytest.mark.django_db(transaction=True)

TASK = "tests.close_month"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

Messages = Callable[[], list[tuple[str, Any]]]


@pytest.fixture(autouse=True)
def messages() -> Iterator[Messages]:
    """Take what lies in the queue, a broker inside this process: (task, keyword arguments)."""

    def take() -> list[tuple[str, Any]]:
        taken = []
        with app.connection_for_read() as broker, broker.SimpleQueue(app.conf.task_default_queue) as queue:
            while queue.qsize():
                message = queue.get(block=False)
                message.ack()
                taken.append((message.headers["task"], message.payload[1]))
        return taken

    take()
    yield take
    take()


def ask(subject: str = "west-london 2026-02", at: datetime = NOON) -> Job:
    with transaction.atomic():
        return enqueue(TASK, subject=subject, arguments={"month": "2026-02"}, requested_by_id=None, at=at)


def succeed(_arguments: Mapping[str, Any], _progress: Progress) -> str:
    return "Closed February 2026."


def refuse_to_run(_arguments: Mapping[str, Any], _progress: Progress) -> str:
    pytest.fail("the work ran")


def fail_with(error: Exception) -> jobs.Work:
    def work(_arguments: Mapping[str, Any], _progress: Progress) -> str:
        raise error

    return work


def row(job: Job) -> dict[str, Any]:
    return dict(Job.objects.values().get(pk=job.pk))


def raise_in_database(sqlstate: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '{sqlstate}'; END $$")


# Asking


def test_a_job_is_sent_after_the_commit_and_its_message_holds_only_its_id(messages: Messages) -> None:
    with transaction.atomic():
        job = enqueue(TASK, subject="month", arguments={"month": "2026-02"}, requested_by_id=None, at=NOON)
        assert messages() == []
    assert messages() == [(TASK, {"job_id": str(job.pk)})]
    job.refresh_from_db()
    assert (job.state, job.arguments, job.requested_at) == (JobState.WAITING, {"month": "2026-02"}, NOON)
    assert job.sent_at is not None


def test_q5_a_thousand_rolled_back_transactions_ask_for_nothing(messages: Messages) -> None:
    for number in range(1000):
        with transaction.atomic():
            enqueue(TASK, subject=f"month {number}", arguments={}, requested_by_id=None, at=NOON)
            transaction.set_rollback(True)
    assert Job.objects.count() == 0
    assert messages() == []


def test_asking_outside_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        enqueue(TASK, subject="month", arguments={}, requested_by_id=None, at=NOON)
    assert Job.objects.count() == 0


def test_asking_again_gives_the_unfinished_job_and_sends_no_second_message(messages: Messages) -> None:
    first = ask()
    assert ask() == first
    assert ask("haringey 2026-02") != first
    assert len(messages()) == 2


def test_asking_again_after_the_end_gives_a_new_job() -> None:
    first = ask()
    run_job(str(first.pk), succeed)
    assert ask() != first


def test_of_eight_who_ask_at_the_same_moment_all_get_the_same_job() -> None:
    for number in range(5):
        start = Barrier(8)

        def rush(subject: str = f"month {number}", start: Barrier = start) -> Job:
            start.wait()
            return ask(subject)

        assert len(set(at_once([rush] * 8))) == 1
    assert Job.objects.count() == 5


def test_who_waited_for_an_asker_that_rolls_back_gets_a_job_of_their_own() -> None:
    written, finish = Event(), Event()

    def ask_and_roll_back() -> None:
        with transaction.atomic():
            enqueue(TASK, subject="month", arguments={}, requested_by_id=None, at=NOON)
            written.set()
            finish.wait(10)
            transaction.set_rollback(True)

    def ask_meanwhile() -> Job:
        written.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
            with pytest.raises(OperationalError, match="lock timeout"):
                ask("month")
            cursor.execute("RESET lock_timeout")
        finish.set()
        return ask("month")

    _, job = at_once([ask_and_roll_back, ask_meanwhile])
    assert list(Job.objects.all()) == [job]


def test_the_job_for_a_page_is_the_unfinished_one_or_else_the_one_that_finished_last() -> None:
    assert job_for(TASK, "month") is None
    first, _other = ask("month"), ask("another month")
    assert job_for(TASK, "month") == first
    run_job(str(first.pk), succeed)
    assert job_for(TASK, "month") == first
    second = ask("month")
    assert job_for(TASK, "month") == second
    run_job(str(second.pk), succeed)
    assert job_for(TASK, "month") == second


# Doing


def test_work_gets_its_arguments_shows_its_progress_to_others_and_ends_with_its_sentence() -> None:
    job, seen = ask(), []

    def work(arguments: Mapping[str, Any], progress: Progress) -> str:
        assert arguments == {"month": "2026-02"}
        progress(40, 100, "Pricing February 2026")
        seen.append(in_another_session(lambda: row(job)))
        return "Closed February 2026: 100 charges."

    run_job(str(job.pk), work)
    during, after = seen[0], row(job)
    assert (during["state"], during["done"], during["total"]) == (JobState.RUNNING, 40, 100)
    assert during["message"] == "Pricing February 2026"
    assert during["finished_at"] is None
    assert (after["state"], after["message"]) == (JobState.DONE, "Closed February 2026: 100 charges.")
    assert (after["attempts"], after["finished_at"] >= after["started_at"]) == (1, True)


def test_q3_a_finished_job_that_is_run_again_changes_nothing() -> None:
    job = ask()
    run_job(str(job.pk), succeed)
    before = row(job)
    run_job(str(job.pk), refuse_to_run)
    assert row(job) == before


def test_q3_a_job_run_five_times_at_once_is_done_once() -> None:
    job, runs, start = ask(), [], Barrier(5)
    losers = Semaphore(0)

    def work(_arguments: Mapping[str, Any], _progress: Progress) -> str:
        runs.append(1)
        assert all(losers.acquire(timeout=10) for _ in range(4))
        return "Closed."

    def rush() -> None:
        start.wait()
        run_job(str(job.pk), work)
        losers.release()

    at_once([rush] * 5)
    assert runs == [1]
    assert (row(job)["state"], row(job)["attempts"]) == (JobState.DONE, 1)


def test_a_message_for_a_job_that_is_not_there_changes_nothing() -> None:
    run_job("00000000-0000-4000-8000-000000000000", refuse_to_run)
    assert Job.objects.count() == 0


def test_a_refusal_fails_the_job_with_its_own_words() -> None:
    job = ask()
    run_job(str(job.pk), fail_with(BusinessRuleError("January 2026 is still open. Close it first.")))
    assert row(job)["state"] == JobState.FAILED
    assert row(job)["message"] == "January 2026 is still open. Close it first."
    assert row(job)["finished_at"] is not None


def test_an_unexpected_error_gives_people_an_incident_number_and_the_log_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = ask()
    run_job(str(job.pk), fail_with(KeyError("secret detail")))
    message = row(job)["message"]
    assert row(job)["state"] == JobState.FAILED
    assert "secret detail" not in message
    incident = message.split("incident number ")[1].rstrip(".")
    assert f"Incident {incident}" in caplog.text
    assert "KeyError: 'secret detail'" in caplog.text


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03"])
def test_q7_a_passing_database_error_is_tried_again_in_the_same_attempt(sqlstate: str) -> None:
    job, tries = ask(), []

    def work(_arguments: Mapping[str, Any], _progress: Progress) -> str:
        tries.append(1)
        if len(tries) < 3:
            raise_in_database(sqlstate)
        return "Closed."

    run_job(str(job.pk), work)
    assert (row(job)["state"], row(job)["attempts"], len(tries)) == (JobState.DONE, 1, 3)


def test_q7_a_passing_error_that_does_not_pass_leaves_the_job_to_the_sweeper_after_five_more_tries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert len(jobs.PAUSES) == 5
    monkeypatch.setattr(jobs, "PAUSES", (0.0,) * 5)
    job, tries = ask(), []

    def work(_arguments: Mapping[str, Any], _progress: Progress) -> str:
        tries.append(1)
        raise_in_database("40P01")
        return "Closed."

    with pytest.raises(OperationalError):
        run_job(str(job.pk), work)
    assert (row(job)["state"], len(tries)) == (JobState.RUNNING, 6)


def test_progress_inside_a_transaction_where_nobody_would_see_it_is_a_fault() -> None:
    job = ask()

    def work(_arguments: Mapping[str, Any], progress: Progress) -> str:
        with transaction.atomic():
            progress(1, 2, "Hidden")
        return "Closed."

    run_job(str(job.pk), work)
    assert row(job)["state"] == JobState.FAILED


def test_progress_beside_a_transaction_is_seen_while_it_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    job, seen = ask(), []

    def told() -> tuple[int, int, str]:
        return Job.objects.values_list("done", "total", "message").get(pk=job.pk)

    def work(_arguments: Mapping[str, Any], _progress: Progress) -> str:
        with seen_at_once(str(job.pk)) as progress, transaction.atomic():
            for done in (100, 200, 300):  # the second comes too soon after the first, the third is the end
                progress(done, 300, f"{done} rows")
                seen.append(in_another_session(told))
        return "Checked."

    monkeypatch.setattr(jobs, "TOLD_EVERY", 3600.0)
    run_job(str(job.pk), work)
    assert seen == [(100, 300, "100 rows"), (100, 300, "100 rows"), (300, 300, "300 rows")]
    assert row(job)["message"] == "Checked."


# Losing and finding again


def test_a_job_cut_off_by_its_database_session_is_sent_again_and_done(messages: Messages) -> None:
    job = ask()

    def lose_the_session(_arguments: Mapping[str, Any], _progress: Progress) -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return "Closed."

    with pytest.raises((OperationalError, InterfaceError)):
        run_job(str(job.pk), lose_the_session)
    connection.close()
    messages()
    assert row(job)["state"] == JobState.RUNNING
    assert sweep(timezone.now() + timedelta(minutes=2)) == 1
    assert messages() == [(TASK, {"job_id": str(job.pk)})]
    run_job(str(job.pk), succeed)
    assert (row(job)["state"], row(job)["attempts"]) == (JobState.DONE, 2)


def test_a_job_cut_off_by_the_time_limit_is_left_to_the_sweeper() -> None:
    job = ask()
    with pytest.raises(SoftTimeLimitExceeded):
        run_job(str(job.pk), fail_with(SoftTimeLimitExceeded()))
    assert row(job)["state"] == JobState.RUNNING
    assert sweep(timezone.now() + timedelta(minutes=2)) == 1


def test_a_job_whose_work_says_later_is_left_to_the_sweeper() -> None:
    job = ask()
    with pytest.raises(TryLater):
        run_job(str(job.pk), fail_with(TryLater("the mail server is away")))
    assert row(job)["state"] == JobState.RUNNING
    assert sweep(timezone.now() + timedelta(minutes=2)) == 1
    run_job(str(job.pk), succeed)
    assert (row(job)["state"], row(job)["attempts"]) == (JobState.DONE, 2)


def test_q8_a_job_cut_off_five_times_fails_with_a_plain_reason_and_an_alert(
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = ask()
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(SoftTimeLimitExceeded):
            run_job(str(job.pk), fail_with(SoftTimeLimitExceeded()))
    assert row(job)["state"] == JobState.RUNNING
    run_job(str(job.pk), refuse_to_run)
    after = row(job)
    assert (after["state"], after["attempts"]) == (JobState.FAILED, 5)
    assert "started 5 times" in after["message"]
    assert any(record.levelno == logging.ERROR and str(job.pk) in record.message for record in caplog.records)
    assert sweep(timezone.now() + timedelta(days=1)) == 0


def test_the_sweeper_sends_what_waits_too_long_and_leaves_the_rest(messages: Messages) -> None:
    lost, fresh, done = ask("lost"), ask("fresh"), ask("done")
    run_job(str(done.pk), succeed)
    now = timezone.now()
    Job.objects.filter(pk=lost.pk).update(requested_at=now - timedelta(seconds=15), sent_at=None)
    Job.objects.filter(pk=fresh.pk).update(requested_at=now - timedelta(seconds=14), sent_at=None)
    messages()
    assert sweep(now) == 1
    assert messages() == [(TASK, {"job_id": str(lost.pk)})]
    assert sweep(now) == 0


@pytest.mark.parametrize(
    ("sent_after", "again_after"),
    [(None, 15), (0, 15), (1, 16), (15, 30), (30, 60), (60, 120), (120, 180), (3600, 3660)],
)
def test_a_waiting_job_is_sent_again_soon_at_first_and_then_once_a_minute(
    sent_after: int | None, again_after: int
) -> None:
    sent_at = None if sent_after is None else NOON + timedelta(seconds=sent_after)
    Job.objects.create(task=TASK, subject="month", requested_at=NOON, sent_at=sent_at)
    due = NOON + timedelta(seconds=again_after)
    assert sweep(due - timedelta(microseconds=1)) == 0
    assert sweep(due) == 1


def test_the_sweeper_leaves_a_running_job_alone_however_long_it_takes() -> None:
    job = ask()

    def work(_arguments: Mapping[str, Any], _progress: Progress) -> str:
        assert in_another_session(lambda: sweep(timezone.now() + timedelta(days=1))) == 0
        return "Closed."

    run_job(str(job.pk), work)
    assert row(job)["state"] == JobState.DONE


def test_of_two_sweeps_at_once_one_does_nothing(messages: Messages) -> None:
    Job.objects.create(task=TASK, subject="month", requested_at=NOON)
    with session_lock("mhep.shared.sweep_jobs"):
        in_another_session(sweep_jobs)
        assert messages() == []
    in_another_session(sweep_jobs)
    assert len(messages()) == 1


# What the database refuses


def test_d5_a_second_unfinished_job_about_the_same_is_refused_by_the_database() -> None:
    ask("month")
    with pytest.raises(IntegrityError, match="shared_job_one_unfinished_a_subject"):
        Job.objects.create(task=TASK, subject="month", requested_at=NOON)


@pytest.mark.parametrize(
    "change", ["state = 'DONE'", "finished_at = now()", "state = 'FAILED', finished_at = NULL"]
)
def test_d5_a_job_is_finished_exactly_when_it_has_an_end_says_the_database(change: str) -> None:
    ask("month")
    with (
        pytest.raises(IntegrityError, match="shared_job_finished_with_its_time"),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE shared_job SET {change}")  # noqa: S608
