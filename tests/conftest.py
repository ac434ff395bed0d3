"""What every test may use. The suite runs on real PostgreSQL (DATABASE_URL)."""

from __future__ import annotations

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.cast import Cast, a_cast

LIFT_TRUNCATE_GUARDS = """
DO $$ DECLARE guard record; BEGIN
    FOR guard IN SELECT tgname, tgrelid::regclass AS tab FROM pg_trigger
                 WHERE NOT tgisinternal AND (tgtype & 32) > 0 LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', guard.tab, guard.tgname);
    END LOOP;
END $$;
"""


# What starts servers, or databases under fixed names, keeps to one process.
ALONE = ("concurrency", "launcher", "production")


@pytest.hookimpl(tryfirst=True)  # before the processes agree on what belongs together
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of such a folder together; all others go to whoever is free."""
    for item in items:
        folder, _, _ = item.nodeid.removeprefix("tests/").partition("/")
        if folder in ALONE:
            item.add_marker(pytest.mark.xdist_group(folder))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let the tests that commit empty the tables afterwards; a test of the guards turns them on again."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(LIFT_TRUNCATE_GUARDS)


@pytest.fixture
def cast(db: None) -> Cast:
    """Everyone who may or may not see the small programme; see :mod:`tests.cast`."""
    return a_cast()
