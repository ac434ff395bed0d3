"""The code base and the database themselves: the house's rules, which a reader need not take on trust."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models
from django.test import Client

from mhep.shared.fields import ExactDecimalField
from tests.addresses import every_pattern

PROJECT = Path(__file__).resolve().parents[1]
APPS = (
    "accounts",
    "audit",
    "providers",
    "funders",
    "participants",
    "outcomes",
    "payments",
    "investment",
    "performance",
)
MODELS = [
    model
    for model in apps.get_models(include_auto_created=True)
    if model._meta.app_config.name in (*APPS, "mhep.shared")
]
OPEN_TO_ALL = {
    *("healthz", "readyz", "help", "accessibility", "api-reference", "api-description"),
    *("sign-in", "second-step", "time-left", "forgotten-password", "new-password", "invitation"),
    *("organisation-start", "organisation-answer"),
    *("account_login", "mfa_authenticate"),  # names of the library for the first two
}
# Found by name by Django itself.
ERROR_PAGES = {"400.html", "403.html", "403_csrf.html", "404.html"}
# Rounding outside the kernel, with the reason why no amount is changed by it.
ROUNDS_NO_AMOUNT = {
    ("investment/rules/returns.py", "quantize"): "a rate of return and a multiple, which are no amounts",
    ("funders/rules/values.py", "quantize"): "writes 1E+2 as 100, which is exact",
    ("mhep/shared/views.py", "round"): "seconds that a job has waited",
}
# Markup that is not escaped, with the reason why nobody's words are in it.
UNESCAPED: dict[tuple[str, str], str] = {}
AMOUNT = re.compile(r"amount|price|tariff|cap\b|fee|net|gross|total|charged|entitlement|room|minor")


def own_files(suffix: str) -> Iterator[Path]:
    """Give every file of the product, its migrations left out, that ends in ``suffix``."""
    for folder in ("mhep", "templates", *APPS):
        for path in sorted((PROJECT / folder).rglob(f"*{suffix}")):
            if "migrations" not in path.parts:
                yield path


def calls() -> Iterator[tuple[str, str]]:
    """Give each call in the product as its file and the last part of the name that is called."""
    for path in own_files(".py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                yield str(path.relative_to(PROJECT)), name


def rows(query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def fields() -> Iterator[tuple[str, models.Field[object, object]]]:
    for model in MODELS:
        for field in model._meta.local_fields:
            yield f"{model._meta.label}.{field.name}", field


# Money


def test_no_column_is_a_float() -> None:
    assert [name for name, field in fields() if isinstance(field, models.FloatField)] == []


def test_decimals_are_exact_and_hold_no_amount() -> None:
    assert [name for name, field in fields() if isinstance(field, models.DecimalField)] == []
    decimals = {name.rpartition(".")[2] for name, field in fields() if isinstance(field, ExactDecimalField)}
    assert "vat_rate" in decimals
    assert [name for name in decimals if AMOUNT.search(name)] == []


def test_every_amount_is_a_whole_number_of_minor_units() -> None:
    amounts = [(name, field) for name, field in fields() if name.endswith("_minor")]
    assert len(amounts) > 15
    assert [name for name, field in amounts if type(field) is not models.BigIntegerField] == []


@pytest.mark.django_db
def test_every_amount_is_a_bigint_in_the_database_too() -> None:
    kinds = "SELECT DISTINCT data_type FROM information_schema.columns WHERE column_name LIKE '%\\_minor'"
    assert rows(kinds) == [("bigint",)]


@pytest.mark.django_db
def test_no_column_of_the_database_is_a_float_or_postgres_own_money() -> None:
    inexact = """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type IN ('real', 'double precision', 'money')
    """
    assert rows(inexact) == []


def leads_to_a_currency(model: type[models.Model], seen: frozenset[type[models.Model]]) -> bool:
    """Say whether a row of ``model`` has a currency or belongs, always, to a row that has."""
    if any(field.name == "currency" for field in model._meta.local_fields):
        return True
    parents = {
        field.related_model
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey) and not field.null
    }
    further = {parent for parent in parents if isinstance(parent, type)} - seen
    return any(leads_to_a_currency(parent, seen | {model}) for parent in further)


def test_every_amount_has_a_currency_on_its_row_or_above_it() -> None:
    with_amounts = {field.model for _, field in fields() if field.name.endswith("_minor")}
    assert [model._meta.label for model in with_amounts if not leads_to_a_currency(model, frozenset())] == []


def test_only_the_kernel_rounds_amounts() -> None:
    rounding = {
        (file, name)
        for file, name in calls()
        if name in {"round", "quantize"} and not file.startswith("mhep/kernel/")
    }
    assert rounding == set(ROUNDS_NO_AMOUNT)


# What depends on what


def test_nothing_of_payments_goes_when_something_else_is_deleted() -> None:
    keys = [
        (name, field)
        for name, field in fields()
        if isinstance(field, models.ForeignKey)
        and (name.startswith("payments.") or field.related_model._meta.app_label == "payments")
    ]
    assert len(keys) > 20
    assert [name for name, field in keys if field.remote_field.on_delete is not models.PROTECT] == []


@pytest.mark.django_db
def test_d6_the_database_deletes_and_empties_nothing_by_itself() -> None:
    by_itself = """
        SELECT conrelid::regclass::text, conname FROM pg_constraint
        WHERE contype = 'f' AND (confdeltype NOT IN ('a', 'r') OR confupdtype NOT IN ('a', 'r'))
    """
    assert rows(by_itself) == []
    assert rows("SELECT count(*) > 40 FROM pg_constraint WHERE contype = 'f'") == [(True,)]


@pytest.mark.django_db
def test_t7_every_time_has_its_zone() -> None:
    without = """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type ~ '^time(stamp)?( without time zone)?$'
    """
    assert rows(without) == []


def test_t7_days_and_times_are_told_apart_by_their_names() -> None:
    wrong = [
        name
        for name, field in fields()
        if (isinstance(field, models.DateTimeField) and not name.endswith((".at", "_at", ".last_login")))
        or (type(field) is models.DateField and name.endswith("_at"))
    ]
    assert wrong == []


# Pages


@pytest.mark.django_db
def test_every_address_asks_for_a_sign_in_unless_it_is_listed() -> None:
    client = Client()
    open_to_all = set()
    for address, pattern in every_pattern():
        response = client.get(address)
        if address.startswith("/api/v1/") and response.status_code == 401:
            continue
        if response.status_code != 302 or not response.headers["Location"].startswith("/sign-in/?next="):
            open_to_all.add(pattern.name)
    assert open_to_all == OPEN_TO_ALL


def test_every_address_has_a_name() -> None:
    assert [address for address, pattern in every_pattern() if not pattern.name] == []


def test_every_template_is_used() -> None:
    text = "\n".join(path.read_text() for suffix in (".py", ".html") for path in own_files(suffix))
    templates = {str(path.relative_to(PROJECT / "templates")) for path in own_files(".html")}
    assert len(templates) > 10
    unused = {name for name in templates if f'"{name}"' not in text and f"'{name}'" not in text}
    assert unused == ERROR_PAGES


def test_w12_nothing_is_shown_unescaped_unless_it_is_listed() -> None:
    found = {(file, name) for file, name in calls() if name in {"mark_safe", "SafeString", "SafeText"}}
    for path in own_files(".html"):
        markup = path.read_text()
        for sign in re.findall(r"\|\s*(?:safe|safeseq)\b|\{%\s*autoescape off", markup):
            found.add((str(path.relative_to(PROJECT)), sign))
    assert found == set(UNESCAPED)


def test_no_template_holds_a_style_or_a_handler_that_the_policy_would_block() -> None:
    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*(?:\bsrc=|nonce=))|javascript:")
    found = [str(path.relative_to(PROJECT)) for path in own_files(".html") if inline.search(path.read_text())]
    assert found == []


# Packages


@pytest.mark.parametrize("app", APPS)
def test_every_app_has_its_tests(app: str) -> None:
    assert list((PROJECT / "tests" / app).rglob("test_*.py"))


def test_no_file_is_a_drawer_for_leftovers() -> None:
    drawers = {"utils.py", "helpers.py", "misc.py", "common.py"}
    assert [str(path) for path in own_files(".py") if path.name in drawers] == []


def test_w5_nothing_in_the_product_evaluates_pickles_or_reads_yaml_unsafely() -> None:
    banned = {"eval", "exec", "pickle", "unsafe_load", "full_load", "extra", "RawSQL"}
    assert {(file, name) for file, name in calls() if name in banned} == set()


def test_no_signal_is_received() -> None:
    assert {
        file for file, name in calls() if name in {"receiver", "connect"} and "local_postgres" not in file
    } == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("function", "setting"),
    [
        ("payments_charge_inserted", "enable_hashjoin=off"),
        ("payments_charge_inserted", "enable_mergejoin=off"),
        ("payments_charge_inserted", "enable_seqscan=off"),
        ("payments_document_adds_up", "enable_seqscan=off"),
        ("payments_lines_inserted", "enable_seqscan=off"),
    ],
)
def test_the_guards_look_references_up_by_key_whatever_the_length_of_the_history(
    function: str, setting: str
) -> None:
    """ADR 0005: a scan or a hash of a whole table would make every month dearer than the last."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT proconfig FROM pg_proc WHERE proname = %s", [function])
        ((settings,),) = cursor.fetchall()
    assert setting in (settings or [])


@pytest.mark.django_db
def test_a_guard_that_forbids_scans_is_not_compiled_at_every_call() -> None:
    """A forbidden scan counts as enormous: a server with JIT would compile the guard for half a second."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT proname, 'jit=off' = ANY(proconfig) FROM pg_proc
            WHERE 'enable_seqscan=off' = ANY(proconfig)
        """)
        found = dict(cursor.fetchall())
    assert len(found) > 5
    assert [name for name, is_plain in found.items() if not is_plain] == []
