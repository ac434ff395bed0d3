"""What an e-invoice says (EN 16931): an issued document with the facts that name both sides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mhep.kernel.identifiers import GLN, SIRET
from payments.rules.vat import OUTSIDE_SCOPE, REVERSE_CHARGE, VatGroup, VatKind


@dataclass(frozen=True, slots=True)
class LegalFacts:
    """Who somebody is in law, and where e-invoices reach them; what is empty is not known."""

    name: str
    legal_name: str = ""
    address: tuple[str, ...] = ()
    country: str = ""
    e_address_scheme: str = ""
    e_address_id: str = ""
    vat_number: str = ""
    registration_number: str = ""
    gln: str = ""
    siret: str = ""

    @property
    def e_address(self) -> tuple[str, str]:
        """Scheme and identifier; a GLN or SIRET stands in where no address is named."""
        if self.e_address_id:
            return self.e_address_scheme, self.e_address_id
        if self.gln:
            return GLN, self.gln
        return (SIRET, self.siret) if self.siret else ("", "")


@dataclass(frozen=True, slots=True)
class PaymentAccount:
    """Where to pay: an IBAN, or an account number with its sort code (in Denmark: reg. nr.)."""

    holder: str = ""
    iban: str = ""
    bic: str = ""
    account_number: str = ""
    sort_code: str = ""


@dataclass(frozen=True, slots=True)
class ELine:
    """``count`` times ``unit_minor``, as the document groups its lines."""

    name: str
    note: str
    count: int
    unit_minor: int
    vat: VatKind

    @property
    def amount_minor(self) -> int:
        return self.count * self.unit_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class EInvoice:
    """
    An invoice, or a credit note to one funder; amounts are positive minor units of ``currency``.

    ``corrects`` are the number and issue date of each invoice that a credit note corrects. ``order_number``
    is the purchase order, ``buyer_reference`` what the buyer wants to find its own department by.
    """

    is_credit_note: bool
    number: str
    issued_on: date
    due_on: date | None
    first_day: date
    last_day: date
    currency: str
    seller: LegalFacts
    buyer: LegalFacts
    account: PaymentAccount
    buyer_reference: str
    order_number: str
    contract: str
    corrects: tuple[tuple[str, date], ...]
    lines: tuple[ELine, ...]
    groups: tuple[VatGroup, ...]
    net_minor: int
    vat_minor: int
    gross_minor: int


@dataclass(frozen=True, slots=True)
class MissingFact:
    """Something that an e-invoice cannot do without; ``remedy`` says where to add it."""

    owner: str  # seller, buyer or agreement
    what: str
    remedy: str


def missing_facts(invoice: EInvoice) -> tuple[MissingFact, ...]:
    """Return what is still needed before the e-invoice can be made, each with where to add it."""
    return (*_of_seller(invoice), *_of_buyer(invoice), *_of_agreement(invoice))


def _of_seller(invoice: EInvoice) -> list[MissingFact]:
    seller, account = invoice.seller, invoice.account
    needed = [
        (seller.country, "the country of the operator"),
        (seller.address, "the address of the operator"),
        (seller.e_address[1], "the e-address of the operator"),
    ]
    categories = {group.kind.category for group in invoice.groups}
    if categories == {OUTSIDE_SCOPE} or seller.country == "DK":
        needed.append((seller.registration_number, "the registration number of the operator"))
    if categories != {OUTSIDE_SCOPE}:
        needed.append((seller.vat_number, "the VAT number of the operator"))
    if not invoice.is_credit_note:
        needed.append((account.iban or account.account_number, "the bank account of the operator"))
    remedy = "Add it on the page about the operator’s invoicing details."
    return [MissingFact("seller", what, remedy) for value, what in needed if not value]


def _of_buyer(invoice: EInvoice) -> list[MissingFact]:
    buyer = invoice.buyer
    needed = [
        (buyer.country, "the country of the funder", "country"),
        (buyer.address, "the address of the funder", "address"),
        (buyer.e_address[1], "the e-address of the funder, or its GLN or SIRET", "e_address"),
        (
            invoice.buyer_reference or invoice.order_number,
            "a reference of the buyer, or a purchase order",
            "buyer_reference",
        ),
    ]
    if any(group.kind.category == REVERSE_CHARGE for group in invoice.groups):
        known = buyer.vat_number or buyer.registration_number
        needed.append((known, "the VAT number of the funder, who accounts for the VAT", "vat_number"))
    remedy = "Add {key} to the funder’s invoicing in the programme file."
    return [MissingFact("buyer", what, remedy.format(key=key)) for value, what, key in needed if not value]


def _of_agreement(invoice: EInvoice) -> list[MissingFact]:
    categories = {group.kind.category for group in invoice.groups}
    found = []
    if "" in categories:
        remedy = "Add vat with its category to the agreement in the programme file."
        found.append(MissingFact("agreement", "the reason why no VAT is due", remedy))
    if OUTSIDE_SCOPE in categories and len(categories) > 1:
        what = "an agreement of its own for what is outside the scope of VAT"
        found.append(MissingFact("agreement", what, "An e-invoice cannot hold both; divide the agreement."))
    return found
