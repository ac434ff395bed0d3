"""What the application's role may do in the database: all that it needs, and no more (ADR 0003)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from psycopg2 import errors, sql
from pytest_django import DjangoDbBlocker

from payments.models import Document
from payments.selectors.exports import charges_csv
from payments.services.papers import make_pdfs
from payments.services.programme_file import load_programme
from tests.cast import AT, PROGRAMME, a_cast, close, price
from tests.production.databases import Login, owner, session, used_by_django

APPEND_ONLY = [
    "audit_auditevent",
    "audit_chainlink",
    "audit_change",
    "investment_facility",
    "investment_forecast",
    "investment_forecastmonth",
    "investment_investormovement",
    "outcomes_eventrejection",
    "outcomes_eventstep",
    "outcomes_evidenceview",
    "outcomes_sampleaudit",
    "outcomes_stepseen",
    "participants_accesslog",
    "participants_consentstep",
    "payments_allocation",
    "payments_bankline",
    "payments_bankstatement",
    "payments_document",
    "payments_documentfile",
    "payments_documentline",
    "payments_einvoice",
    "payments_exportbatch",
    "payments_exportedjournal",
    "payments_exportfile",
    "payments_exportundo",
    "payments_journal",
    "payments_paymentreminder",
    "payments_posting",
    "payments_referencerate",
    "payments_selfbilledinvoice",
    "payments_statementline",
    "performance_actionupdate",
    "performance_areafile",
    "performance_areaoutline",
    "performance_cadence",
    "performance_disclosureruling",
    "performance_fidelityscore",
    "performance_frozenmonth",
    "performance_pack",
    "performance_practicemeeting",
    "performance_profile",
    "performance_publishedmonth",
    "performance_rebase",
    "performance_reviewaction",
    "performance_reviewnote",
    "performance_scoredreview",
]
PROTECTED = """
SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger
WHERE tgname LIKE '%\\_append\\_only' AND NOT tgisinternal ORDER BY 1
"""
OWNED = (
    "SELECT relname FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
)
ATTRIBUTES = """
SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication FROM pg_roles
WHERE rolname = current_user
"""
GROUPS = "SELECT roleid FROM pg_auth_members WHERE pg_get_userbyid(member) = current_user"
FIRST_COLUMN = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


@pytest.fixture
def as_application(granted_database: str, app_role: Login) -> Iterator[Any]:
    with closing(session(granted_database, app_role)) as opened, opened.cursor() as cursor:
        yield cursor


@pytest.fixture
def as_owner(granted_database: str) -> Iterator[Any]:
    with closing(session(granted_database, owner())) as opened, opened.cursor() as cursor:
        yield cursor


def column(cursor: Any, query: str) -> list[Any]:
    cursor.execute(query)
    return [row[0] for row in cursor.fetchall()]


def test_the_tables_that_are_append_only_are_these(as_owner: Any) -> None:
    assert column(as_owner, PROTECTED) == APPEND_ONLY


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_l2_it_may_not_change_what_is_append_only(table: str, statement: str, as_application: Any) -> None:
    as_application.execute(FIRST_COLUMN, [table])
    name = sql.Identifier(as_application.fetchone()[0])
    given = [sql.Identifier(table), name, name][: statement.count("{}")]
    with pytest.raises(errors.InsufficientPrivilege):
        as_application.execute(sql.SQL(statement).format(*given))


@pytest.mark.parametrize("table", ["payments_charge", "funders_agreementversion"])
def test_it_may_not_update_what_is_written_once(table: str, as_application: Any) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        as_application.execute(sql.SQL("UPDATE {} SET id = id").format(sql.Identifier(table)))


def test_l2_it_may_empty_alter_or_drop_no_table_and_switch_no_guard_off(
    as_application: Any, as_owner: Any
) -> None:
    tables = column(as_owner, TABLES)
    assert len(tables) > 30
    for table in map(sql.Identifier, tables):
        for statement in (
            "TRUNCATE {} CASCADE",
            "DROP TABLE {} CASCADE",
            "ALTER TABLE {} DISABLE TRIGGER ALL",
            "ALTER TABLE {} ADD COLUMN more integer",
            "CREATE RULE nothing AS ON INSERT TO {} DO INSTEAD NOTHING",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                as_application.execute(sql.SQL(statement).format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "CREATE TABLE more (id integer)",
        "CREATE FUNCTION mhep_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "DROP FUNCTION mhep_refuse_change() CASCADE",
        "CREATE ROLE more",
        "CREATE DATABASE more",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('payments', '9999', now())",
    ],
)
def test_it_may_not_go_round_the_guards(statement: str, as_application: Any) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        as_application.execute(statement)


def test_it_owns_nothing_and_has_no_power_over_the_server(as_application: Any) -> None:
    assert column(as_application, OWNED) == []
    as_application.execute(ATTRIBUTES)
    assert as_application.fetchone() == (False,) * 5
    assert column(as_application, GROUPS) == []


def test_granting_again_takes_back_what_was_granted_by_hand(
    granted_database: str,
    app_role: Login,
    as_owner: Any,
    as_application: Any,
    django_db_blocker: DjangoDbBlocker,
) -> None:
    role = sql.Identifier(app_role.role)
    as_owner.execute(sql.SQL("GRANT ALL ON payments_document, django_migrations TO {}").format(role))
    as_application.execute("UPDATE django_migrations SET name = name")
    with django_db_blocker.unblock(), used_by_django(granted_database, owner()):
        call_command("grant_app_role", app_role.role)
    for statement in ("UPDATE django_migrations SET name = name", "TRUNCATE payments_document CASCADE"):
        with pytest.raises(errors.InsufficientPrivilege):
            as_application.execute(statement)


def test_it_can_do_all_that_the_application_does(
    granted_database: str, app_role: Login, django_db_blocker: DjangoDbBlocker
) -> None:
    """Load, import, price, price again, load a change, close, typeset, sign in and look."""
    with django_db_blocker.unblock(), used_by_django(granted_database, app_role):
        cast = a_cast()
        programme = cast.programme
        price(programme, "2026-04")
        price(programme, "2026-04")
        load_programme(PROGRAMME.replace(b"PO-7781", b"PO-7782"), actor=cast.administrator, at=AT)
        close(programme, "2026-04", cast.finance)
        programme.refresh_from_db()
        close(programme, "2026-05", cast.finance)
        documents = Document.objects.filter(operator=programme.operator)
        made = [make_pdfs(month.pk, progress=lambda *_: None, at=AT) for month in programme.months.all()]
        assert sum(made) == documents.count() > 0
        assert charges_csv(programme).count("\n") > 5
        client = Client()
        client.force_login(cast.finance)
        assert client.get("/").status_code == 200


def test_what_it_may_not_do_the_owner_is_refused_by_the_guards(as_owner: Any) -> None:
    """The rights are the second lock: the first one holds even for the owner of the tables."""
    with pytest.raises(errors.RestrictViolation):
        as_owner.execute("DELETE FROM audit_auditevent")
