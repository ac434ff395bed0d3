"""A batch of payments as a file for the bank."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import defusedxml.ElementTree as ET  # noqa: N817
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.credit_transfer import NAMESPACE, Account, Batch, Transfer, as_bank_csv, as_pain001, plain

PAYER = Account("Health and Employment Partnership Ltd", iban="GB33BUKB20201555555555", bic="BUKBGB22")
SORTED = Account("Example Provider CIO", sort_code="200000", number="55779911")
FOREIGN = Account("Exemple & Fils <SARL>", iban="FR1420041010050500013M02606")


def batch(*transfers: Transfer) -> Batch:
    made_at = datetime(2026, 7, 3, 9, 30, tzinfo=UTC)
    return Batch("WL-IPS-PAY-0001", made_at, date(2026, 7, 6), PAYER, "GBP", transfers)


def found(xml: bytes, path: str) -> list[str]:
    steps = "/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/"))
    return [each.text or "" for each in ET.fromstring(xml).findall(f".//{steps}")]


def test_the_file_says_how_many_payments_there_are_and_what_they_come_to() -> None:
    xml = as_pain001(
        batch(Transfer(SORTED, 750_00, "P-1", "REM-000001"), Transfer(FOREIGN, 1, "P-2", "REM-000002"))
    )
    assert found(xml, "GrpHdr/NbOfTxs") == found(xml, "PmtInf/NbOfTxs") == ["2"]
    assert found(xml, "GrpHdr/CtrlSum") == found(xml, "PmtInf/CtrlSum") == ["750.01"]
    assert found(xml, "InstdAmt") == ["750.00", "0.01"]
    assert found(xml, "ReqdExctnDt/Dt") == ["2026-07-06"]
    assert found(xml, "GrpHdr/CreDtTm") == ["2026-07-03T09:30:00Z"]


def test_an_account_is_an_iban_or_a_sort_code_with_its_number() -> None:
    xml = as_pain001(batch(Transfer(SORTED, 1, "P-1", "x"), Transfer(FOREIGN, 1, "P-2", "x")))
    assert found(xml, "CdtrAcct/Id/Othr/Id") == ["55779911"]
    assert found(xml, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId") == ["200000"]
    assert found(xml, "CdtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd") == ["GBDSC"]
    assert found(xml, "CdtrAcct/Id/IBAN") == ["FR1420041010050500013M02606"]
    assert found(xml, "DbtrAgt/FinInstnId/BICFI") == ["BUKBGB22"]


def test_the_parts_of_a_payment_stand_in_the_order_of_the_scheme() -> None:
    root = ET.fromstring(as_pain001(batch(Transfer(SORTED, 1, "P-1", "x"))))
    (transfer,) = root.findall(f".//{{{NAMESPACE}}}CdtTrfTxInf")
    names = [each.tag.rpartition("}")[2] for each in transfer]
    assert names == ["PmtId", "Amt", "CdtrAgt", "Cdtr", "CdtrAcct", "RmtInf"]


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Exemple & Fils", "Exemple . Fils"),
        ("a\n\tb", "a b"),
        ("Région Île-de-France", "Region Ile-de-France"),
        ("Sønderborg", "Sonderborg"),
        ("", "."),
        ("REM-000001", "REM-000001"),
    ],
)
def test_signs_that_banks_do_not_pass_on_become_full_stops(text: str, sent: str) -> None:
    assert plain(text, 140) == sent


@given(st.lists(st.tuples(st.text(), st.integers(1, 10**12), st.text()), max_size=5))
def test_any_text_makes_a_file_that_can_be_read_again(rows: list[tuple[str, int, str]]) -> None:
    made = batch(*(Transfer(Account(name, iban="X"), amount, "P", text) for name, amount, text in rows))
    total = sum(amount for _, amount, _ in rows)
    assert sum(map(Decimal, found(as_pain001(made), "InstdAmt"))) * 100 == total
    table = list(csv.DictReader(io.StringIO(as_bank_csv(made).decode())))
    assert sum(Decimal(row["amount"]) for row in table) * 100 == total


def test_the_same_batch_gives_the_same_bytes() -> None:
    made = batch(Transfer(SORTED, 1, "P-1", "x"))
    assert as_pain001(made) == as_pain001(made)
