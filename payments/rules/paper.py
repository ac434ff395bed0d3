"""What an issued document says on paper: its content as values, and as words of its language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from babel.dates import format_date, format_interval
from babel.numbers import format_currency, format_decimal, format_percent

from mhep.kernel.money import percent_of, to_major
from mhep.kernel.periods import Month
from payments.rules.vat import NO_VAT, STANDARD, VatGroup, VatKind, plain_vat


class PaperKind(StrEnum):
    """What a document is. The operator issues all of them."""

    INVOICE = "invoice"
    """The operator asks a funder for payment."""
    CREDIT_NOTE = "credit_note"
    """The operator takes back part of what it invoiced to a funder."""
    REMITTANCE = "remittance"
    """The operator tells a provider what it pays."""
    REMITTANCE_CREDIT = "remittance_credit"
    """The operator takes back part of what it told a provider that it pays."""


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation on a document; what is empty is not printed."""

    code: str
    name: str
    address: tuple[str, ...] = ()
    vat_number: str = ""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where to pay; what is empty is not printed."""

    holder: str
    bank: str = ""
    sort_code: str = ""
    account_number: str = ""
    iban: str = ""
    bic: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """
    One charge or credit for one outcome of one person, who is known here by reference only.

    ``position`` is the outcome type's place in the programme; ``corrects`` is the number of the
    document on which a credited charge stands, and empty on a line that corrects nothing.
    """

    event: str
    participant: str
    achieved_on: date
    outcome: str
    term: str
    amount_minor: int
    position: int = 0
    clause: str = ""
    corrects: str = ""
    vat: VatKind = NO_VAT


@dataclass(frozen=True, slots=True)
class FeeLine:
    """The fixed fee of one month, an adjustment by hand, or the credit of one."""

    ref: str
    description: str
    month: Month
    amount_minor: int
    corrects: str = ""
    vat: VatKind = NO_VAT


@dataclass(frozen=True, slots=True)
class OutcomeGroup:
    """The lines of one term at one unit amount: ``count`` times ``unit_minor`` is what they come to."""

    outcome: str
    term: str
    clause: str
    corrects: str
    unit_minor: int
    count: int
    vat: VatKind = NO_VAT

    @property
    def amount_minor(self) -> int:
        return self.count * self.unit_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """
    The content of one issued document, which adds up or cannot exist.

    Amounts are minor units of ``currency`` and positive on every kind: that a credit note gives
    back is in its name. ``periods`` are the months that were billed, ``agreement`` is the ref of
    the agreement or provider contract, ``party`` its funder or provider. ``vat`` are the sums by ways of
    taxing where the agreement says how it is taxed; without them the rate holds for the net sum.
    ``references`` are what the buyer wants to find its own department and order by.

    :raises ValueError: if the language is not en, fr or da, if the lines do not add up to the
        net, if the VAT is not the rate on the net rounded half up, or if net and VAT are not the gross.
    """

    kind: PaperKind
    language: str
    number: str
    issued_on: date
    due_on: date | None
    periods: tuple[Month, ...]
    operator: Party
    party: Party
    programme_code: str
    programme_name: str
    agreement: str
    po_number: str
    currency: str
    vat_rate: Decimal
    net_minor: int
    vat_minor: int
    gross_minor: int
    outcome_lines: tuple[OutcomeLine, ...] = ()
    fee_lines: tuple[FeeLine, ...] = ()
    bank: BankAccount | None = None
    vat: tuple[VatGroup, ...] = ()
    references: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise ValueError(f"{self.number}: a document is in {', '.join(sorted(LANGUAGES))}.")
        lines: tuple[OutcomeLine | FeeLine, ...] = (*self.outcome_lines, *self.fee_lines)
        self._agree("net and lines", self.net_minor, sum(line.amount_minor for line in lines))
        self._agree("net and sums by VAT", self.net_minor, sum(group.net_minor for group in self.groups))
        self._agree("VAT and its rate on the net", self.vat_minor, sum(_vat(group) for group in self.groups))
        self._agree("gross and net with VAT", self.gross_minor, self.net_minor + self.vat_minor)

    def _agree(self, what: str, stated: int, computed: int) -> None:
        if stated != computed:
            raise ValueError(f"{self.number}: {what} differ: {to_major(stated)}, {to_major(computed)}.")

    @property
    def groups(self) -> tuple[VatGroup, ...]:
        """The sums by ways of taxing; a single one where the agreement says no more than its rate."""
        return self.vat or (VatGroup(plain_vat(self.vat_rate), self.net_minor, self.vat_minor),)

    @property
    def payment_reference(self) -> str:
        """What the payer is to quote: the document's number."""
        return self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How documents speak in one language. A word that is missing is an error of type, not of print."""

    locale: str
    titles: dict[PaperKind, str]
    totals: dict[PaperKind, str]
    supplier: str
    buyer: str
    payer: str
    payee: str
    code: str
    vat_number: str
    issued_on: str
    due_on: str
    period: str
    payment_reference: str
    po_number: str
    agreement: str
    contract: str
    programme: str
    lines: str
    description: str
    term: str
    fee: str
    corrects: str
    count: str
    unit_price: str
    amount: str
    no_lines: str
    net: str
    vat: str
    vat_on: str
    untaxed: dict[str, str]
    references: str
    payment: str
    payment_note: str
    holder: str
    bank: str
    sort_code: str
    account_number: str
    schedule: str
    schedule_note: str
    event: str
    participant: str
    achieved_on: str
    outcome: str
    total: str
    page: str


LANGUAGES = {
    "en": Language(
        locale="en_GB",
        titles={
            PaperKind.INVOICE: "Invoice",
            PaperKind.CREDIT_NOTE: "Credit note",
            PaperKind.REMITTANCE: "Remittance statement",
            PaperKind.REMITTANCE_CREDIT: "Credit note",
        },
        totals={
            PaperKind.INVOICE: "Total due",
            PaperKind.CREDIT_NOTE: "Total credited",
            PaperKind.REMITTANCE: "Total payable to you",
            PaperKind.REMITTANCE_CREDIT: "Total credited",
        },
        supplier="Supplier",
        buyer="Buyer",
        payer="Payer",
        payee="Payee",
        code="Code {code}",
        vat_number="VAT number {number}",
        issued_on="Issue date",
        due_on="Due date",
        period="Period",
        payment_reference="Payment reference",
        po_number="PO number",
        agreement="Agreement",
        contract="Contract",
        programme="Programme",
        lines="Summary",
        description="Description",
        term="Term {term}",
        fee="Fixed fee {fee}",
        corrects="Corrects",
        count="Count",
        unit_price="Unit price",
        amount="Amount",
        no_lines="No lines",
        net="Net total",
        vat="VAT at {rate}",
        vat_on="VAT at {rate} on {net}",
        untaxed={
            "": "No VAT on {net}",
            "zero": "VAT at 0% on {net}",
            "exempt": "Exempt from VAT: {net}",
            "outside_scope": "Outside the scope of VAT: {net}",
            "reverse_charge": "Reverse charge, VAT to be accounted for by the buyer: {net}",
        },
        references="Your reference",
        payment="How to pay",
        payment_note="Please quote the payment reference, so that your payment is matched to this document.",
        holder="Account name",
        bank="Bank",
        sort_code="Sort code",
        account_number="Account number",
        schedule="Schedule of outcomes",
        schedule_note="People appear by reference only.",
        event="Event",
        participant="Participant",
        achieved_on="Outcome date",
        outcome="Outcome",
        total="Total of outcomes",
        page="Page {page} of {pages}",
    ),
    "fr": Language(
        locale="fr_FR",
        titles={
            PaperKind.INVOICE: "Facture",
            PaperKind.CREDIT_NOTE: "Avoir",
            PaperKind.REMITTANCE: "Relevé de versement",
            PaperKind.REMITTANCE_CREDIT: "Avoir",
        },
        totals={
            PaperKind.INVOICE: "Total TTC à payer",
            PaperKind.CREDIT_NOTE: "Total TTC de l’avoir",
            PaperKind.REMITTANCE: "Total TTC à vous verser",
            PaperKind.REMITTANCE_CREDIT: "Total TTC de l’avoir",
        },
        supplier="Fournisseur",
        buyer="Client",
        payer="Payeur",
        payee="Bénéficiaire",
        code="Code {code}",
        vat_number="N° de TVA {number}",
        issued_on="Date d’émission",
        due_on="Date d’échéance",
        period="Période",
        payment_reference="Référence de paiement",
        po_number="N° de bon de commande",
        agreement="Convention",
        contract="Contrat",
        programme="Programme",
        lines="Récapitulatif",
        description="Désignation",
        term="Clause tarifaire {term}",
        fee="Forfait {fee}",
        corrects="Rectifie",
        count="Nombre",
        unit_price="Prix unitaire",
        amount="Montant",
        no_lines="Aucune ligne",
        net="Total HT",
        vat="TVA à {rate}",
        vat_on="TVA à {rate} sur {net}",
        untaxed={
            "": "Sans TVA : {net}",
            "zero": "TVA à 0 % sur {net}",
            "exempt": "Exonéré de TVA : {net}",
            "outside_scope": "Hors champ de la TVA : {net}",
            "reverse_charge": "Autoliquidation de la TVA par le client : {net}",
        },
        references="Votre référence",
        payment="Règlement",
        payment_note="Merci d’indiquer la référence de paiement pour le rapprochement de votre règlement.",
        holder="Titulaire du compte",
        bank="Banque",
        sort_code="Code guichet",
        account_number="N° de compte",
        schedule="Détail des résultats",
        schedule_note="Les personnes ne figurent que par leur référence.",
        event="Événement",
        participant="Participant",
        achieved_on="Date du résultat",
        outcome="Résultat",
        total="Total des résultats",
        page="Page {page} sur {pages}",
    ),
    "da": Language(
        locale="da_DK",
        titles={
            PaperKind.INVOICE: "Faktura",
            PaperKind.CREDIT_NOTE: "Kreditnota",
            PaperKind.REMITTANCE: "Betalingsoversigt",
            PaperKind.REMITTANCE_CREDIT: "Kreditnota",
        },
        totals={
            PaperKind.INVOICE: "I alt at betale",
            PaperKind.CREDIT_NOTE: "I alt krediteret",
            PaperKind.REMITTANCE: "I alt til udbetaling",
            PaperKind.REMITTANCE_CREDIT: "I alt krediteret",
        },
        supplier="Leverandør",
        buyer="Køber",
        payer="Betaler",
        payee="Modtager",
        code="Kode {code}",
        vat_number="Momsnr. {number}",
        issued_on="Udstedt",
        due_on="Forfaldsdato",
        period="Periode",
        payment_reference="Betalingsreference",
        po_number="Indkøbsordrenr.",
        agreement="Aftale",
        contract="Kontrakt",
        programme="Program",
        lines="Oversigt",
        description="Beskrivelse",
        term="Vilkår {term}",
        fee="Fast betaling {fee}",
        corrects="Retter",
        count="Antal",
        unit_price="Enhedspris",
        amount="Beløb",
        no_lines="Ingen linjer",
        net="I alt uden moms",
        vat="Moms {rate}",
        vat_on="Moms {rate} af {net}",
        untaxed={
            "": "Uden moms: {net}",
            "zero": "Moms 0 % af {net}",
            "exempt": "Momsfritaget: {net}",
            "outside_scope": "Uden for momslovens område: {net}",
            "reverse_charge": "Omvendt betalingspligt, køberen afregner momsen: {net}",
        },
        references="Jeres reference",
        payment="Betaling",
        payment_note="Angiv betalingsreferencen, så betalingen kan henføres til dette dokument.",
        holder="Kontohaver",
        bank="Bank",
        sort_code="Reg.nr.",
        account_number="Kontonummer",
        schedule="Specifikation af resultater",
        schedule_note="Personer nævnes kun ved reference.",
        event="Hændelse",
        participant="Deltager",
        achieved_on="Resultatdato",
        outcome="Resultat",
        total="Resultater i alt",
        page="Side {page} af {pages}",
    ),
}

_TO_PROVIDER = {PaperKind.REMITTANCE, PaperKind.REMITTANCE_CREDIT}
_CREDITS = {PaperKind.CREDIT_NOTE, PaperKind.REMITTANCE_CREDIT}


def printed(paper: Paper) -> dict[str, object]:
    """
    Return what the ``document`` template prints: every word and figure in the paper's language.

    The result is made of JSON's types alone and does not depend on the order in which the paper
    holds its lines. It holds no name, birth date or health data of a person: a paper has none.
    """
    words = LANGUAGES[paper.language]
    title = words.titles[paper.kind]
    language, region = words.locale.split("_")
    return {
        "lang": language,
        "region": region,
        "title": f"{title} {paper.number}",
        "author": paper.operator.name,
        "keywords": [paper.number, paper.programme_code, paper.agreement],
        "date": {"year": paper.issued_on.year, "month": paper.issued_on.month, "day": paper.issued_on.day},
        "heading": title,
        "number": paper.number,
        "party": paper.party.name,
        "parties": _parties(paper, words),
        "facts": _facts(paper, words),
        "lines": _lines(paper, words),
        "totals": _totals(paper, words),
        "payment": _payment(paper, words),
        "schedule": _schedule(paper, words),
        "footer": _programme(paper),
        "page": words.page,
    }


def grouped(lines: Iterable[OutcomeLine]) -> list[OutcomeGroup]:
    """
    Return the lines by term, unit amount and corrected document, so that count times unit is the amount.

    In the order of the programme's outcomes, then by term; a term's highest unit amount first.
    """
    counts = Counter(
        (line.position, line.outcome, line.term, line.clause, line.corrects, -line.amount_minor, line.vat)
        for line in lines
    )
    return [
        OutcomeGroup(outcome, term, clause, corrects, unit_minor=-negated, count=count, vat=vat)
        for (_, outcome, term, clause, corrects, negated, vat), count in sorted(counts.items())
    ]


def month_runs(months: Iterable[Month]) -> list[tuple[Month, Month]]:
    """Return the months as first and last month of each unbroken run, in order."""
    runs: list[tuple[Month, Month]] = []
    for month in sorted(set(months)):
        if runs and runs[-1][1] + 1 == month:
            runs[-1] = (runs[-1][0], month)
        else:
            runs.append((month, month))
    return runs


def _money(minor: int, paper: Paper, words: Language) -> str:
    """Return an amount with every minor unit shown, also of a currency that usually has none."""
    return format_currency(
        Decimal(to_major(minor)), paper.currency, locale=words.locale, currency_digits=False
    )


def _months(months: Iterable[Month], words: Language) -> str:
    return ", ".join(
        format_interval(first.first_day, last.first_day, "yMMMM", locale=words.locale)
        for first, last in month_runs(months)
    )


def _labelled(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"label": label, "value": value} for label, value in pairs if value]


def _programme(paper: Paper) -> str:
    return f"{paper.programme_name} ({paper.programme_code})"


def _parties(paper: Paper, words: Language) -> list[dict[str, object]]:
    pays_provider = paper.kind in _TO_PROVIDER
    roles = (words.payer, words.payee) if pays_provider else (words.supplier, words.buyer)
    return [
        {"role": role, "name": party.name, "details": list(_details(party, words))}
        for role, party in zip(roles, (paper.operator, paper.party), strict=True)
    ]


def _details(party: Party, words: Language) -> Iterator[str]:
    yield from party.address
    yield words.code.format(code=party.code)
    if party.vat_number:
        yield words.vat_number.format(number=party.vat_number)


def _facts(paper: Paper, words: Language) -> list[list[dict[str, str]]]:
    due_on = format_date(paper.due_on, "long", locale=words.locale) if paper.due_on else ""
    return [
        _labelled(
            [
                (words.issued_on, format_date(paper.issued_on, "long", locale=words.locale)),
                (words.due_on, due_on),
                (words.payment_reference, paper.payment_reference),
                (words.period, _months(paper.periods, words)),
            ]
        ),
        _labelled(
            [
                (words.po_number, paper.po_number),
                (words.references, ", ".join(paper.references)),
                (words.contract if paper.kind in _TO_PROVIDER else words.agreement, paper.agreement),
                (words.programme, _programme(paper)),
            ]
        ),
    ]


def _lines(paper: Paper, words: Language) -> dict[str, object]:
    corrects = [words.corrects] if paper.kind in _CREDITS else []
    columns = [words.description, *corrects, words.count, words.unit_price, words.amount]
    rows = [*_outcome_rows(paper, words), *_fee_rows(paper, words)]
    nothing = {"description": words.no_lines, "note": "", "cells": [""] * (len(columns) - 1)}
    return {"heading": words.lines, "columns": columns, "rows": rows or [nothing]}


def _outcome_rows(paper: Paper, words: Language) -> Iterator[dict[str, object]]:
    for group in grouped(paper.outcome_lines):
        note = " · ".join(part for part in (words.term.format(term=group.term), group.clause) if part)
        yield {
            "description": group.outcome,
            "note": note,
            "cells": _cells(paper, words, group.corrects, group.count, group.unit_minor),
        }


def _fee_rows(paper: Paper, words: Language) -> Iterator[dict[str, object]]:
    def order(fee: FeeLine) -> tuple[Month, str, str, str, int]:
        return fee.month, fee.description, fee.ref, fee.corrects, -fee.amount_minor

    for fee in sorted(paper.fee_lines, key=order):
        yield {
            "description": f"{fee.description}, {_months([fee.month], words)}",
            "note": words.fee.format(fee=fee.ref),
            "cells": _cells(paper, words, fee.corrects, 1, fee.amount_minor),
        }


def _cells(paper: Paper, words: Language, corrects: str, count: int, unit_minor: int) -> list[str]:
    return [
        *([corrects] if paper.kind in _CREDITS else []),
        format_decimal(count, locale=words.locale),
        f"× {_money(unit_minor, paper, words)}",
        _money(count * unit_minor, paper, words),
    ]


def _totals(paper: Paper, words: Language) -> list[dict[str, object]]:
    return [
        {"label": label, "amount": _money(minor, paper, words), "strong": strong}
        for label, minor, strong in (
            (words.net, paper.net_minor, False),
            *((_vat_label(group, paper, words), group.vat_minor, False) for group in paper.groups),
            (words.totals[paper.kind], paper.gross_minor, True),
        )
    ]


def _vat_label(group: VatGroup, paper: Paper, words: Language) -> str:
    rate = format_percent(group.kind.rate / 100, locale=words.locale, decimal_quantization=False)
    if not paper.vat:
        return words.vat.format(rate=rate)
    template = words.vat_on if group.kind.category == STANDARD else words.untaxed[group.kind.category]
    label = template.format(rate=rate, net=_money(group.net_minor, paper, words))
    return f"{label} ({group.kind.reason})" if group.kind.reason else label


def _vat(group: VatGroup) -> int:
    return percent_of(group.net_minor, group.kind.rate)


def _payment(paper: Paper, words: Language) -> dict[str, object]:
    bank = paper.bank
    strips = (
        [
            [
                (words.holder, bank.holder),
                (words.bank, bank.bank),
                (words.payment_reference, paper.payment_reference),
            ],
            [
                (words.sort_code, bank.sort_code),
                (words.account_number, bank.account_number),
                ("IBAN", bank.iban),
                ("BIC", bank.bic),
            ],
        ]
        if bank
        else []
    )
    facts = [strip for strip in map(_labelled, strips) if strip]
    return {"heading": words.payment, "facts": facts, "note": words.payment_note}


def _schedule(paper: Paper, words: Language) -> dict[str, object]:
    corrects = [words.corrects] if paper.kind in _CREDITS else []
    total_minor = sum(line.amount_minor for line in paper.outcome_lines)
    return {
        "heading": words.schedule,
        "note": words.schedule_note,
        "columns": [
            words.event,
            words.participant,
            words.achieved_on,
            words.outcome,
            *corrects,
            words.amount,
        ],
        "rows": [
            _schedule_row(line, paper, words) for line in sorted(paper.outcome_lines, key=_schedule_order)
        ],
        "total": {"label": words.total, "amount": _money(total_minor, paper, words)},
    }


def _schedule_order(line: OutcomeLine) -> tuple[date, str, str, str, str, str, int]:
    """Order by all that a row shows, so that rows which could change places look the same."""
    return (
        line.achieved_on,
        line.event,
        line.participant,
        line.outcome,
        line.term,
        line.corrects,
        -line.amount_minor,
    )


def _schedule_row(line: OutcomeLine, paper: Paper, words: Language) -> list[str]:
    return [
        line.event,
        line.participant,
        format_date(line.achieved_on, "medium", locale=words.locale),
        line.outcome,
        *([line.corrects] if paper.kind in _CREDITS else []),
        _money(line.amount_minor, paper, words),
    ]
