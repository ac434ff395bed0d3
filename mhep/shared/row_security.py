"""
Row-level security: the database itself shows rows of personal data only to those in whose scope they are.

It holds beneath the application's own scoping and for the owner of the tables too. Outside of
:func:`providers_in_scope` and :func:`operators_in_scope` no such row is seen or written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

PROVIDERS = "app.provider_ids"
OPERATORS = "app.operator_ids"


@contextmanager
def providers_in_scope(providers: Iterable[int]) -> Iterator[None]:
    """
    Show and take rows of people whom these providers help, in a transaction, until the block ends.

    The setting is the transaction's own: a connection that is used again never lends it to somebody else.
    """
    with _in_scope(PROVIDERS, providers):
        yield


@contextmanager
def operators_in_scope(operators: Iterable[int]) -> Iterator[None]:
    """Show and take evidence of the programmes that these operators run, in the same way."""
    with _in_scope(OPERATORS, operators):
        yield


def policy(table: str, condition: str) -> tuple[str, str]:
    """Return the SQL that shows and takes only rows of ``table`` that meet the condition, and its undoing."""
    do = f"""
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
    CREATE POLICY {table}_in_scope ON {table} USING ({condition}) WITH CHECK ({condition});
    """
    undo = f"""
    DROP POLICY {table}_in_scope ON {table};
    ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
    """
    return do, undo


@contextmanager
def _in_scope(setting: str, keys: Iterable[int]) -> Iterator[None]:
    with transaction.atomic():
        before = _replaced(setting, ",".join(str(key) for key in sorted(keys)))
        yield
        _replaced(setting, before)


def _replaced(setting: str, value: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting(%s, true), '')", [setting])
        (before,) = cursor.fetchone()
        cursor.execute("SELECT set_config(%s, %s, true)", [setting, value])
        return str(before)
