"""What the tests of the audit trail share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import connection
from django.db.models import Model

from audit.models import Change

OWN_APPS = {
    "mhep",
    "accounts",
    "audit",
    "providers",
    "funders",
    "participants",
    "outcomes",
    "payments",
    "investment",
    "performance",
}
# What is worked out from rows of the trail, stands in it itself, or says nothing but a hash (ADR 0016).
WITHOUT = {
    "audit_change",
    "audit_chainlink",
    "shared_sentform",
    "shared_apianswer",
    "shared_delivery",
    "payments_charge",
    "payments_documentline",
    "payments_documentfile",
    "payments_einvoice",
    "payments_unbilled",
    "performance_amountfact",
    "performance_frozenmonth",
    "performance_outcomefact",
    "performance_peoplefact",
    "performance_publishedmonth",
    "performance_stalemonth",
    "payments_remainder",
    "payments_termstanding",
    "payments_agreementyearstanding",
}


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def own_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model.__module__.partition(".")[0] in OWN_APPS]


def audited_models() -> list[type[Model]]:
    return [model for model in own_models() if model._meta.db_table not in WITHOUT]


def seal() -> None:
    """Do what the end of the transaction does: make a link of the changes so far."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def changes() -> Iterator[list[Change]]:
    """Give the changes that the block left, once it is over."""
    last = Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    found: list[Change] = []
    yield found
    found.extend(Change.objects.filter(pk__gt=last).order_by("pk"))


@contextmanager
def guards_lifted() -> Iterator[None]:
    """Let the trail itself be tampered with, as its owner can who switches its triggers off."""
    seal()
    for table in ("audit_change", "audit_chainlink"):
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    for table in ("audit_change", "audit_chainlink"):
        run(f"ALTER TABLE {table} ENABLE TRIGGER USER")
