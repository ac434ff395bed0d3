"""Other database sessions beside the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def in_another_session(action: Callable[[], Result]) -> Result:
    """Return what ``action`` gives in a thread with a database session of its own."""
    return at_once([action])[0]


def at_once(actions: Iterable[Callable[[], Result]]) -> list[Result]:
    """Return what the actions give when all run at the same time, each in its own database session."""

    def _apart(action: Callable[[], Result]) -> Result:
        try:
            return action()
        finally:
            connection.close()

    todo = list(actions)
    with ThreadPoolExecutor(len(todo)) as threads:
        return list(threads.map(_apart, todo))
