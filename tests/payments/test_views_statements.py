"""The pages of statements, queries and adjustments: who answers, what is said before, and what is done."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from mhep.shared.sealed_ids import Kind, sealed_id
from payments.enums import AdjustmentState, Settlement
from payments.models import Adjustment, Document, LineQuery, Statement
from payments.selectors.statement_list import StatementFilter, statements_listed
from payments.services.statements import let_silence_speak
from tests.cast import Cast, close
from tests.payments.approving import (
    LATER,
    REASON,
    a_query,
    answer,
    april_sent,
    line_of,
    statement_of,
    void,
)
from tests.payments.test_views_rate_card import text_of

pytestmark = pytest.mark.django_db
LIST = "/programmes/WL-IPS/statements/"


@pytest.fixture(autouse=True)
def _the_sixth_of_july() -> Iterator[None]:
    with time_machine.travel(LATER):
        yield


def words_of(answer: Any) -> str:
    """Return what a page says, without its markup."""
    return text_of(answer.content.decode())


def address(page: str, pk: int) -> str:
    return reverse(f"payments:{page}", args=["WL-IPS", pk])


def field(statement: Statement, event: str) -> str:
    return f"query-{sealed_id(Kind.CHARGE, line_of(statement, event).pk)}"


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def test_the_approver_sees_what_waits_and_for_how_long(client: Client) -> None:
    cast, _ = april_sent()
    page = words_of(signed_in(client, cast.approver).get(LIST))
    assert "Waits for the funder" in page
    assert "in 7 days" in page
    assert "£1,200.00" in page


def test_what_was_answered_is_listed_after_what_waits_and_the_latest_first(client: Client) -> None:
    cast, statement = april_sent()
    answer(statement, cast.approver)
    for month in ("2026-05", "2026-06"):
        close(cast.programme, month)
    for lapsing in Statement.objects.filter(silence="APPROVES"):
        let_silence_speak(statement_id=lapsing.pk, at=LATER + timedelta(days=30))
    listed = [
        (each.state, each.month.first_day.month)
        for each in statements_listed(cast.administrator, cast.programme, StatementFilter())
    ]
    waiting = [place for place, (state, _) in enumerate(listed) if state == "SENT"]
    assert waiting == list(range(len(waiting)))
    answered = [month for state, month in listed if state != "SENT"]
    assert answered == sorted(answered, reverse=True)
    assert len(set(answered)) == 2


def test_the_months_page_leads_to_the_statements_that_its_close_sent(client: Client) -> None:
    cast, statement = april_sent()
    page = signed_in(client, cast.administrator).get("/programmes/WL-IPS/months/2026-04/")
    assert "Statements to approve before they are invoiced" in words_of(page)
    assert address("statement-detail", statement.pk) in page.content.decode()


def test_the_approver_is_told_what_an_answer_does_and_then_it_is_done(client: Client) -> None:
    cast, statement = april_sent()
    signed_in(client, cast.approver)
    assert "Answer this statement" in words_of(client.get(address("statement-detail", statement.pk)))
    sent = {"seen": statement.fingerprint, field(statement, "E-001"): REASON}
    check = client.post(address("statement-answer", statement.pk), sent)
    words = words_of(check)
    assert "An invoice over £300.00 is issued: 1 line" in words
    assert "£750.00 is held back" in words
    assert not Document.objects.filter(agreement__ref="EALING-1").exists()
    done = client.post(address("statement-answer", statement.pk), {**sent, "step": "send"}, follow=True)
    assert "INV-000001" in words_of(done)
    assert Document.objects.get(agreement__ref="EALING-1").net_minor == 25_000
    assert LineQuery.objects.get().reason == REASON


def test_the_board_counts_each_query_once(client: Client) -> None:
    cast, _ = a_query()
    assert "1 query to settle" in words_of(signed_in(client, cast.administrator).get(LIST))


def test_a_form_of_what_has_changed_approves_nothing_and_shows_the_new_statement(client: Client) -> None:
    cast, statement = april_sent()
    void("E-001", date(2026, 7, 5))
    signed_in(client, cast.approver)
    assert "Something changed" in words_of(client.get(address("statement-detail", statement.pk)))
    sent = {"seen": statement.fingerprint, "step": "send"}
    done = client.post(address("statement-answer", statement.pk), sent, follow=True)
    words = words_of(done)
    assert "Nothing was approved" in words
    assert "E-001 of 2026-04-10, 750.00: voided as of 2026-07-05." in words
    assert not Document.objects.filter(agreement__ref="EALING-1").exists()


def test_an_answer_given_elsewhere_needs_its_evidence_and_shows_it(client: Client) -> None:
    cast, statement = april_sent()
    signed_in(client, cast.finance)
    where = address("statement-record", statement.pk)
    sent = {"seen": statement.fingerprint, "step": "send"}
    assert "Write how and when the funder answered" in words_of(client.post(where, sent))
    done = client.post(where, {**sent, "evidence": "E-mail of 5 July"}, follow=True)
    assert "on behalf of London Borough of Ealing" in words_of(done)
    assert "E-mail of 5 July" in words_of(done)
    assert statement_of("EALING-1").answered_by == cast.finance


def test_settling_shows_what_each_way_does_before_it_is_done(client: Client) -> None:
    cast, query = a_query()
    signed_in(client, cast.finance)
    words = words_of(client.get(address("line-query-settle", query.pk)))
    assert "£1,250.00 to funders, £900.00 back from providers" in words
    assert "is spared £750.00 for good" in words
    sent = {"settlement": Settlement.WAIVED, "reason": "Agreed on the telephone"}
    done = client.post(address("line-query-settle", query.pk), sent, follow=True)
    assert "Waived by Example Finance: Agreed on the telephone" in words_of(done)


def test_an_adjustment_goes_from_proposal_to_approval_by_another(client: Client) -> None:
    cast, _ = april_sent()
    signed_in(client, cast.finance)
    sent = {
        "agreement": "receivable-EALING-1",
        "way": "add",
        "amount": "12.50",
        "reason": "Room hire",
    }
    client.post(reverse("payments:adjustment-new", args=["WL-IPS"]), sent)
    adjustment = Adjustment.objects.get()
    where = address("adjustment-decide", adjustment.pk)
    approve = {"decision": AdjustmentState.APPROVED}
    assert "You proposed this adjustment" in words_of(client.post(where, approve))
    signed_in(client, cast.administrator).post(where, approve)
    adjustment.refresh_from_db()
    assert (adjustment.amount_minor, adjustment.state, adjustment.decided_by) == (
        1_250,
        "APPROVED",
        cast.administrator,
    )


@pytest.mark.parametrize("who", ["approver", "commissioner", "finance", "auditor"])
def test_the_list_can_be_kept_as_a_file(client: Client, who: str) -> None:
    cast, _ = april_sent()
    answer = signed_in(client, person(cast, who)).get("/programmes/WL-IPS/statements.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[1:5] for row in rows[1:]] == [["EALING-1", "2026-04", "1", "Waits for the funder"]]


def person(cast: Cast, who: str) -> User:
    return getattr(cast, who)  # type: ignore[no-any-return]


def test_another_funder_does_not_find_the_statement(client: Client) -> None:
    cast, statement = april_sent()
    signed_in(client, cast.other_commissioner)
    assert client.get(address("statement-detail", statement.pk)).status_code == 404
