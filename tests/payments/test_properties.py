"""
What always holds of stored charges and documents, asked of the tables themselves in plain SQL.

The golden cases run once through the services; every question is then asked of all of them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from tests.payments.golden import QUICK_CASES

pytestmark = pytest.mark.django_db  # each test in a savepoint of the one transaction of this module

Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module", autouse=True)
def closed_cases(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Keep the closed cases for the questions of this module; nothing of them stays."""
    with django_db_blocker.unblock(), transaction.atomic():
        for case in QUICK_CASES:
            case.prepare(tmp_path_factory.mktemp(case.name))
            for period in case.periods:
                case.close(period)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE payments_charge, payments_documentline, payments_document")
        yield
        transaction.set_rollback(True)


def rows_of(sql: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def test_there_is_something_to_ask() -> None:
    ((charges, credits_, documents),) = rows_of("""
        SELECT count(*) FILTER (WHERE kind = 'CHARGE'), count(*) FILTER (WHERE kind = 'CREDIT'),
            (SELECT count(*) FROM payments_document) FROM payments_charge
    """)
    assert charges > 1000
    assert credits_ > 20
    assert documents > 200


def test_nothing_is_charged_twice() -> None:
    """(event, term) has one first decision and never more charged than its entitlement."""
    assert not rows_of("""
        SELECT event_id, term_id FROM payments_charge WHERE kind IN ('CHARGE', 'NIL')
        GROUP BY event_id, term_id
        HAVING count(*) FILTER (WHERE reason <> 'CARRIED') <> 1
            OR sum(amount_minor) > min(entitlement_minor) OR min(entitlement_minor) <> max(entitlement_minor)
    """)


@pytest.mark.parametrize(
    ("owner", "cap", "joined"),
    [
        ("c.agreement_id", "a.cap_total_minor", ""),
        ("c.term_id", "t.max_amount_minor", ""),
        ("c.agreement_id, e.participant_id", "a.cap_per_participant_minor", ""),
        (
            "c.agreement_id, c.financial_year",
            "y.amount_minor",
            "JOIN funders_yearcap y ON y.agreement_id = a.id AND y.year = c.financial_year",
        ),
    ],
    ids=["total", "term", "person", "year"],
)
def test_no_cap_is_exceeded_after_any_charge(owner: str, cap: str, joined: str) -> None:
    used = rows_of(f"""
        SELECT sum(c.amount_minor) OVER (PARTITION BY {owner} ORDER BY c.id), {cap}
        FROM payments_charge c JOIN funders_agreement a ON a.id = c.agreement_id
        JOIN funders_term t ON t.id = c.term_id JOIN outcomes_outcomeevent e ON e.id = c.event_id
        {joined}
        WHERE c.kind IN ('CHARGE', 'CREDIT') AND {cap} IS NOT NULL
    """)  # noqa: S608
    assert used
    assert all(total <= most for total, most in used)


def test_no_count_is_exceeded() -> None:
    assert not rows_of("""
        SELECT c.id FROM payments_charge c JOIN funders_term t ON t.id = c.term_id
        WHERE c.place > t.max_count OR (c.kind IN ('CHARGE', 'NIL') AND c.place > c.place_before + 1)
    """)


def test_with_a_balance_all_funders_together_pay_the_tariff_or_less() -> None:
    paid = rows_of("""
        SELECT (SELECT sum(o.amount_minor)
                FROM payments_charge o JOIN funders_agreement oa ON oa.id = o.agreement_id
                WHERE o.event_id = c.event_id AND oa.direction = a.direction AND o.kind = 'CHARGE'), (
            SELECT f.amount_minor FROM funders_tariff f WHERE f.outcome_type_id = e.outcome_type_id
                AND f.starts_on <= e.outcome_date ORDER BY f.starts_on DESC LIMIT 1)
        FROM payments_charge c JOIN funders_term t ON t.id = c.term_id AND t.price_kind = 'BALANCE'
        JOIN funders_agreement a ON a.id = c.agreement_id JOIN outcomes_outcomeevent e ON e.id = c.event_id
        WHERE c.kind = 'CHARGE'
    """)
    assert paid
    assert all(together <= tariff for together, tariff in paid)


def test_charges_and_credits_are_the_documents_and_what_waits() -> None:
    """For each agreement: all charged = all documents, credit notes negative, + what is on none yet."""
    assert not rows_of("""
        SELECT a.ref, charged.net, documents.net, waiting.net FROM funders_agreement a,
            LATERAL (SELECT coalesce(sum(amount_minor), 0) net FROM payments_charge
                     WHERE agreement_id = a.id) charged,
            LATERAL (SELECT coalesce(sum(CASE kind WHEN 'CREDIT_NOTE' THEN -1 ELSE 1 END * net_minor), 0) net
                     FROM payments_document WHERE agreement_id = a.id) documents,
            LATERAL (SELECT coalesce(sum(c.amount_minor), 0) net FROM payments_unbilled u
                     JOIN payments_charge c ON c.id = u.charge_id WHERE u.agreement_id = a.id) waiting
        WHERE charged.net <> documents.net + waiting.net
    """)


def test_what_is_on_no_document_and_does_not_wait_is_a_charge_and_its_credit() -> None:
    assert not rows_of("""
        WITH gone AS (
            SELECT c.* FROM payments_charge c WHERE c.kind <> 'NIL'
                AND NOT EXISTS (SELECT FROM payments_documentline l WHERE l.charge_id = c.id)
                AND NOT EXISTS (SELECT FROM payments_unbilled u WHERE u.charge_id = c.id))
        SELECT g.id FROM gone g
        LEFT JOIN gone partner ON partner.amount_minor = -g.amount_minor
            AND (partner.credits_id = g.id OR g.credits_id = partner.id)
        WHERE partner.id IS NULL
    """)


def test_every_credit_line_names_the_invoice_that_holds_its_charge() -> None:
    lines = rows_of("""
        SELECT l.corrects_id, billed.document_id FROM payments_documentline l
        JOIN payments_charge c ON c.id = l.charge_id AND c.kind = 'CREDIT'
        LEFT JOIN payments_documentline billed ON billed.charge_id = c.credits_id
    """)
    assert lines
    assert all(corrects == billed for corrects, billed in lines)


def test_vat_is_the_rate_on_the_net_sum_rounded_half_up() -> None:
    documents = rows_of("SELECT net_minor, vat_rate, vat_minor FROM payments_document")
    assert any(vat for _, _, vat in documents)
    for net, rate, vat in documents:
        assert vat == floor(net * Fraction(Decimal(rate)) / 100 + Fraction(1, 2))


def test_every_charge_can_be_explained() -> None:
    """Event, evidence, verification, term and version, place, entitlement and room give the amount."""
    assert not rows_of("""
        SELECT c.id FROM payments_charge c
        LEFT JOIN outcomes_outcomeevent e ON e.id = c.event_id AND e.state = 'VERIFIED'
        LEFT JOIN funders_term t ON t.id = c.term_id AND t.agreement_id = c.agreement_id
        LEFT JOIN funders_agreementversion v ON v.id = c.version_id AND v.agreement_id = c.agreement_id
        WHERE c.kind IN ('CHARGE', 'NIL') AND (
            e.id IS NULL OR t.id IS NULL OR v.id IS NULL OR e.verified_on IS NULL
            OR NOT EXISTS (SELECT FROM outcomes_eventstep s
                           WHERE s.event_id = e.id AND s.to_state = 'VERIFIED')
            OR c.place_before IS NULL OR c.entitlement_minor IS NULL OR c.charged_before_minor IS NULL
            OR (c.kind = 'CHARGE' AND c.amount_minor <> least(c.entitlement_minor - c.charged_before_minor,
                c.room_term_minor, c.room_total_minor, c.room_year_minor, c.room_person_minor)))
    """)


def test_every_verified_event_of_a_closed_month_was_charged_or_refused_or_matched_nothing() -> None:
    """An event that some term of its outcome names without any condition has its decision."""
    assert not rows_of("""
        SELECT e.reference FROM outcomes_outcomeevent e JOIN funders_programme p ON p.id = e.programme_id
        JOIN funders_agreement a ON a.programme_id = p.id JOIN funders_term t ON t.agreement_id = a.id
        WHERE e.state = 'VERIFIED' AND e.falls_in < p.open_month AND t.outcome_type_id = e.outcome_type_id
            AND t.areas = '{}' AND t.services = '{}' AND t.cohorts = '{}' AND t.min_fidelity IS NULL
            AND t.hours_min IS NULL AND t.hours_below IS NULL
            AND e.outcome_date BETWEEN greatest(a.starts_on, t.starts_on) AND least(a.ends_on, t.ends_on)
            AND (e.voided_on IS NULL OR e.void_falls_in > e.falls_in)
            AND NOT EXISTS (SELECT FROM payments_charge c WHERE c.event_id = e.id AND c.term_id = t.id)
    """)


def test_numbers_run_without_a_gap_and_in_the_order_of_issue() -> None:
    assert not rows_of("""
        SELECT operator_id, kind FROM payments_document GROUP BY operator_id, kind
        HAVING min(number) <> 1 OR max(number) <> count(*) OR count(DISTINCT number) <> count(*)
    """)
    assert not rows_of("""
        SELECT number FROM (SELECT number, issued_on, lag(issued_on) OVER (
            PARTITION BY operator_id, kind ORDER BY number) AS before FROM payments_document) d
        WHERE before > issued_on
    """)


def test_a_document_is_in_the_one_currency_of_its_programme() -> None:
    """Catalogue M11."""
    assert not rows_of("""
        SELECT d.id FROM payments_document d JOIN funders_agreement a ON a.id = d.agreement_id
        JOIN funders_programme p ON p.id = a.programme_id WHERE d.currency <> p.currency
    """)


def test_every_sum_of_money_is_kept_as_an_integer() -> None:
    """Catalogue M9: no column of money is of a type that rounds."""
    kept = rows_of("""
        SELECT table_name, column_name, data_type FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name LIKE '%\\_minor'
    """)
    assert len(kept) > 20
    assert {data_type for _, _, data_type in kept} == {"bigint"}
