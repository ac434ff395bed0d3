"""
Rules of Peppol BIS Billing 3.0 and EN 16931 that a file of ours could break: own checks by their ids.

The official rules of CEN are run beside these where they are installed (payments.services.official_rules);
those of Peppol may not be shipped, so what could go wrong with our files is looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from babel.numbers import list_currencies
from lxml import etree

from mhep.kernel import identifiers
from mhep.kernel.money import from_major, percent_of
from payments.rules.ubl import CAC, CBC, CUSTOMIZATION

NAMESPACES = {"cac": CAC, "cbc": CBC}
FATAL, WARNING = "fatal", "warning"
DANISH_MEANS = frozenset({"1", "10", "31", "42", "48", "49", "50", "58", "59", "93", "97"})
SELLER, BUYER = "cac:AccountingSupplierParty/cac:Party", "cac:AccountingCustomerParty/cac:Party"
FRENCH_NUMBER = re.compile(r"[A-Za-z0-9+_/-]{1,35}")
AMOUNTS = (
    "cbc:PriceAmount",
    "cbc:TaxAmount",
    "cbc:TaxableAmount",
    "cbc:LineExtensionAmount",
    "cbc:TaxExclusiveAmount",
    "cbc:TaxInclusiveAmount",
    "cbc:PayableAmount",
)

Node: TypeAlias = etree._Element  # noqa: SLF001 - lxml has no other name for an element


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A rule that a file breaks, by its published id; ``fatal`` ones get the file refused."""

    rule: str
    flag: str
    message: str


def own_findings(xml: bytes) -> tuple[Finding, ...]:
    """
    Return what our own checks find in a UBL invoice or credit note, sorted by rule; each rule once.

    :raises ValueError: if the bytes are no XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"This is no XML: {error}") from error
    document = _Document(root)
    found = {rule: Finding(rule, FATAL, message) for rule, message, breaks in RULES if breaks(document)}
    return tuple(sorted(found.values()))


class _Document:
    """A parsed document as the rules ask about it; what is absent is an empty text."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.kind = etree.QName(root).localname
        self.is_credit_note = self.kind == "CreditNote"
        self.seller_country = self.text(f"{SELLER}/cac:PostalAddress/cac:Country/cbc:IdentificationCode")
        self.buyer_country = self.text(f"{BUYER}/cac:PostalAddress/cac:Country/cbc:IdentificationCode")
        self.is_danish = self.seller_country == "DK"
        self.is_between_danes = self.is_danish and self.buyer_country == "DK"

    def all(self, path: str) -> list[Node]:
        return self.root.findall(path, NAMESPACES)

    def text(self, path: str, below: Node | None = None) -> str:
        node = (self.root if below is None else below).find(path, NAMESPACES)
        return (node.text or "").strip() if node is not None else ""

    def minor(self, path: str, below: Node | None = None) -> int | None:
        return _minor(self.text(path, below))

    def lines(self) -> list[Node]:
        return self.all("cac:CreditNoteLine" if self.is_credit_note else "cac:InvoiceLine")

    def subtotals(self) -> list[Node]:
        return self.all("cac:TaxTotal/cac:TaxSubtotal")

    def with_scheme(self, scheme: str) -> Iterator[str]:
        for node in self.root.iter(f"{{{CBC}}}EndpointID", f"{{{CBC}}}CompanyID", f"{{{CBC}}}ID"):
            if node.get("schemeID") == scheme:
                yield (node.text or "").strip()


def _minor(text: str) -> int | None:
    try:
        sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
        return sign * from_major(digits)
    except ValueError:
        return None


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text)) and len(text) == 10
    except ValueError:
        return False


def _empty_elements(document: _Document) -> bool:
    return any(not len(node) and not (node.text or "").strip() for node in document.root.iter(etree.Element))


def _other_currency(document: _Document) -> bool:
    currency = document.text("cbc:DocumentCurrencyCode")
    return any(node.get("currencyID") != currency for path in AMOUNTS for node in document.all(f".//{path}"))


def _line_differs(document: _Document) -> bool:
    quantity = "cbc:CreditedQuantity" if document.is_credit_note else "cbc:InvoicedQuantity"
    for line in document.lines():
        count = _decimal(document.text(quantity, line))
        price = _decimal(document.text("cac:Price/cbc:PriceAmount", line))
        amount = _decimal(document.text("cbc:LineExtensionAmount", line))
        if count is None or price is None or amount is None or abs(count * price - amount) > Decimal("0.02"):
            return True
    return False


def _sum_of_lines(document: _Document) -> bool:
    amounts = [document.minor("cbc:LineExtensionAmount", line) for line in document.lines()]
    total = document.minor("cac:LegalMonetaryTotal/cbc:LineExtensionAmount")
    return total is None or None in amounts or sum(each or 0 for each in amounts) != total


def _sum_of_vat(document: _Document) -> bool:
    parts = [document.minor("cbc:TaxAmount", subtotal) for subtotal in document.subtotals()]
    total = document.minor("cac:TaxTotal/cbc:TaxAmount")
    return total is None or None in parts or sum(each or 0 for each in parts) != total


def _gross(document: _Document) -> bool:
    net = document.minor("cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount")
    vat = document.minor("cac:TaxTotal/cbc:TaxAmount")
    gross = document.minor("cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount")
    return net is None or vat is None or gross is None or net + vat != gross


def _due(document: _Document) -> bool:
    total = "cac:LegalMonetaryTotal/cbc:"
    return document.minor(f"{total}TaxInclusiveAmount") != document.minor(f"{total}PayableAmount")


def _vat_of_group(document: _Document) -> bool:
    for subtotal in document.subtotals():
        net = document.minor("cbc:TaxableAmount", subtotal)
        vat = document.minor("cbc:TaxAmount", subtotal)
        rate = _decimal(document.text("cac:TaxCategory/cbc:Percent", subtotal) or "0")
        if net is None or vat is None or rate is None or percent_of(net, rate) != vat:
            return True
    return False


def _mixed_scope(document: _Document) -> bool:
    categories = [document.text("cac:TaxCategory/cbc:ID", each) for each in document.subtotals()]
    return "O" in categories and len(categories) > 1


def _unexplained(category: str) -> Callable[[_Document], bool]:
    def breaks(document: _Document) -> bool:
        return any(
            document.text("cac:TaxCategory/cbc:ID", each) == category
            and not document.text("cac:TaxCategory/cbc:TaxExemptionReason", each)
            and not document.text("cac:TaxCategory/cbc:TaxExemptionReasonCode", each)
            for each in document.subtotals()
        )

    return breaks


def _unpayable(document: _Document) -> bool:
    codes = {document.text("cbc:PaymentMeansCode", each) for each in document.all("cac:PaymentMeans")}
    account = document.text("cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID")
    return bool(codes & {"30", "58"}) and not account


def _danish_means(document: _Document) -> bool:
    codes = {document.text("cbc:PaymentMeansCode", each) for each in document.all("cac:PaymentMeans")}
    return document.is_between_danes and not document.is_credit_note and not codes <= DANISH_MEANS


def _danish_account(document: _Document) -> bool:
    account = "cac:PayeeFinancialAccount"
    return document.is_between_danes and any(
        document.text("cbc:PaymentMeansCode", each) in {"31", "42"}
        and not (
            document.text(f"{account}/cbc:ID", each)
            and document.text(f"{account}/cac:FinancialInstitutionBranch/cbc:ID", each)
        )
        for each in document.all("cac:PaymentMeans")
    )


def _danish_scheme(document: _Document) -> bool:
    entity = document.root.find(f"{SELLER}/cac:PartyLegalEntity/cbc:CompanyID", NAMESPACES)
    return document.is_danish and entity is not None and entity.get("schemeID") != identifiers.CVR


def _negative_credit(document: _Document) -> bool:
    due = document.minor("cac:LegalMonetaryTotal/cbc:PayableAmount")
    return document.is_between_danes and document.is_credit_note and due is not None and due < 0


def _bad_numbers(scheme: str, check: Callable[[str], bool]) -> Callable[[_Document], bool]:
    return lambda document: not all(map(check, document.with_scheme(scheme)))


def _unknown_scheme(document: _Document) -> bool:
    return any(
        node.get("schemeID") not in identifiers.E_ADDRESS_SCHEMES
        for node in document.root.iter(f"{{{CBC}}}EndpointID")
    )


def _odd_dates(document: _Document) -> bool:
    names = ("IssueDate", "DueDate", "StartDate", "EndDate")
    nodes = (node for name in names for node in document.root.iter(f"{{{CBC}}}{name}"))
    return not all(_is_date((node.text or "").strip()) for node in nodes)


def _odd_type(kind: str, path: str, code: str) -> Callable[[_Document], bool]:
    return lambda document: document.kind == kind and document.text(path) != code


def _french_number(document: _Document) -> bool:
    is_french = document.buyer_country == "FR"
    return is_french and not FRENCH_NUMBER.fullmatch(document.text("cbc:ID"))


def _lacks(*paths: str) -> Callable[[_Document], bool]:
    return lambda document: not any(document.text(path) for path in paths)


RULES: tuple[tuple[str, str, Callable[[_Document], bool]], ...] = (
    ("PEPPOL-EN16931-R001", "Name the business process.", _lacks("cbc:ProfileID")),
    (
        "PEPPOL-EN16931-R003",
        "Name the buyer’s reference or the purchase order.",
        _lacks("cbc:BuyerReference", "cac:OrderReference/cbc:ID"),
    ),
    (
        "PEPPOL-EN16931-R004",
        "Name the specification of Peppol BIS Billing 3.0.",
        lambda document: not document.text("cbc:CustomizationID").startswith(CUSTOMIZATION),
    ),
    (
        "PEPPOL-EN16931-R007",
        "Name the process as urn:fdc:peppol.eu:2017:poacc:billing:NN:1.0.",
        lambda document: (
            not re.fullmatch(
                r"urn:fdc:peppol\.eu:2017:poacc:billing:[0-9]{2}:1\.0", document.text("cbc:ProfileID")
            )
        ),
    ),
    ("PEPPOL-EN16931-R008", "Leave empty elements out.", _empty_elements),
    ("PEPPOL-EN16931-R010", "Name the buyer’s electronic address.", _lacks(f"{BUYER}/cbc:EndpointID")),
    ("PEPPOL-EN16931-R020", "Name the seller’s electronic address.", _lacks(f"{SELLER}/cbc:EndpointID")),
    ("PEPPOL-EN16931-R051", "Give every amount in the invoice’s currency.", _other_currency),
    (
        "PEPPOL-EN16931-R053",
        "Give exactly one total of VAT with its parts.",
        lambda document: len(document.all("cac:TaxTotal[cac:TaxSubtotal]")) != 1,
    ),
    ("PEPPOL-EN16931-R120", "A line is its count times its price.", _line_differs),
    (
        "PEPPOL-EN16931-CL007",
        "Use a currency of ISO 4217.",
        lambda document: document.text("cbc:DocumentCurrencyCode") not in list_currencies(),
    ),
    ("PEPPOL-EN16931-CL008", "Use a known scheme of electronic addresses.", _unknown_scheme),
    ("PEPPOL-EN16931-F001", "Write dates as YYYY-MM-DD.", _odd_dates),
    ("PEPPOL-EN16931-P0100", "An invoice has type 380.", _odd_type("Invoice", "cbc:InvoiceTypeCode", "380")),
    (
        "PEPPOL-EN16931-P0101",
        "A credit note has type 381.",
        _odd_type("CreditNote", "cbc:CreditNoteTypeCode", "381"),
    ),
    ("PEPPOL-COMMON-R040", "A GLN has 13 digits.", _bad_numbers(identifiers.GLN, identifiers.is_gln)),
    ("PEPPOL-COMMON-R042", "A CVR number has 8 digits.", _bad_numbers(identifiers.CVR, identifiers.is_cvr)),
    ("BR-CO-10", "The net total is the sum of the lines.", _sum_of_lines),
    ("BR-CO-14", "The VAT is the sum of its parts.", _sum_of_vat),
    ("BR-CO-15", "The total is net and VAT.", _gross),
    ("BR-CO-16", "What is due is the total.", _due),
    ("BR-CO-17", "Each part of the VAT is its rate on its net sum.", _vat_of_group),
    ("BR-O-11", "What is outside the scope of VAT stands alone.", _mixed_scope),
    ("BR-E-10", "Say why there is no VAT.", _unexplained("E")),
    ("BR-AE-10", "Say that the VAT is for the buyer to account for.", _unexplained("AE")),
    ("BR-61", "Name the account to pay into.", _unpayable),
    (
        "DK-R-002",
        "A Danish supplier names its CVR number.",
        lambda document: (
            document.is_danish and not document.text(f"{SELLER}/cac:PartyLegalEntity/cbc:CompanyID")
        ),
    ),
    ("DK-R-005", "Use a means of payment that Danish suppliers may use.", _danish_means),
    ("DK-R-006", "Name the account and its registration number.", _danish_account),
    ("DK-R-014", "Give the CVR number under scheme 0184.", _danish_scheme),
    ("DK-R-016", "A credit note has no negative total.", _negative_credit),
    ("MHEP-FR-01", "A French invoice’s number has up to 35 letters, digits, + - _ or /.", _french_number),
    ("MHEP-FR-02", "A SIRET has 14 digits.", _bad_numbers(identifiers.SIRET, identifiers.is_siret)),
)
