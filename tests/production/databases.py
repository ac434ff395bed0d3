"""Databases and the application's role beside the test's own, on the server that the tests use."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import psycopg2
import pytest
from django.db import connection, connections
from psycopg2 import sql

from tests.concurrency.processes import wait_for

APP_ROLE = "mhep_app"
MEND = (
    f"The tests need to sign in as the application's role, {APP_ROLE}. Give its address in "
    "MHEP_APP_DATABASE_URL, or a DATABASE_URL whose role may create it."
)


# After a browser test, sessions of other threads and of the time before Playwright's loop are still open,
# where no close of this thread reaches them.
IDLE_SESSIONS_END = sql.SQL(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {} AND state = 'idle'"
)


@dataclass(frozen=True, slots=True)
class Login:
    """A role of the server and its password, empty where the server asks for none."""

    role: str
    password: str


def owner() -> Login:
    """Return the login of the tests themselves, which owns the tables."""
    place = connection.settings_dict
    return Login(str(place["USER"]), str(place["PASSWORD"]))


def url_of(database: str, login: Login) -> str:
    """Return the address at which ``login`` reaches ``database``."""
    place = connection.settings_dict
    host, port = quote(str(place["HOST"]), safe=""), f":{place['PORT']}" if place["PORT"] else ""
    return f"postgres://{quote(login.role)}:{quote(login.password)}@{host}{port}/{database}"


@contextmanager
def application_role() -> Iterator[Login]:
    """
    Give the login of the application's role: as told by the environment, or made for the test, or as it is.

    :raises pytest.fail.Exception: when there is no way in; nothing is left out silently.
    """
    if given := os.environ.get("MHEP_APP_DATABASE_URL"):
        parts = urlsplit(given)
        yield Login(unquote(parts.username or ""), unquote(parts.password or ""))
        return
    missing = not _one("SELECT FROM pg_roles WHERE rolname = %s", APP_ROLE)
    if missing and _one("SELECT FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolcreaterole)"):
        yield from _made_role()
        return
    login = Login(APP_ROLE, "")
    if missing or not _gets_in(login):
        pytest.fail(MEND, pytrace=False)
    yield login


def _made_role() -> Iterator[Login]:
    login = Login(APP_ROLE, secrets.token_hex(16))
    role = sql.Identifier(login.role)
    _as_owner(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(login.password)))
    try:
        yield login
    finally:
        _as_owner(sql.SQL("DROP OWNED BY {}").format(role), database=str(connection.settings_dict["NAME"]))
        _as_owner(sql.SQL("DROP ROLE {}").format(role))


@contextmanager
def database(suffix: str, template: str = "template0") -> Iterator[str]:
    """Give the name of a new database, empty or a copy of ``template``, for the block."""
    name = f"{str(connection.settings_dict['NAME'])[:40]}_{suffix}"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'").format(
        sql.Identifier(name), sql.Identifier(template)
    )
    connections.close_all()  # nobody may be in the template while it is copied
    _as_owner(IDLE_SESSIONS_END.format(sql.Literal(template)))
    _as_owner(drop)
    wait_for(lambda: _succeeds(create), f"a copy of {template} that nobody uses")
    try:
        yield name
    finally:
        connections.close_all()
        _as_owner(drop)


@contextmanager
def used_by_django(database_name: str, login: Login) -> Iterator[None]:
    """Let Django work in ``database_name`` as ``login`` for the block, in every thread's new session."""
    settings = connection.settings_dict
    before = {key: settings[key] for key in ("NAME", "USER", "PASSWORD")}
    connections.close_all()
    settings.update(NAME=database_name, USER=login.role, PASSWORD=login.password)
    try:
        yield
    finally:
        connections.close_all()
        settings.update(before)


def session(database_name: str, login: Login) -> Any:
    """Return a session of its own, in which every statement is a transaction."""
    opened = psycopg2.connect(url_of(database_name, login))
    opened.autocommit = True
    return opened


def _gets_in(login: Login) -> bool:
    try:
        session(str(connection.settings_dict["NAME"]), login).close()
    except psycopg2.OperationalError:
        return False
    return True


def _as_owner(statement: sql.Composable, database: str = "postgres") -> None:
    with closing(session(database, owner())) as opened, opened.cursor() as cursor:
        cursor.execute(statement)


def _succeeds(create: sql.Composable) -> bool:
    try:
        _as_owner(create)
    except psycopg2.errors.ObjectInUse:
        return False
    return True


def _one(query: str, *values: str) -> bool:
    with closing(session("postgres", owner())) as opened, opened.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchone() is not None
