"""Whose change it was: of the person signed in or who asked for the job; of nobody afterwards."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from psycopg2 import sql

from accounts.models import User
from audit.middleware import AttributionMiddleware
from audit.models import Change
from audit.services import acting
from mhep.shared.attribution import attributed
from mhep.shared.copying import copy_rows
from mhep.shared.jobs import enqueue, run_job
from providers.models import Operator
from tests.audit.trail import changes
from tests.cast import AT

SETTINGS = """
SELECT coalesce(current_setting('mhep.signed_in', true), ''),
    coalesce(current_setting('mhep.through', true), '')
"""


def a_user(name: str) -> User:
    return User.objects.create_user(f"{name}@example.org", "correct horse battery staple", name=name)


def rename(user: User) -> None:
    User.objects.filter(pk=user.pk).update(name=f"{user.name}!")
    user.refresh_from_db()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("in_transaction", [True, False])
def test_a_request_writes_in_the_name_of_who_is_signed_in_and_lends_it_to_nobody(
    in_transaction: bool,  # noqa: FBT001
) -> None:
    user, request = a_user("anna"), HttpRequest()
    request.user = user

    def view(_: HttpRequest) -> HttpResponse:
        if in_transaction:
            with transaction.atomic():
                rename(user)
        else:
            rename(user)
        return HttpResponse()

    with changes() as found:
        AttributionMiddleware(view)(request)
        rename(user)
    own, later = found
    assert (own.actor, own.through) == (user, "page")
    assert later.actor is None
    assert later.through.startswith("role ")
    with connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        assert cursor.fetchone() == ("", "")


@pytest.mark.django_db
def test_a_request_of_nobody_writes_in_nobodys_name() -> None:
    user, request = a_user("anna"), HttpRequest()
    request.user = AnonymousUser()

    def view(_: HttpRequest) -> HttpResponse:
        rename(user)
        return HttpResponse()

    with changes() as found:
        AttributionMiddleware(view)(request)
    assert [(change.actor, change.through) for change in found] == [(None, "page")]


@pytest.mark.django_db
def test_whoever_a_service_names_comes_before_whoever_is_signed_in() -> None:
    one, other = a_user("anna"), a_user("berta")
    with changes() as found, attributed(lambda: "page x", lambda: one.pk), acting(other, reason="asked"):
        rename(one)
    assert [(change.actor, change.reason, change.through) for change in found] == [(other, "asked", "page x")]


@pytest.mark.django_db
def test_copied_rows_and_composed_statements_are_attributed_too() -> None:
    user = a_user("anna")
    columns = [str(field.column) for field in Operator._meta.concrete_fields if not field.primary_key]
    with changes() as found, attributed(lambda: "command it's 100%", lambda: user.pk):
        copy_rows("providers_operator", columns, [["X", *[""] * (len(columns) - 1)]])
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier("providers_operator")))
    assert [change.operation for change in found] == ["INSERT", "DELETE"]
    assert {(change.actor, change.through) for change in found} == {(user, "command it-s 100-")}


@pytest.mark.django_db(transaction=True)
def test_a_job_writes_in_the_name_of_who_asked_for_it() -> None:
    user = a_user("anna")
    with transaction.atomic():
        job = enqueue("tests.rename", subject="anna", arguments={}, requested_by_id=user.pk, at=AT)

    def work(*_: object) -> str:
        rename(user)
        return "Done."

    with changes() as found:
        run_job(str(job.pk), work)
    change = next(one for one in found if one.table == "accounts_user")
    assert (change.actor, change.through) == (user, "job tests.rename")
    assert Change.objects.filter(table="shared_job", after__state="DONE").count() == 1
