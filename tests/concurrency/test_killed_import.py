"""F7: a process that imports a file is killed at random moments; the file is in as a whole, or not at all."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, connections

from audit.rules.chain import Head
from audit.selectors.chain import check
from participants.models import Participant
from participants.rules.acceptance import HEADINGS
from participants.services import import_participants
from tests.cast import AT, Cast, a_cast
from tests.concurrency.processes import wait_for

ROWS, KILLS = 150, 20
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def file(turn: int) -> bytes:
    """Return a file of people whom no other turn has."""
    rows = (
        f"K{turn:02d}-{number:03d},WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06" for number in range(ROWS)
    )
    return "\n".join([",".join(HEADINGS), *rows]).encode()


def take(cast: Cast, turn: int, *, dry_run: bool = False) -> None:
    report = import_participants(
        programme_id=cast.programme.pk, content=file(turn), actor=None, at=AT, dry_run=dry_run
    )
    assert not report.rejections


def beside(work: Callable[[], None]) -> int:
    """Begin the work in another process; return its id."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    try:
        work()
    finally:
        connections.close_all()
        os._exit(0)


def stored(turn: int) -> int:
    """Return how many rows of a file are in, once the server has noticed that their writer is gone."""
    wait_for(_is_alone, "the end of the killed session")
    return Participant.objects.filter(reference__startswith=f"K{turn:02d}-").count()


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        (others,) = cursor.fetchone()
    return int(others) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_f7_an_import_that_is_killed_leaves_all_or_nothing_and_the_next_one_does_it() -> None:
    cast = a_cast()
    began = time.monotonic()
    os.waitpid(beside(lambda: take(cast, 0, dry_run=True)), 0)
    took = time.monotonic() - began
    dice = random.Random(7)  # noqa: S311 - when does not matter
    found = []
    for turn in range(KILLS):
        child = beside(partial(take, cast, turn))
        time.sleep(dice.uniform(0, took) if turn else 0)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found.append(stored(turn))
    assert 0 in found
    assert set(found) <= {0, ROWS}
    for turn in range(KILLS):
        take(cast, turn)
    assert [stored(turn) for turn in range(KILLS)] == [ROWS] * KILLS
    take(cast, 0)  # the same file again adds nothing
    assert stored(0) == ROWS
    assert isinstance(check(), Head)
