"""E-invoices made from a seed: three currencies and countries, every way of taxing, both kinds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from payments.rules.einvoice import EInvoice, ELine, LegalFacts, PaymentAccount
from payments.rules.vat import EXEMPT, OUTSIDE_SCOPE, REVERSE_CHARGE, STANDARD, ZERO, VatKind, vat_groups

SELLERS = {
    "GB": LegalFacts(
        "Health & Employment <Partnership>",
        address=("1 Example Street", "London", "ZZ1 1ZZ"),
        country="GB",
        e_address_scheme="9932",
        e_address_id="GB980780684",
        vat_number="GB980780684",
        registration_number="01234567",
    ),
    "DK": LegalFacts(
        "Eksempel Fond",
        address=("Eksempelvej 1", "2100 København Ø"),
        country="DK",
        e_address_scheme="0184",
        e_address_id="DK13585628",
        vat_number="DK13585628",
        registration_number="13585628",
    ),
    "FR": LegalFacts(
        "Association d’exemple",
        address=("1 rue de l’Exemple", "75001 Paris"),
        country="FR",
        siret="73282932000074",
        vat_number="FR40303265045",
        registration_number="732829320",
    ),
}
BUYERS = {
    "GB": LegalFacts(
        "Borough of “Exämple”",
        legal_name="The Mayor and Burgesses",
        address=("Civic Centre", "Example Road", "Exampleton", "ZZ2 2ZZ"),
        country="GB",
        e_address_scheme="0088",
        e_address_id="5060012349998",
        vat_number="GB100000034",
    ),
    "DK": LegalFacts(
        "Eksempel Kommune", address=("Rådhuset",), country="DK", gln="5790000436057", vat_number="DK13585628"
    ),
    "FR": LegalFacts(
        "Commune d’Exemple",
        address=("Mairie", "69000 Lyon"),
        country="FR",
        siret="73282932000074",
        vat_number="FR40303265045",
    ),
}
ACCOUNTS = {
    "GB": PaymentAccount("Partnership", account_number="12345678", sort_code="00-00-00"),
    "DK": PaymentAccount("Fond", account_number="0001234567", sort_code="4711"),
    "FR": PaymentAccount("Association", iban="FR14 2004 1010 0505 0001 3M02 606", bic="PSSTFRPPXXX"),
}
CURRENCIES = {"GB": "GBP", "DK": "DKK", "FR": "EUR"}
RATES = {"GB": ("20", "5"), "DK": ("25",), "FR": ("20", "5.5", "2.1")}


def einvoice(seed: int) -> EInvoice:
    """Return the e-invoice of a seed; it adds up and lacks no fact."""
    random = Random(seed)  # noqa: S311 - no secret, and the same document again
    seller, buyer = random.choice(["GB", "DK", "FR"]), random.choice(["GB", "DK", "FR"])
    kinds = _kinds(random, seller)
    lines = [_line(random, random.choice(kinds)) for _ in range(random.randint(1, 12))]
    issued_on = date(2026, 1, 31) + timedelta(random.randint(0, 900))
    is_credit_note = random.random() < 0.35
    draft = EInvoice(
        is_credit_note=is_credit_note,
        number=f"{'CRN' if is_credit_note else 'INV'}-{seed:06d}",
        issued_on=issued_on,
        due_on=None if is_credit_note else issued_on + timedelta(random.randint(0, 60)),
        first_day=issued_on.replace(day=1),
        last_day=issued_on,
        currency=CURRENCIES[seller],
        seller=SELLERS[seller],
        buyer=BUYERS[buyer],
        account=ACCOUNTS[seller],
        buyer_reference=random.choice(["Cost centre 4711", "SERVICE-1"]),
        order_number=random.choice(["", "P1234567", "ENG 2026/17"]),
        contract=random.choice(["", "EX-1"]),
        corrects=_corrected(random, issued_on) if is_credit_note else (),
        lines=tuple(lines),
        groups=(),
        net_minor=0,
        vat_minor=0,
        gross_minor=0,
    )
    return summed(draft)


def _kinds(random: Random, country: str) -> list[VatKind]:
    if random.random() < 0.2:
        return [VatKind(OUTSIDE_SCOPE, Decimal(0))]
    if random.random() < 0.15:
        return [VatKind(REVERSE_CHARGE, Decimal(0))]
    others = [VatKind(ZERO, Decimal(0)), VatKind(EXEMPT, Decimal(0), "Group 6 of Schedule 9")]
    standard = [VatKind(STANDARD, Decimal(rate)) for rate in RATES[country]]
    return random.sample([*standard, *others], random.randint(1, 3))


def _line(random: Random, kind: VatKind) -> ELine:
    name = random.choice(["Job start", "13 weeks’ work & more", "Job start <26 weeks>", "Fee, April 2026"])
    unit = random.choice([1, 33, 33_333, 99_999, 150_000, random.randint(1, 10_000_000)])
    return ELine(name, random.choice(["", "Term job-start · Clause 2.1"]), random.randint(1, 400), unit, kind)


def _corrected(random: Random, issued_on: date) -> tuple[tuple[str, date], ...]:
    numbers = random.sample(range(1, 999), random.randint(1, 3))
    return tuple((f"INV-{number:06d}", issued_on - timedelta(30)) for number in sorted(numbers))


def summed(draft: EInvoice) -> EInvoice:
    """Return the e-invoice with the sums of its lines."""
    groups = vat_groups((line.vat, line.amount_minor) for line in draft.lines)
    net, vat = sum(group.net_minor for group in groups), sum(group.vat_minor for group in groups)
    return replace(draft, groups=groups, net_minor=net, vat_minor=vat, gross_minor=net + vat)
