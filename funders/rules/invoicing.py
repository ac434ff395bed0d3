"""What a programme file says about invoices: buyers, purchase orders, VAT (our extension)."""

from __future__ import annotations

from collections.abc import Callable

from funders.rules import values
from funders.rules.definition import (
    BuyerDefinition,
    EAddress,
    PurchaseOrderDefinition,
    SuccessionDefinition,
    VatTreatmentDefinition,
)
from funders.rules.entries import Entry
from funders.rules.syntax import Value
from funders.rules.values import BadValue, Kind, shown
from mhep.kernel import identifiers

LANGUAGES = values.one_of("en", "fr", "da")
CATEGORIES = values.one_of("standard", "zero", "exempt", "outside_scope", "reverse_charge")
DUE_ON = values.one_of("any_day", "working_day")


def _identifier(check: Callable[[str], bool], what: str) -> Kind[str]:
    def read(value: Value) -> str:
        if isinstance(value, str) and check(value):
            return value
        raise BadValue(f"Write {what}, in quotes, instead of {shown(value)}.")

    return Kind(read, "")


COUNTRY = _identifier(identifiers.is_country, "a country as two capitals, like GB")
VAT_NUMBER = _identifier(
    identifiers.is_vat_number,
    "a VAT number with its country before it and right check digits, like DK13585628",
)
GLN = _identifier(identifiers.is_gln, "a GLN (EAN) of 13 digits, the last of which checks the others")
SIRET = _identifier(identifiers.is_siret, "a SIRET of 14 digits with right check digits")
SCHEME = _identifier(
    identifiers.E_ADDRESS_SCHEMES.__contains__,
    "the four digits of an address scheme, like 0088 (GLN), 0184 (CVR) or 0009 (SIRET)",
)


def read_buyer(entry: Entry) -> BuyerDefinition:
    """Return what a funder's ``invoicing`` says, recording what is wrong with it."""
    address = entry.inner("e_address")
    buyer = BuyerDefinition(
        legal_name=entry.take("legal_name", values.TEXT, None),
        address=entry.take("address", values.TEXT, None),
        country=entry.take("country", COUNTRY, None),
        e_address=_e_address(address) if address else None,
        vat_number=entry.take("vat_number", VAT_NUMBER, None),
        registration_number=entry.take("registration_number", values.TEXT, None),
        buyer_reference=entry.take("buyer_reference", values.TEXT, None),
        gln=entry.take("gln", GLN, None),
        siret=entry.take("siret", SIRET, None),
        service_code=entry.take("service_code", values.TEXT, None),
        engagement_number=entry.take("engagement_number", values.TEXT, None),
        language=entry.take("language", LANGUAGES, None),
    )
    entry.close()
    return buyer


def _e_address(entry: Entry) -> EAddress:
    address = EAddress(entry.need("scheme", SCHEME), entry.need("id", values.TEXT))
    is_whole = address.scheme and address.identifier
    if is_whole and not identifiers.is_e_address(address.scheme, address.identifier):
        entry.refuse(
            "id", f"This is no identifier of scheme {address.scheme}. Correct its digits or the scheme."
        )
    entry.close()
    return address


def read_succession(entry: Entry) -> SuccessionDefinition:
    """Return what a funder's ``succeeds`` says, recording what is wrong with it."""
    succession = SuccessionDefinition(entry.need("funder", values.CODE), entry.need("from", values.DATE))
    entry.close()
    return succession


def read_purchase_orders(agreement: Entry) -> tuple[PurchaseOrderDefinition, ...]:
    """Return an agreement's purchase orders, recording what is wrong with them."""
    return tuple(_purchase_order(entry) for entry in agreement.parts("purchase_orders"))


def _purchase_order(entry: Entry) -> PurchaseOrderDefinition:
    order = PurchaseOrderDefinition(
        number=entry.need("number", values.TEXT),
        starts_on=entry.take("from", values.DATE, None),
        ends_on=entry.take("to", values.DATE, None),
        amount_minor=entry.take("amount", values.AMOUNT, None),
    )
    if order.starts_on and order.ends_on and order.ends_on < order.starts_on:
        message = f"The end, {order.ends_on}, is before the start, {order.starts_on}. Correct one of them."
        entry.refuse("to", message, code="bad_dates")
    entry.close()
    return order


def read_vat(agreement: Entry) -> tuple[VatTreatmentDefinition, ...]:
    """Return how an agreement's lines are taxed, recording what is wrong with it."""
    treatments: list[VatTreatmentDefinition] = []
    for entry in agreement.parts("vat"):
        treatment = _treatment(entry)
        if (treatment.lines, treatment.starts_on) in {(each.lines, each.starts_on) for each in treatments}:
            entry.refuse_all(
                "bad_value", "Another treatment of the same lines begins on the same day. Keep one."
            )
        treatments.append(treatment)
        entry.close()
    return tuple(treatments)


def _treatment(entry: Entry) -> VatTreatmentDefinition:
    treatment = VatTreatmentDefinition(
        category=entry.need("category", CATEGORIES),
        lines=entry.take("lines", values.CODE, None),
        starts_on=entry.take("from", values.DATE, None),
        rate=entry.take("rate", values.PERCENT, None),
        reason=entry.take("reason", values.TEXT, None),
    )
    if treatment.category != "standard" and treatment.rate is not None:
        entry.refuse("rate", f"Delete the rate: {treatment.category} is without VAT.")
    if treatment.category == "exempt":
        entry.require("reason", "Say by which rule the lines are exempt; the invoice has to print it.")
    return treatment
