"""What a programme file says about invoices: identifiers, successions, purchase orders and VAT."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from funders.rules.definition import FEES
from tests.funders.rules.sample import found, read

SOUND = {
    "funders[0].invoicing": {
        "legal_name": "Example Borough",
        "address": "1 Example Street\nExampleton",
        "country": "GB",
        "e_address": {"scheme": "0088", "id": "5790000436057"},
        "vat_number": "GB980780684",
        "siret": "73282932000074",
        "gln": "5790000436057",
        "language": "da",
    },
    "funders[1].succeeds": {"funder": "F", "from": "2027-04-01"},
    "agreements[0].purchase_orders": [{"number": "P1234567", "from": "2026-04-01", "amount": "500.00"}],
    "agreements[0].vat": [
        {"category": "exempt", "reason": "VATA 1994, Schedule 9, Group 6"},
        {"category": "standard", "lines": "fees", "rate": "20"},
        {"category": "outside_scope", "lines": "START", "from": "2027-04-01"},
    ],
    "agreements[0].po_required": True,
    "agreements[0].due_on": "working_day",
}


def test_a_file_with_facts_for_invoices_is_read() -> None:
    result = read(SOUND)
    assert result.problems == ()
    assert result.definition is not None
    funder, successor = result.definition.funders
    agreement = result.definition.agreements[0]
    assert funder.invoicing.e_address is not None
    assert funder.invoicing.e_address.identifier == "5790000436057"
    assert successor.succeeds is not None
    assert successor.succeeds.funder == "F"
    assert [each.lines for each in agreement.vat] == [None, FEES, "START"]
    assert agreement.purchase_orders[0].amount_minor == 50_000
    assert (agreement.po_required, agreement.due_on) == (True, "working_day")


@pytest.mark.parametrize(
    ("place", "value", "problem"),
    [
        ("funders[0].invoicing.country", "UK", ("funders[0].invoicing.country", "bad_value")),
        ("funders[0].invoicing.gln", "5790000436058", ("funders[0].invoicing.gln", "bad_value")),
        ("funders[0].invoicing.siret", "73282932000075", ("funders[0].invoicing.siret", "bad_value")),
        ("funders[0].invoicing.vat_number", "GB980780685", ("funders[0].invoicing.vat_number", "bad_value")),
        (
            "funders[0].invoicing.e_address.scheme",
            "0001",
            ("funders[0].invoicing.e_address.scheme", "bad_value"),
        ),
        (
            "funders[0].invoicing.e_address.id",
            "5790000436050",
            ("funders[0].invoicing.e_address.id", "bad_value"),
        ),
        ("funders[1].succeeds.funder", "H", ("funders[1].succeeds.funder", "unknown_reference")),
        ("funders[1].succeeds.funder", "G", ("funders[1].succeeds.funder", "bad_value")),
        ("agreements[0].vat[0].reason", None, ("agreements[0].vat[0].reason", "missing_key")),
        ("agreements[0].vat[0].rate", "20", ("agreements[0].vat[0].rate", "bad_value")),
        ("agreements[0].vat[1].lines", "OTHER", ("agreements[0].vat[1].lines", "unknown_reference")),
        (
            "agreements[0].vat[2]",
            {"category": "zero", "lines": "fees"},
            ("agreements[0].vat[2]", "bad_value"),
        ),
        (
            "agreements[0].purchase_orders[0].to",
            "2026-03-31",
            ("agreements[0].purchase_orders[0].to", "bad_dates"),
        ),
    ],
)
def test_what_an_invoice_could_not_say_is_refused_at_its_place(
    place: str, value: Any, problem: tuple[str, str]
) -> None:
    assert found(read({**deepcopy(SOUND), place: value})) == [problem]


def test_two_bodies_do_not_take_over_from_each_other() -> None:
    problems = found(read({**deepcopy(SOUND), "funders[0].succeeds": {"funder": "G", "from": "2027-04-01"}}))
    assert problems == [(f"funders[{index}].succeeds.funder", "bad_value") for index in (0, 1)]


def test_a_purchase_order_stands_once() -> None:
    order = {"number": "P1"}
    problems = found(read({"agreements[0].purchase_orders": [order, order]}))
    assert problems == [("agreements[0].purchase_orders[1].number", "duplicate_code")]
