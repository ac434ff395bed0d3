"""What the database refuses of statements, queries and adjustments, by raw SQL (ADR 0020)."""

# ruff: noqa: S608 - the statements are made of keys that the test stored itself

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from funders.models import Agreement
from payments.models import Adjustment, Charge, Document, LineQuery, Statement
from payments.services.adjustments import About, propose_adjustment
from tests.cast import Cast
from tests.payments.approving import LATER, a_query, april_sent, statement_of
from tests.payments.attacked import insert, row_of, run

pytestmark = pytest.mark.django_db

STATEMENT = "UPDATE payments_statement SET "
ANSWER = f"{STATEMENT}state = 'APPROVED', ended_at = now(), answered_by_id = "

SENT: dict[str, tuple[Callable[[Cast], str], str]] = {
    "another fingerprint": (lambda _: f"{STATEMENT}fingerprint = 'x'", "answered once and never changed"),
    "more time for an answer": (lambda _: f"{STATEMENT}answer_by = '2030-01-01'", "never changed"),
    "deleting it": (lambda _: "DELETE FROM payments_statement", "never deleted"),
    "deleting its lines": (lambda _: "DELETE FROM payments_statementline", "written once|append-only|refuse"),
    "an answer by nobody": (lambda _: f"{ANSWER}NULL", "ended_with_its_time"),
    "an answer by a commissioner": (lambda cast: f"{ANSWER}{cast.commissioner.pk}", "answered by its funder"),
    "an answer by another funder": (lambda cast: f"{ANSWER}{cast.other_commissioner.pk}", "its funder"),
    "an answer by the operator without evidence": (
        lambda cast: f"{ANSWER}{cast.finance.pk}",
        "answered by its funder",
    ),
    "evidence of somebody else's": (
        lambda cast: f"{ANSWER}{cast.outsider.pk}, evidence = 'By telephone'",
        "answered by its funder",
    ),
    "a lapse where silence waits": (
        lambda _: f"{STATEMENT}state = 'LAPSED', ended_at = now()",
        "ended_with_its_time",
    ),
}


@pytest.mark.parametrize(("attack", "refusal"), SENT.values(), ids=SENT.keys())
def test_an_open_statement_is_answered_by_whom_it_asks_and_not_otherwise_changed(
    attack: Callable[[Cast], str], refusal: str
) -> None:
    cast, statement = april_sent()
    where = f" WHERE id = {statement.pk}"
    sql = attack(cast)
    with pytest.raises(DatabaseError, match=refusal), transaction.atomic():
        run(sql + where if "statementline" not in sql else sql)


def test_a_statement_is_not_born_answered_and_not_twice() -> None:
    april_sent()
    row = row_of("SELECT * FROM payments_statement WHERE state = 'SENT' ORDER BY id LIMIT 1")
    row["header"] = "{}"
    for changes, refusal in (
        ({"state": "LAPSED", "revision": 2}, "sent before it is answered"),
        ({"revision": 2}, "payments_statement_one_stands"),
    ):
        with pytest.raises(DatabaseError, match=refusal), transaction.atomic():
            insert("payments_statement", {**row, **changes})


def test_a_line_that_is_not_answered_is_on_no_document() -> None:
    _, statement = april_sent()
    charge = statement.lines.order_by("pk")[0].charge_id
    document = Document.objects.order_by("pk")[0].pk
    with pytest.raises(DatabaseError, match=r"no document|no more lines"), transaction.atomic():
        insert("payments_documentline", {"document_id": document, "charge_id": charge, "corrects_id": None})


def test_a_query_is_raised_with_an_answer_and_about_its_line() -> None:
    cast, statement = april_sent()
    line = statement.lines.order_by("pk")[0]
    row: dict[str, Any] = {
        "line_id": line.pk,
        "charge_id": line.charge_id,
        "reason": "x",
        "raised_by_id": cast.approver.pk,
        "raised_at": LATER,
        "settlement": "",
        "settlement_reason": "",
        "settled_by_id": None,
        "settled_at": None,
    }
    with pytest.raises(DatabaseError, match="raised with the answer"), transaction.atomic():
        insert("payments_linequery", row)


SETTLE = "UPDATE payments_linequery SET settlement_reason = 'x', settled_at = now(), settlement = "
QUERIED: dict[str, tuple[Callable[[Cast], str], str]] = {
    "upheld while the event stands": (
        lambda cast: f"{SETTLE}'UPHELD', settled_by_id = {cast.finance.pk}",
        "the event is voided",
    ),
    "settled by who raised it": (
        lambda cast: f"{SETTLE}'DISMISSED', settled_by_id = {cast.approver.pk}",
        "settled_by_another",
    ),
    "another reason": (lambda _: "UPDATE payments_linequery SET reason = 'y'", "never changed"),
    "without a reason": (
        lambda cast: (
            "UPDATE payments_linequery SET settlement = 'DISMISSED', settled_at = now(), "
            f"settled_by_id = {cast.finance.pk}"
        ),
        "settled_with_its_reason",
    ),
    "deleting it": (lambda _: "DELETE FROM payments_linequery", "never deleted"),
}


@pytest.mark.parametrize(("attack", "refusal"), QUERIED.values(), ids=QUERIED.keys())
def test_a_query_is_settled_once_as_it_may_be(attack: Callable[[Cast], str], refusal: str) -> None:
    cast, _ = a_query()
    with pytest.raises(DatabaseError, match=refusal), transaction.atomic():
        run(attack(cast))


def test_a_settled_query_is_not_settled_again() -> None:
    cast, query = a_query()
    run(f"{SETTLE}'DISMISSED', settled_by_id = {cast.finance.pk}")
    with pytest.raises(DatabaseError, match="settled once"), transaction.atomic():
        run(f"{SETTLE}'WAIVED', settled_by_id = {cast.finance.pk}")
    assert LineQuery.objects.get(pk=query.pk).settlement == "DISMISSED"


ADJUSTED: dict[str, tuple[Callable[[Cast], str], str]] = {
    "approved by who proposed it": (
        lambda cast: (
            "UPDATE payments_adjustment SET state = 'APPROVED', decided_at = now(), "
            f"decided_by_id = {cast.analyst.pk}"
        ),
        "approved_by_another",
    ),
    "approved by nobody": (
        lambda _: "UPDATE payments_adjustment SET state = 'APPROVED', decided_at = now()",
        "decided_with_its_time",
    ),
    "another amount": (lambda _: "UPDATE payments_adjustment SET amount_minor = 1", "never changed"),
    "given back without an invoice": (
        lambda cast: (
            "INSERT INTO payments_adjustment (agreement_id, number, amount_minor, reason, state, "
            "proposed_by_id, proposed_at, decision_reason) SELECT agreement_id, 9, -1, 'x', 'PROPOSED', "
            f"{cast.analyst.pk}, now(), '' FROM payments_adjustment LIMIT 1"
        ),
        "names_its_document",
    ),
    "deleting it": (lambda _: "DELETE FROM payments_adjustment", "never deleted"),
}


@pytest.mark.parametrize(("attack", "refusal"), ADJUSTED.values(), ids=ADJUSTED.keys())
def test_an_adjustment_is_decided_once_by_another(attack: Callable[[Cast], str], refusal: str) -> None:
    cast, _ = april_sent()
    propose_adjustment(
        agreement=Agreement.objects.get(ref="EALING-1"),
        amount_minor=500,
        reason="x",
        about=About(),
        actor=cast.analyst,
        at=LATER,
    )
    with pytest.raises(DatabaseError, match=refusal), transaction.atomic():
        run(attack(cast))
    assert Adjustment.objects.get().state == "PROPOSED"


def test_a_statement_with_other_lines_than_it_was_sent_with_does_not_commit() -> None:
    april_sent()
    row = row_of("SELECT * FROM payments_statement ORDER BY id LIMIT 1")
    run("UPDATE payments_statement SET state = 'SUPERSEDED', ended_at = now()")
    row |= {"header": "{}", "revision": 7}
    insert("payments_statement", row)
    assert Charge.objects.exists()
    assert Statement.objects.filter(revision=7).exists()
    assert statement_of("EALING-1").revision == 7
    with pytest.raises(DatabaseError, match="the sum of its lines"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
