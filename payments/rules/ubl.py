"""
An e-invoice as UBL 2.1: EN 16931 in the profile Peppol BIS Billing 3.0, invoices and credit notes.

Nothing is computed here but the form: a line is count times unit price and every sum is the document's own,
so that the file agrees with the paper to the minor unit. What is empty is left out, as the profile demands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from lxml import etree

from mhep.kernel.identifiers import CVR, GLN, SIRET
from mhep.kernel.money import to_major
from payments.rules.einvoice import EInvoice, ELine, LegalFacts, PaymentAccount
from payments.rules.vat import EXEMPT, OUTSIDE_SCOPE, REVERSE_CHARGE, STANDARD, ZERO, VatGroup, VatKind

CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CBC, CAC = f"{UBL}CommonBasicComponents-2", f"{UBL}CommonAggregateComponents-2"
CATEGORIES = {STANDARD: "S", ZERO: "Z", EXEMPT: "E", OUTSIDE_SCOPE: "O", REVERSE_CHARGE: "AE"}
REASONS = {OUTSIDE_SCOPE: "Not subject to VAT", REVERSE_CHARGE: "Reverse charge"}
REASON_CODES = {OUTSIDE_SCOPE: "VATEX-EU-O", REVERSE_CHARGE: "VATEX-EU-AE"}
CREDIT_TRANSFER, SEPA_TRANSFER, DANISH_TRANSFER = "30", "58", "42"
SET_OFF = "To be set off against the invoices that it corrects, or paid back."
EACH = "C62"  # the unit "one"

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Node: TypeAlias = etree._Element  # noqa: SLF001 - lxml has no other name for an element


def ubl(invoice: EInvoice) -> bytes:
    """
    Return the document as UBL, encoded in UTF-8; the same document gives the same bytes.

    ``invoice`` lacks no fact (``missing_facts``) and adds up.
    """
    kind = "CreditNote" if invoice.is_credit_note else "Invoice"
    namespaces: Any = {None: f"{UBL}{kind}-2", "cac": CAC, "cbc": CBC}
    root = etree.Element(f"{{{UBL}{kind}-2}}{kind}", nsmap=namespaces)
    _head(root, invoice)
    _references(root, invoice)
    taxed = any(group.kind.category != OUTSIDE_SCOPE for group in invoice.groups)
    _party(_under(root, "AccountingSupplierParty"), invoice.seller, taxed=taxed)
    _party(_under(root, "AccountingCustomerParty"), invoice.buyer, taxed=taxed)
    _payment(root, invoice)
    _totals(root, invoice)
    for position, line in enumerate(invoice.lines, start=1):
        _line(root, invoice, position, line)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _text(parent: Node, name: str, value: object, **attributes: str) -> None:
    """Add a basic component, unless there is nothing to say."""
    text = " ".join(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", str(value)).split())
    if text:
        etree.SubElement(parent, f"{{{CBC}}}{name}", attributes).text = text


def _under(parent: Node, *names: str) -> Node:
    for name in names:
        parent = etree.SubElement(parent, f"{{{CAC}}}{name}")
    return parent


def _amount(parent: Node, name: str, minor: int, currency: str) -> None:
    _text(parent, name, to_major(minor), currencyID=currency)


def _head(root: Node, invoice: EInvoice) -> None:
    _text(root, "CustomizationID", CUSTOMIZATION)
    _text(root, "ProfileID", PROFILE)
    _text(root, "ID", invoice.number)
    _text(root, "IssueDate", invoice.issued_on)
    if invoice.is_credit_note:
        _text(root, "CreditNoteTypeCode", 381)
    else:
        _text(root, "DueDate", invoice.due_on or "")
        _text(root, "InvoiceTypeCode", 380)
    _text(root, "DocumentCurrencyCode", invoice.currency)
    _text(root, "BuyerReference", invoice.buyer_reference)
    period = _under(root, "InvoicePeriod")
    _text(period, "StartDate", invoice.first_day)
    _text(period, "EndDate", invoice.last_day)


def _references(root: Node, invoice: EInvoice) -> None:
    if invoice.order_number:
        _text(_under(root, "OrderReference"), "ID", invoice.order_number)
    for number, issued_on in invoice.corrects:
        _corrected(root, number, issued_on)
    if invoice.contract:
        _text(_under(root, "ContractDocumentReference"), "ID", invoice.contract)


def _corrected(root: Node, number: str, issued_on: date) -> None:
    reference = _under(root, "BillingReference", "InvoiceDocumentReference")
    _text(reference, "ID", number)
    _text(reference, "IssueDate", issued_on)


def _party(parent: Node, facts: LegalFacts, *, taxed: bool) -> None:
    party = _under(parent, "Party")
    scheme, identifier = facts.e_address
    _text(party, "EndpointID", identifier, schemeID=scheme)
    for known, icd in ((facts.gln, GLN), (facts.siret, SIRET)):
        if known:
            _text(_under(party, "PartyIdentification"), "ID", known, schemeID=icd)
    _text(_under(party, "PartyName"), "Name", facts.name)
    _address(_under(party, "PostalAddress"), facts)
    if facts.vat_number and taxed:
        scheme_of = _under(party, "PartyTaxScheme")
        _text(scheme_of, "CompanyID", facts.vat_number)
        _text(_under(scheme_of, "TaxScheme"), "ID", "VAT")
    entity = _under(party, "PartyLegalEntity")
    _text(entity, "RegistrationName", facts.legal_name or facts.name)
    schemes = {"schemeID": CVR} if facts.country == "DK" else {}
    _text(entity, "CompanyID", facts.registration_number, **schemes)


def _address(address: Node, facts: LegalFacts) -> None:
    first, second, *rest = (*facts.address, "", "")
    _text(address, "StreetName", first)
    _text(address, "AdditionalStreetName", second)
    others = ", ".join(line for line in rest if line)
    if others:
        _text(_under(address, "AddressLine"), "Line", others)
    _text(_under(address, "Country"), "IdentificationCode", facts.country)


def _payment(root: Node, invoice: EInvoice) -> None:
    if invoice.is_credit_note:
        _text(_under(root, "PaymentTerms"), "Note", SET_OFF)
        return
    means = _under(root, "PaymentMeans")
    code = payment_means(invoice.account, country=invoice.seller.country, currency=invoice.currency)
    _text(means, "PaymentMeansCode", code)
    _text(means, "PaymentID", invoice.number)
    account = _under(means, "PayeeFinancialAccount")
    by_iban = invoice.account.iban and code != DANISH_TRANSFER
    _text(
        account, "ID", (invoice.account.iban if by_iban else invoice.account.account_number).replace(" ", "")
    )
    _text(account, "Name", invoice.account.holder or invoice.seller.name)
    branch = invoice.account.bic if by_iban else invoice.account.sort_code
    if branch:
        _text(_under(account, "FinancialInstitutionBranch"), "ID", branch)


def payment_means(account: PaymentAccount, *, country: str, currency: str) -> str:
    """Return the code of how to pay: in Denmark none but those that Danish suppliers may use (DK-R-005)."""
    if country == "DK":
        return DANISH_TRANSFER if account.account_number and account.sort_code else SEPA_TRANSFER
    return SEPA_TRANSFER if currency == "EUR" and account.iban else CREDIT_TRANSFER


def _totals(root: Node, invoice: EInvoice) -> None:
    total = _under(root, "TaxTotal")
    _amount(total, "TaxAmount", invoice.vat_minor, invoice.currency)
    for group in invoice.groups:
        _subtotal(_under(total, "TaxSubtotal"), group, invoice.currency)
    sums = _under(root, "LegalMonetaryTotal")
    for name, minor in (
        ("LineExtensionAmount", invoice.net_minor),
        ("TaxExclusiveAmount", invoice.net_minor),
        ("TaxInclusiveAmount", invoice.gross_minor),
        ("PayableAmount", invoice.gross_minor),
    ):
        _amount(sums, name, minor, invoice.currency)


def _subtotal(subtotal: Node, group: VatGroup, currency: str) -> None:
    _amount(subtotal, "TaxableAmount", group.net_minor, currency)
    _amount(subtotal, "TaxAmount", group.vat_minor, currency)
    category = group.kind.category
    reason = group.kind.reason or REASONS.get(category, "")
    reasons = [("TaxExemptionReasonCode", REASON_CODES.get(category, "")), ("TaxExemptionReason", reason)]
    _category(
        _under(subtotal, "TaxCategory"), group.kind, reasons if category not in {STANDARD, ZERO} else ()
    )


def _category(node: Node, kind: VatKind, reasons: Iterable[tuple[str, str]] = ()) -> None:
    _text(node, "ID", CATEGORIES[kind.category])
    if kind.category != OUTSIDE_SCOPE:
        _text(node, "Percent", _shortest(kind.rate))
    for name, reason in reasons:
        _text(node, name, reason)
    _text(_under(node, "TaxScheme"), "ID", "VAT")


def _shortest(rate: Decimal) -> str:
    text = f"{rate:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _line(root: Node, invoice: EInvoice, position: int, line: ELine) -> None:
    kind, quantity = ("CreditNoteLine", "Credited") if invoice.is_credit_note else ("InvoiceLine", "Invoiced")
    node = _under(root, kind)
    _text(node, "ID", position)
    _text(node, f"{quantity}Quantity", line.count, unitCode=EACH)
    _amount(node, "LineExtensionAmount", line.amount_minor, invoice.currency)
    item = _under(node, "Item")
    _text(item, "Description", line.note)
    _text(item, "Name", line.name)
    _category(_under(item, "ClassifiedTaxCategory"), line.vat)
    _amount(_under(node, "Price"), "PriceAmount", line.unit_minor, invoice.currency)
