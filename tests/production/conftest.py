"""A database and the application's role in it, as they stand in production."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from tests.production.databases import Login, application_role, database, owner, used_by_django


@pytest.fixture(scope="session")
def app_role(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Login]:
    """The login of the application's role."""
    with django_db_blocker.unblock(), application_role() as login:
        yield login


@pytest.fixture(scope="session")
def granted_database(app_role: Login, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """An empty database that the owner has migrated and in which the application's role has its rights."""
    with django_db_blocker.unblock(), database("granted") as name:
        with used_by_django(name, owner()):
            call_command("migrate", verbosity=0)
            call_command("grant_app_role", app_role.role)
        yield name
