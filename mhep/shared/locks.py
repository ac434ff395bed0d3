"""Locks that live exactly as long as the database session that holds them (ADR 0006)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b

from django.db import InterfaceError, OperationalError, connection

# How PostgreSQL shows a lock on one bigint: its halves in classid and objid, and 1 in objsubid.
HELD = """
SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def lock_key(name: str) -> int:
    """Return the signed 64-bit number under which PostgreSQL knows the lock ``name``."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


@contextmanager
def session_lock(name: str) -> Iterator[bool]:
    """
    Hold the lock ``name`` for the block, without waiting, and give whether it was free.

    The lock belongs to the session that Django's connection is using now: when the process is killed or the
    connection breaks, PostgreSQL lets it go by itself, and not before it has undone what the session had not
    committed. It needs a direct connection, or a pooler that pools sessions.
    """
    key = lock_key(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        is_mine = cursor.fetchone() == (True,)
    if not is_mine:
        yield False
        return
    try:
        yield True
    finally:
        # A session that has gone took its locks along.
        with suppress(OperationalError, InterfaceError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


def held_keys() -> set[int]:
    """Return the keys of all session locks that are held in this database now, by anyone."""
    with connection.cursor() as cursor:
        cursor.execute(HELD)
        return {key for (key,) in cursor.fetchall()}
