"""
Who the database is told to be writing for: the person of a request, the job or the command.

The name goes in front of each writing statement and ends with its transaction, so a connection that is used
again never lends it to somebody else, and a pooler of transactions does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection
from psycopg2 import sql

_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|MERGE|WITH)\b", re.IGNORECASE)
_UNFIT = re.compile(r"[^\w:. /-]", re.ASCII)
_current: ContextVar[Callable[[], str] | None] = ContextVar("mhep_attribution", default=None)


@contextmanager
def attributed(through: Callable[[], str], user: Callable[[], int | None]) -> Iterator[None]:
    """
    Attribute what Django's connection writes in the block.

    Both are asked at each write, because a request learns who it is from while it runs.

    :param through: gives the way in, such as ``job payments.make_pdfs``; no personal data.
    :param user: gives the key of the person signed in, or None for the system.
    """

    def settings() -> str:
        way = _UNFIT.sub("-", through())[:120]
        return (
            f"SELECT set_config('mhep.signed_in', '{user() or ''}', true),"
            f" set_config('mhep.through', '{way}', true)"
        )

    def execute_attributed(
        execute: Callable[..., Any],
        statement: Any,
        params: Any,
        many: bool,  # noqa: FBT001 (the form of Django's wrappers)
        context: Any,
    ) -> Any:
        if isinstance(statement, sql.Composable):
            statement = sql.SQL(f"{settings()}; ") + statement
        elif _WRITES.match(statement):
            statement = f"{settings()}; {statement}"
        return execute(statement, params, many, context)

    outer = _current.set(settings)
    try:
        with connection.execute_wrapper(execute_attributed):
            yield
    finally:
        _current.reset(outer)


def attribute_transaction() -> None:
    """Attribute the rest of the transaction, for writes that are no statement of their own (``COPY``)."""
    settings = _current.get()
    if settings is not None:
        with connection.cursor() as cursor:
            cursor.execute(settings())
