"""L1: whatever route writes to whatever table, the database writes down who changed what, and when."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from psycopg2 import sql

from accounts.models import User
from audit.models import Change
from audit.services import acting
from mhep.shared.encryption import encrypted_fields
from tests.audit.trail import WITHOUT, audited_models, changes, own_models, run

pytestmark = pytest.mark.django_db

LIFT = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT tgname FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal
               AND tgname NOT LIKE '%\\_audit\\_%' LOOP
        EXECUTE format('ALTER TABLE {table} DISABLE TRIGGER %I', one.tgname);
    END LOOP;
    FOR one IN SELECT conname FROM pg_constraint WHERE conrelid = '{table}'::regclass
               AND contype NOT IN ('p', 't') LOOP
        EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I CASCADE', one.conname);
    END LOOP;
    FOR one IN SELECT indexrelid::regclass AS name FROM pg_index WHERE indrelid = '{table}'::regclass
               AND indisunique AND NOT indisprimary LOOP
        EXECUTE format('DROP INDEX %s', one.name);
    END LOOP;
    ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
END $$;
"""
TRIGGERS = "SELECT count(*) FROM pg_trigger WHERE tgfoid = 'mhep_audit'::regproc AND tgrelid = %s::regclass"
COPY_ONE = "UPDATE {t} SET {c} = (SELECT {c} FROM {t} WHERE {k} = %s) WHERE {k} = %s"
IGNORED = {
    "shared_job": {"done", "total", "message", "sent_at"},
    "accounts_signin": {"seen_at"},
    "shared_webhook": {"looked_at"},
    "accounts_apitoken": {"last_used_at", "window_began_at", "window_count"},
}
VALUES: dict[str, Any] = {
    "BooleanField": [True, False],
    "DateField": [date(2026, 4, 1), date(2026, 5, 1)],
    "DateTimeField": [datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)],
    "JSONField": [{"a": 1}, {"a": 2}],
    "BinaryField": [b"A", b"B"],
    "UUIDField": [uuid.UUID(int=1), uuid.UUID(int=2)],
    "DurationField": [None, None],
}


def value(field: models.Field[Any, Any], turn: int) -> Any:
    kind = field.get_internal_type()
    if kind in VALUES:
        return VALUES[kind][turn]
    if isinstance(field, ArrayField):
        return [value(field.base_field, turn)]
    if kind in {"CharField", "TextField", "EmailField", "SlugField"}:
        return "AB"[turn]
    return 7_001 + turn


def fresh(model: type[models.Model], key: int) -> models.Model:
    given = {field.attname: value(field, 0) for field in model._meta.local_concrete_fields}
    pk = model._meta.pk
    given[pk.attname] = uuid.UUID(int=key) if isinstance(pk, models.UUIDField) else key
    return model(**given)


def changeable(model: type[models.Model]) -> models.Field[Any, Any]:
    table = model._meta.db_table
    return next(
        field
        for field in model._meta.local_concrete_fields
        if not field.primary_key and field.column not in IGNORED.get(table, set())
    )


@pytest.fixture
def actor() -> User:
    return User.objects.create_user("changer@example.org", "correct horse battery staple", name="Changer")


@pytest.fixture(params=audited_models(), ids=lambda model: model._meta.db_table)
def model(request: pytest.FixtureRequest, actor: User) -> Iterator[type[models.Model]]:
    """A table without any guard but the trail's own, until the test is over."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")
    with transaction.atomic():
        run(LIFT.format(table=request.param._meta.db_table))
        yield request.param
        transaction.set_rollback(True)


def test_every_route_leaves_a_row_with_who_when_before_and_after(
    model: type[models.Model], actor: User
) -> None:
    table, manager, field = model._meta.db_table, model._base_manager, changeable(model)
    one, two, three = (fresh(model, key) for key in (880_001, 880_002, 880_003))

    def raw(statement: str, *keys: Any) -> None:
        pk = model._meta.pk
        names = {"t": table, "c": str(field.column), "k": str(pk.column)}
        text = sql.SQL(statement).format(**{name: sql.Identifier(given) for name, given in names.items()})
        with connection.cursor() as cursor:
            cursor.execute(text, [pk.get_db_prep_value(key, connection) for key in keys])

    def changed(row: models.Model, turn: int) -> models.Model:
        setattr(row, field.attname, value(field, turn))
        return row

    routes: list[tuple[str, Any]] = [
        ("INSERT", lambda: one.save(force_insert=True)),
        ("UPDATE", lambda: changed(one, 1).save(force_update=True)),
        ("INSERT", lambda: manager.bulk_create([two, three])),
        ("UPDATE", lambda: manager.bulk_update([changed(two, 1)], [field.name])),
        ("UPDATE", lambda: manager.filter(pk=two.pk).update(**{field.attname: value(field, 0)})),
        ("UPDATE", lambda: raw(COPY_ONE, one.pk, three.pk)),
        ("DELETE", lambda: raw("DELETE FROM {t} WHERE {k} = %s", three.pk)),
        ("DELETE", lambda: manager.filter(pk=two.pk)._raw_delete("default")),
    ]
    for operation, route in routes:
        with acting(actor, reason="checked"), changes() as found:
            route()
        own = [change for change in found if change.table == table]
        assert own, (operation, table)
        for change in own:
            assert (change.operation, change.actor, change.reason) == (operation, actor, "checked")
            assert change.at.utcoffset() is not None
            assert (change.before is None, change.after is None) == (
                operation == "INSERT",
                operation == "DELETE",
            )
            assert field.column in (change.after or change.before or {})
            assert str(change.row_key).endswith(("1", "2", "3"))


def test_every_table_is_in_the_trail_or_named_as_left_out() -> None:
    with connection.cursor() as cursor:
        for model in own_models():
            cursor.execute(TRIGGERS, [model._meta.db_table])
            expected = 0 if model._meta.db_table in WITHOUT else 3
            assert cursor.fetchone() == (expected,), f"{model._meta.db_table}: see mhep.shared.audited"


def hidden_columns() -> list[tuple[type[models.Model], str]]:
    secrets = [
        ("accounts_user", "password"),
        ("accounts_invitation", "token_hash"),
        ("accounts_apitoken", "token_hash"),
    ]
    tables = {model._meta.db_table: model for model in own_models()}
    return [
        *((model, str(field.column)) for model, field in encrypted_fields()),
        *((tables[table], column) for table, column in secrets),
    ]


@pytest.mark.parametrize(
    ("model", "column"), hidden_columns(), ids=lambda part: getattr(part, "__name__", part)
)
def test_no_encrypted_or_secret_value_enters(model: type[models.Model], column: str) -> None:
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")
    with transaction.atomic():
        run(LIFT.format(table=model._meta.db_table))
        with changes() as found:
            fresh(model, 880_001).save(force_insert=True)
        (change,) = (one for one in found if one.table == model._meta.db_table)
        assert (change.after or {})[column] == "…"
        transaction.set_rollback(True)


def test_only_what_changed_is_written(actor: User) -> None:
    with changes() as found:
        User.objects.filter(pk=actor.pk).update(name="Other", email="changer@example.org")
    (change,) = found
    assert (change.before, change.after) == ({"name": "Changer"}, {"name": "Other"})
    assert change.row_key == str(actor.pk)


def test_writing_what_is_there_already_leaves_nothing(actor: User) -> None:
    with changes() as found:
        User.objects.filter(pk=actor.pk).update(name="Changer")
        User.objects.filter(pk=-1).delete()
    assert found == []


def test_the_system_is_named_by_the_role_that_wrote(actor: User) -> None:
    change = Change.objects.filter(table="accounts_user").latest("pk")
    assert change.actor is None
    assert change.through == f"role {connection.settings_dict['USER']}"


@pytest.mark.parametrize("rows", [100, 101])
def test_a_statement_over_many_rows_leaves_their_number_and_a_digest(rows: int) -> None:
    with changes() as found:
        User.objects.bulk_create(User(email=f"u{n}@example.org", name="U") for n in range(rows))
        User.objects.filter(name="U").update(name="V")
    bulk = rows > 100
    assert len(found) == (2 if bulk else 2 * rows)
    if bulk:
        inserted, updated = found
        assert inserted.after is not None
        assert updated.after is not None
        assert (inserted.row_key, inserted.before, inserted.after["rows"]) == ("", None, rows)
        assert (updated.before, updated.after["rows"]) == (inserted.after, rows)
        assert updated.after["digest"] != inserted.after["digest"]
