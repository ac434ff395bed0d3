"""L5: many writers at once, as the application's role, make one chain and hardly wait for each other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from pytest_django import DjangoDbBlocker

from audit.rules.chain import Head
from audit.selectors.chain import check, head
from tests.production.databases import Login, session, used_by_django

WRITERS = 32
WRITES = 40
WRITE = """
INSERT INTO providers_operator (code, name, address, vat_number, bank_details, legal_name, country,
    registration_number, e_address_scheme, e_address_id, iban, bic)
VALUES (%s, '', '', '', '', '', '', '', '', '', '', '')
"""


@pytest.fixture
def database(granted_database: str, app_role: Login, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with django_db_blocker.unblock(), used_by_django(granted_database, app_role):
        yield granted_database


def test_32_writers_make_one_unforked_chain(database: str, app_role: Login) -> None:
    """Every write is a transaction of its own."""
    start = threading.Barrier(WRITERS + 1)
    failures: list[psycopg2.Error] = []

    def write(writer: int) -> None:
        with closing(session(database, app_role)) as opened, opened.cursor() as cursor:
            start.wait()
            try:
                for turn in range(WRITES):
                    cursor.execute(WRITE, [f"W{writer}-{turn}"])
            except psycopg2.Error as error:
                failures.append(error)

    before = head().position
    threads = [threading.Thread(target=write, args=[writer]) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    start.wait()
    for thread in threads:
        thread.join()
    assert failures == []
    assert isinstance(check(), Head)
    assert head().position - before == WRITERS * WRITES
