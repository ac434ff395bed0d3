"""
The database itself refuses what must never be true (catalogue N3, N4, D5).

Each guard of charges, months, documents and versions is attacked with plain SQL by the owner of the
tables, with every check in Python passed by. Those of events are in ``tests/outcomes/test_guards.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from pytest_django import DjangoDbBlocker

from payments.services.programme_file import CannotLoadProgramme, load_programme
from tests.payments.attacked import AT, PROGRAMME, attacked_programme, insert, row_of, run, waiting_programme

pytestmark = pytest.mark.django_db  # each test in a savepoint of the one transaction of this module

Attack = Callable[[], object]

TRUNCATE_GUARDS = """
    SELECT tgrelid::regclass::text, tgname FROM pg_trigger
    WHERE NOT tgisinternal AND (tgtype & 32) > 0 ORDER BY 1
"""
CHARGE = """
    SELECT c.* FROM payments_charge c JOIN outcomes_outcomeevent e ON e.id = c.event_id
    JOIN funders_term t ON t.id = c.term_id JOIN funders_agreement a ON a.id = c.agreement_id
    JOIN payments_month m ON m.id = c.month_id
"""
OPEN, CLOSED = "m.state = 'PRICED'", "m.state = 'CLOSED'"
TERM = "(SELECT t.id FROM funders_term t JOIN funders_agreement a ON a.id = t.agreement_id WHERE {})"


@pytest.fixture(scope="module", autouse=True)
def programme(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Keep one programme for all attacks; nothing of it stays."""
    with django_db_blocker.unblock(), transaction.atomic():
        attacked_programme()
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("SET CONSTRAINTS ALL DEFERRED")
        yield
        transaction.set_rollback(True)


def charge(where: str) -> dict[str, Any]:
    return row_of(f"{CHARGE} WHERE {where} ORDER BY c.id LIMIT 1")


def one(sql: str) -> object:
    return run(sql)[0][0]


def term(where: str) -> object:
    return one(f"SELECT {TERM.format(where)}")


def sql(statement: str) -> Attack:
    return lambda: run(statement)


def charged_again(
    where: str = f"{OPEN} AND e.reference = 'E2' AND t.ref = 'eng'", /, **changes: Any
) -> Attack:
    """Return an attack that puts a charge of the open month back with some of its values changed."""

    def attack() -> None:
        row = charge(where)
        run("DELETE FROM payments_charge WHERE id = %s", row["id"])
        insert("payments_charge", row | {key: _value(value) for key, value in changes.items()})

    return attack


def charged_beside(where: str, **changes: Any) -> Attack:
    """Return an attack that adds a copy of a charge with some of its values changed."""
    return lambda: insert(
        "payments_charge", charge(where) | {key: _value(value) for key, value in changes.items()}
    )


def _value(value: object) -> object:
    return value() if callable(value) else value


def copied(table: str) -> Attack:
    """Return an attack that stores a row a second time."""

    def attack() -> None:
        row = row_of(f"SELECT * FROM {table}")  # noqa: S608
        insert(
            table,
            {key: json.dumps(value) if isinstance(value, dict) else value for key, value in row.items()},
        )

    return attack


def month(state: str) -> Attack:
    return lambda: one(f"SELECT id FROM payments_month m WHERE {state}")  # noqa: S608


def credited(**changes: Any) -> Attack:
    return charged_beside("c.kind = 'CREDIT' AND t.ref = 'eng'", **changes)


def issued(number_from: int = 1, /, **changes: Any) -> Attack:
    """Return an attack that issues a copy of an invoice, moving its counter as the code would."""

    def attack() -> None:
        row = row_of("SELECT * FROM payments_document WHERE kind = 'INVOICE' ORDER BY number LIMIT 1")
        kind = changes.get("kind", "INVOICE")
        last = run(
            "INSERT INTO payments_documentcounter (operator_id, kind, last_number) VALUES (%s, %s, %s)"
            " ON CONFLICT (operator_id, kind) DO UPDATE"
            " SET last_number = payments_documentcounter.last_number + excluded.last_number"
            " RETURNING last_number",
            row["operator_id"],
            kind,
            number_from,
        )[0][0]
        header = json.dumps(row["header"]) if isinstance(row["header"], dict) else row["header"]
        insert(
            "payments_document",
            row
            | {"number": last, "header": header, "month_id": month(OPEN)()}
            | {key: _value(value) for key, value in changes.items()},
        )

    return attack


def issued_with_a_line(**changes: Any) -> Attack:
    """Return an attack that issues the open month's charge of BIG by itself, outside any close."""

    def attack() -> None:
        made = charge(f"{OPEN} AND e.reference = 'E2' AND t.ref = 'eng'")
        amounts: dict[str, Any] = {
            "net_minor": 5000,
            "vat_rate": 0,
            "vat_minor": 0,
            "gross_minor": 5000,
            "line_count": 1,
        }
        issued(**({"agreement_id": made["agreement_id"]} | amounts | changes))()
        document = one("SELECT max(id) FROM payments_document")
        run(
            "INSERT INTO payments_documentline (document_id, charge_id) VALUES (%s, %s)", document, made["id"]
        )

    return attack


APPEND_ONLY = {
    f"{table} is never {verb}": (sql(statement.format(table)), f"{table} is append-only: {word} refused")
    for table in (
        "payments_document",
        "payments_documentline",
        "audit_auditevent",
        "outcomes_eventstep",
    )
    for verb, word, statement in (
        ("changed", "update", "UPDATE {} SET id = id"),
        ("deleted", "delete", "DELETE FROM {}"),
    )
}

ATTACKS: dict[str, tuple[Attack, str]] = {
    **APPEND_ONLY,
    "a stored pdf is never changed": (
        sql("UPDATE payments_documentfile SET sha256 = ''"),
        "payments_documentfile is append-only: update refused",
    ),
    "a stored pdf is never deleted": (
        sql("DELETE FROM payments_documentfile"),
        "payments_documentfile is append-only: delete refused",
    ),
    "a version of an agreement is never changed": (
        sql("UPDATE funders_agreementversion SET definition = '{}'"),
        "funders_agreementversion is append-only: update refused",
    ),
    "a version of an agreement is never deleted": (
        sql("DELETE FROM funders_agreementversion"),
        "goes only with its agreement",
    ),
    # Charges
    "a charge is never changed, not even in an open month": (
        sql("UPDATE payments_charge SET amount_minor = amount_minor"),
        "payments_charge is append-only: update refused",
    ),
    "a charge of a closed month is never deleted": (
        sql("DELETE FROM payments_charge"),
        "a charge of a closed month is never deleted",
    ),
    "no charge is added to a closed month": (
        charged_again(month_id=month(CLOSED)),
        "a charge belongs to a month that is open",
    ),
    "no charge is added to a month that does not exist": (
        charged_again(month_id=-1),
        "a charge belongs to a month that is open",
    ),
    "an event is first decided once under a term": (
        charged_beside(f"{CLOSED} AND e.reference = 'J1' AND t.ref = 'job'", month_id=month(OPEN)),
        "payments_charge_one_first_decision",
    ),
    "an event is first decided once, a nil decision included": (
        charged_beside(
            f"{OPEN} AND e.reference = 'J4' AND c.kind = 'NIL'",
            kind="CHARGE",
            reason="FULL",
            amount_minor=1,
            room_total_minor=1,
        ),
        "payments_charge_one_first_decision",
    ),
    "a charge stays within its entitlement": (
        charged_again(amount_minor=5001),
        "payments_charge_within_entitlement|payments_charge_within_every_cap",
    ),
    "a charge stays within what is left of its entitlement": (
        charged_again(charged_before_minor=1),
        "payments_charge_within_entitlement",
    ),
    **{
        f"a charge stays within the room of the {name}": (
            charged_again(**{f"room_{name}_minor": 4999}),
            "payments_charge_within_every_cap",
        )
        for name in ("term", "total", "year", "person")
    },
    "a charge says what it was entitled to": (
        charged_again(entitlement_minor=None, charged_before_minor=None),
        "payments_charge_explains_itself",
    ),
    "a nil decision says which place it looked at": (
        charged_again(f"{OPEN} AND c.kind = 'NIL'", place_before=None),
        "payments_charge_explains_itself",
    ),
    "a charge is more than nothing": (charged_again(amount_minor=0), "payments_charge_fits_its_kind"),
    "a nil decision is nothing": (
        charged_again(f"{OPEN} AND c.kind = 'NIL'", amount_minor=1),
        "payments_charge_fits_its_kind",
    ),
    "a charge is of a known kind": (charged_again(kind="GIFT"), "payments_charge_fits_its_kind"),
    "a charge has an event": (charged_again(event_id=None), "payments_charge_fits_its_kind"),
    "a charge has a term": (charged_again(term_id=None), "payments_charge_fits_its_kind"),
    "an event that is not verified is not charged": (
        charged_again(event_id=lambda: one("SELECT id FROM outcomes_outcomeevent WHERE reference = 'N1'")),
        "refers to something that does not exist or does not fit",
    ),
    "an event that does not exist is not charged": (
        charged_again(event_id=-1),
        "refers to something that does not exist or does not fit",
    ),
    "a term of another agreement does not charge": (
        charged_again(term_id=lambda: term("a.ref = 'CAP'")),
        "refers to something that does not exist or does not fit",
    ),
    "a term of another outcome does not charge": (
        charged_again(event_id=lambda: one("SELECT id FROM outcomes_outcomeevent WHERE reference = 'J2'")),
        "refers to something that does not exist or does not fit",
    ),
    "a version of another agreement does not price": (
        charged_again(
            version_id=lambda: one(
                "SELECT v.id FROM funders_agreementversion v"
                " JOIN funders_agreement a ON a.id = v.agreement_id WHERE a.ref = 'CAP'"
            )
        ),
        "refers to something that does not exist or does not fit",
    ),
    "what is carried stays within the entitlement of the first decision, whatever it says itself": (
        charged_beside(
            f"{CLOSED} AND c.reason = 'PARTIAL_CAP'",
            month_id=month(OPEN),
            reason="CARRIED",
            amount_minor=6000,
            entitlement_minor=99_999,
            charged_before_minor=0,
            room_total_minor=None,
        ),
        "charges exceed their entitlement",
    ),
    "nothing is carried without a first decision": (
        charged_again(reason="CARRIED"),
        "charges exceed their entitlement",
    ),
    "a remainder is carried once a month": (
        lambda: [
            charged_beside(
                f"{CLOSED} AND c.reason = 'PARTIAL_CAP'",
                month_id=month(OPEN),
                reason="CARRIED",
                amount_minor=1,
                charged_before_minor=5000,
                room_total_minor=None,
            )()
            for _ in range(2)
        ],
        "payments_charge_one_carried_a_month",
    ),
    "a charge is credited once": (credited(), "payments_charge_credited_once"),
    "a credit is no more than its charge": (
        charged_again("c.kind = 'CREDIT' AND t.ref = 'eng'", amount_minor=-5001),
        "refers to something that does not exist or does not fit",
    ),
    "a credit is less than nothing": (
        charged_again("c.kind = 'CREDIT' AND t.ref = 'eng'", amount_minor=1),
        "payments_charge_fits_its_kind",
    ),
    "a credit reverses a charge": (
        charged_again("c.kind = 'CREDIT' AND t.ref = 'eng'", credits_id=None),
        "payments_charge_fits_its_kind",
    ),
    "a credit is of its charge's event": (
        charged_again(
            "c.kind = 'CREDIT' AND t.ref = 'eng'",
            event_id=lambda: one("SELECT id FROM outcomes_outcomeevent WHERE reference = 'E2'"),
        ),
        "refers to something that does not exist or does not fit",
    ),
    "a credit counts in the year of its charge": (
        charged_again("c.kind = 'CREDIT' AND t.ref = 'eng'", financial_year=2027),
        "refers to something that does not exist or does not fit",
    ),
    "a credit is of its charge's term": (
        charged_again("c.kind = 'CREDIT' AND t.ref = 'eng'", term_id=lambda: term("t.ref = 'top'")),
        "refers to something that does not exist or does not fit",
    ),
    "a fee is charged once a month": (
        lambda: insert(
            "payments_charge",
            row_of("SELECT * FROM payments_charge c WHERE kind = 'FEE' AND fee_month = '2026-04-01'")
            | {"month_id": month(OPEN)()},
        ),
        "payments_charge_one_fee_a_month",
    ),
    "a term with charges is kept": (
        sql("DELETE FROM funders_term WHERE ref = 'eng'"),
        "term eng has charges and cannot be deleted",
    ),
    "a fee with charges is kept": (
        sql("DELETE FROM funders_fixedfee"),
        "fee fee has charges and cannot be deleted",
    ),
    # Months
    "a closed month is never opened again": (
        sql("UPDATE payments_month m SET state = 'PRICED', closed_at = NULL WHERE m.state = 'CLOSED'"),
        "month 2026-04-01 is closed",
    ),
    "a closed month is never deleted": (
        sql("DELETE FROM payments_month m WHERE m.state = 'CLOSED'"),
        "month 2026-04-01 is closed",
    ),
    "a month with charges is kept": (
        sql("DELETE FROM payments_month m WHERE m.state = 'PRICED'"),
        "month 2026-05-01 has charges",
    ),
    "a month stays the month that it is": (
        sql("UPDATE payments_month m SET first_day = '2026-07-01' WHERE m.state = 'PRICED'"),
        "month 2026-05-01 stays the month that it is",
    ),
    "a month is there once": (
        sql(
            "INSERT INTO payments_month (programme_id, first_day, state, priced_at)"
            " SELECT programme_id, first_day, 'PRICED', now() FROM payments_month"
        ),
        "payments_month_once",
    ),
    "a month starts on a first day": (
        sql(
            "INSERT INTO payments_month (programme_id, first_day, state, priced_at)"
            " SELECT id, '2026-06-02', 'PRICED', now() FROM funders_programme"
        ),
        "payments_month_starts_on_a_first_day",
    ),
    "a month is closed with its time": (
        sql("UPDATE payments_month m SET state = 'CLOSED' WHERE m.state = 'PRICED'"),
        "payments_month_closed_with_its_time",
    ),
    "a month closes only when its programme moves on": (
        sql("UPDATE payments_month m SET state = 'CLOSED', closed_at = now() WHERE m.state = 'PRICED'"),
        "month 2026-05-01 closes only when its programme moves on",
    ),
    "a later month is not closed before an earlier one": (
        lambda: (
            run(
                "INSERT INTO payments_month (programme_id, first_day, state, priced_at, closed_at)"
                " SELECT id, '2026-06-01', 'CLOSED', now(), now() FROM funders_programme"
            ),
            run("UPDATE funders_programme SET open_month = '2026-07-01'"),
        ),
        "the open month of GUARD follows its last closed month",
    ),
    "the open month does not go back": (
        sql("UPDATE funders_programme SET open_month = '2026-04-01'"),
        "the open month of GUARD follows its last closed month",
    ),
    "the open month does not run ahead": (
        sql("UPDATE funders_programme SET open_month = '2026-06-01'"),
        "the open month of GUARD follows its last closed month",
    ),
    "the open month is a first day": (
        sql("UPDATE funders_programme SET open_month = '2026-05-02'"),
        "funders_programme_open_month_is_a_first_day|follows its last closed month",
    ),
    # Documents
    "a number is given once": (
        issued(number=1),
        "payments_document_number_once",
    ),
    "a number that the counter did not give is refused": (
        issued(number=999),
        "document number 999 was not given out",
    ),
    "no number is left out": (issued(2), "document numbers have a gap"),
    "no number is given without a document": (
        sql("UPDATE payments_documentcounter SET last_number = last_number + 1"),
        "document numbers have a gap",
    ),
    "the counter does not go back": (
        sql("UPDATE payments_documentcounter SET last_number = 0"),
        "document numbers have a gap",
    ),
    "the counter is kept": (sql("DELETE FROM payments_documentcounter"), "document numbers have a gap"),
    "there is one counter": (
        sql(
            "INSERT INTO payments_documentcounter (operator_id, kind, last_number)"
            " SELECT operator_id, kind, last_number FROM payments_documentcounter"
        ),
        "payments_documentcounter_once",
    ),
    "an agreement has one document of a kind a month": (
        issued(month_id=month(CLOSED)),
        "payments_document_one_a_month",
    ),
    "a document has its lines": (issued(), "document .* says .* its lines say 0 over 0"),
    "a document is the sum of its lines": (
        issued_with_a_line(net_minor=4999, gross_minor=4999),
        "document .* says 4999 over 1 lines, its lines say 5000 over 1",
    ),
    "a document holds charges of its own agreement": (
        issued_with_a_line(agreement_id=lambda: one("SELECT id FROM funders_agreement WHERE ref = 'CAP'")),
        "document .* says 5000 over 1 lines, its lines say 0 over 0",
    ),
    "an invoice holds no credits and a credit note nothing else": (
        issued_with_a_line(kind="CREDIT_NOTE"),
        "document 1 says 5000 over 1 lines, its lines say 0 over 0",
    ),
    "vat is the rate on the net sum": (
        issued_with_a_line(vat_rate=20, vat_minor=999, gross_minor=5999),
        "a VAT that is not its rate on its net sum",
    ),
    "a document is issued only with the close of its month": (
        issued_with_a_line(),
        "is issued only with the close of its month",
    ),
    "gross is net and vat": (issued(gross_minor=1), "payments_document_adds_up"),
    "a document is about more than nothing": (
        issued(net_minor=0, vat_minor=0, gross_minor=0),
        "payments_document_is_positive",
    ),
    "a document is not due before its issue": (
        issued(due_on="2000-01-01"),
        "payments_document_due_after_issue",
    ),
    "an issued document has no line more": (
        lambda: insert(
            "payments_documentline",
            {
                "document_id": one("SELECT min(id) FROM payments_document"),
                "charge_id": charge(f"{OPEN} AND c.kind = 'CHARGE'")["id"],
                "corrects_id": None,
            },
        ),
        "a document has no more lines than it was issued with",
    ),
    "a charge is on one document": (
        copied("payments_documentline"),
        "payments_documentline_charge_id_key",
    ),
    "a document has one file": (
        lambda: [
            run(
                "INSERT INTO payments_documentfile (document_id, content, sha256, made_at)"
                " SELECT min(id), '', '', now() FROM payments_document"
            )
            for _ in range(2)
        ],
        "payments_documentfile_pkey",
    ),
    # What stands
    "what stands under a term is there once": (
        sql("INSERT INTO payments_termstanding SELECT * FROM payments_termstanding"),
        "payments_termstanding_pkey",
    ),
    "no term holds fewer places than none": (
        sql("UPDATE payments_termstanding SET places = -1"),
        "payments_termstanding_not_negative",
    ),
    "a remainder is there once": (
        copied("payments_remainder"),
        "payments_remainder_once",
    ),
    "a remainder that is paid up is gone": (
        sql("UPDATE payments_remainder SET charged_minor = entitlement_minor"),
        "payments_remainder_is_open",
    ),
    "a year of an agreement stands once": (
        copied("payments_agreementyearstanding"),
        "payments_agreementyearstanding_once",
    ),
    # The contract
    **{
        f"{table} has {what} once": (
            copied(f"funders_{table}"),
            constraint,
        )
        for table, what, constraint in (
            ("tariff", "a date", "funders_tariff_one_from_a_date"),
            ("agreement", "a ref", "funders_agreement_ref_once"),
            ("term", "a ref", "funders_term_ref_once"),
            ("fixedfee", "a ref", "funders_fixedfee_ref_once"),
            ("yearcap", "a year", "funders_yearcap_once"),
            ("band", "a position", "funders_band_position_once"),
            ("agreementversion", "a number", "funders_agreementversion_number_once"),
            ("outcometype", "a code", "funders_outcometype_code_once"),
            ("service", "a code", "funders_service_code_once"),
            ("funder", "a code", "funders_funder_code_once"),
            ("programme", "a code", "funders_programme_code_key"),
        )
    },
    "a tariff is not negative": (
        sql("UPDATE funders_tariff SET amount_minor = -1"),
        "funders_tariff_not_negative",
    ),
    "a cap is not negative": (
        sql("UPDATE funders_agreement SET cap_total_minor = -1"),
        "funders_agreement_caps_not_negative",
    ),
    "a term has the price of its kind": (
        sql("UPDATE funders_term SET percent = 5"),
        "funders_term_price_fits_its_kind",
    ),
    "a fee has an amount or a total": (
        sql("UPDATE funders_fixedfee SET total_minor = 5"),
        "funders_fixedfee_amount_or_total",
    ),
    "vat is a percentage": (
        sql("UPDATE funders_agreement SET vat_rate = 101"),
        "funders_agreement_vat_is_a_percentage",
    ),
}


def attempt(attack: Attack) -> None:
    """Make the attack and look at once at what the database else looks at when a transaction commits."""
    with transaction.atomic():
        attack()
        run("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(("attack", "refusal"), ATTACKS.values(), ids=ATTACKS.keys())
def test_the_database_refuses(attack: Attack, refusal: str) -> None:
    with pytest.raises(DatabaseError, match=refusal):
        attempt(attack)


def test_a_charge_put_back_unchanged_is_taken() -> None:
    """The attacks fail for what they change, not for how they are made."""
    with transaction.atomic():
        charged_again()()
        charged_again("c.kind = 'CREDIT' AND t.ref = 'eng'")()
        charged_again(f"{OPEN} AND c.kind = 'NIL'")()
        run("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)


def test_every_table_of_facts_refuses_to_be_emptied() -> None:
    """The suite lifts these guards to clean up after itself; here they are on again."""
    guards = run(TRUNCATE_GUARDS)
    assert {table for table, _ in guards} >= {
        "audit_auditevent",
        "funders_agreementversion",
        "outcomes_eventstep",
        "outcomes_outcomeevent",
        "payments_charge",
        "payments_document",
        "payments_documentcounter",
        "payments_documentfile",
        "payments_documentline",
        "payments_month",
        "payments_unbilled",
    }
    for table, guard in guards:
        run("SET CONSTRAINTS ALL IMMEDIATE")  # a table with a check that waits cannot be altered
        run(f"ALTER TABLE {table} ENABLE TRIGGER {guard}")
        with pytest.raises(DatabaseError, match=f"{table} is append-only: truncate refused"):
            attempt(sql(f"TRUNCATE {table} CASCADE"))
        run(f"ALTER TABLE {table} DISABLE TRIGGER {guard}")


def test_the_first_open_month_passes_no_event_that_waits() -> None:
    """Such an event would never be priced; a file that asks for it is refused in words."""
    programme = waiting_programme()
    with pytest.raises(DatabaseError, match="the open month of WAIT follows its last closed month"):
        attempt(sql("UPDATE funders_programme SET open_month = '2026-06-01' WHERE code = 'WAIT'"))
    later = PROGRAMME.format(code="WAIT", operator="WAITING").replace(
        "  starts_on: 2026-04-01\n  ends_on", "  starts_on: 2026-05-01\n  ends_on"
    )
    with pytest.raises(CannotLoadProgramme, match=r"programme\.starts_on: in_use: .* Put 2026-04-01 back"):
        load_programme(later.encode(), actor=None, at=AT)
    programme.refresh_from_db()
    assert str(programme.first_open_month) == "2026-04"
