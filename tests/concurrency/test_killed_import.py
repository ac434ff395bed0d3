"""F7: a process that imports a file is killed at random moments; the file is in as a whole, or not at all."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable

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
FILE = "\n".join(
    [
        ",".join(HEADINGS),
        *(f"K-{number:03d},WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06" for number in range(ROWS)),
    ]
).encode()
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def take(cast: Cast) -> None:
    report = import_participants(programme_id=cast.programme.pk, content=FILE, actor=None, at=AT)
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


def stored() -> int:
    """Return how many rows of the file are in, once the server has noticed that their writer is gone."""
    wait_for(_is_alone, "the end of the killed session")
    return Participant.objects.filter(reference__startswith="K-").count()


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
    os.waitpid(beside(lambda: _rehearse(cast)), 0)
    took = time.monotonic() - began
    dice = random.Random(7)  # noqa: S311 - when does not matter
    found = []
    for _ in range(KILLS):
        child = beside(lambda: take(cast))
        time.sleep(dice.uniform(0, 0.8 * took))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found.append(stored())
        if found[-1]:
            break
    assert set(found) <= {0, ROWS}
    assert found.count(0) > 2
    take(cast)
    take(cast)  # the same file again adds nothing
    assert stored() == ROWS
    assert isinstance(check(), Head)


def _rehearse(cast: Cast) -> None:
    import_participants(programme_id=cast.programme.pk, content=FILE, actor=None, at=AT, dry_run=True)
