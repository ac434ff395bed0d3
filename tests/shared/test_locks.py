"""Session locks: held by one, seen by all, gone with the session."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection

from mhep.shared.locks import held_keys, lock_key, session_lock
from tests.shared.sessions import in_another_session

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = [f"job {number}" for number in range(20)]


def _is_free(name: str) -> bool:
    with session_lock(name) as is_mine:
        return is_mine


def test_a_lock_is_held_by_one_session_and_free_after_the_block() -> None:
    with session_lock("month") as is_mine:
        assert is_mine
        assert not in_another_session(lambda: _is_free("month"))
        assert in_another_session(lambda: _is_free("year"))
    assert in_another_session(lambda: _is_free("month"))


def test_every_session_sees_the_keys_that_are_held_whatever_their_sign() -> None:
    keys = {lock_key(name) for name in NAMES}
    assert min(keys) < 0 < max(keys)
    for name in NAMES:
        with session_lock(name):
            assert in_another_session(held_keys) == {lock_key(name)}
    assert held_keys() == set()


def test_a_lock_is_gone_with_its_session_and_the_error_that_ended_it_is_the_one_that_shows() -> None:
    with (
        pytest.raises(OperationalError, match="terminat"),
        session_lock("month"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close()
    assert _is_free("month")
