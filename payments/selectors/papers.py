"""What an issued document says, read from what was frozen at its issue and nothing that changed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from funders.enums import Direction
from funders.rules.definition import AgreementDefinition, TermDefinition
from mhep.kernel.periods import Month
from outcomes.models import OutcomeEvent
from payments.enums import DocumentKind
from payments.models import Adjustment, Charge, Document, DocumentLine
from payments.rules.paper import BankAccount, FeeLine, OutcomeLine, Paper, PaperKind, Party
from payments.rules.vat import VatGroup, VatKind, plain_vat
from payments.selectors.vat import vat_kind, versions_of

REFERENCES = ("buyer_reference", "service_code", "engagement_number")  # of the buyer, as documents print them
BANK_LABELS = {
    "account name": "holder",
    "bank": "bank",
    "sort code": "sort_code",
    "account number": "account_number",
    "iban": "iban",
    "bic": "bic",
}


@dataclass(frozen=True, slots=True)
class OutcomeEntry:
    """An outcome's line of a document, with the charge that explains it and its event."""

    charge: int
    event: int
    line: OutcomeLine


@dataclass(frozen=True, slots=True)
class FeeEntry:
    """A document's line of no outcome: a fee or an adjustment, with the charge that explains it."""

    charge: int
    line: FeeLine


@dataclass(slots=True)
class Entries:
    """The lines of one document, in the order in which they were charged; ``months`` were billed."""

    outcomes: list[OutcomeEntry] = field(default_factory=list)
    fees: list[FeeEntry] = field(default_factory=list)
    months: set[Month] = field(default_factory=set)


def entries_of(documents: Iterable[Document]) -> dict[int, Entries]:
    """Return the lines of each document by its key, in two queries however many there are."""
    by_key = {document.pk: document for document in documents}
    found = {key: Entries() for key in by_key}
    lines = list(
        DocumentLine.objects.filter(document__in=by_key)
        .select_related(
            "corrects",
            "charge__month",
            "charge__term",
            "charge__fee",
            "charge__adjustment",
            "charge__event__participant",
            "charge__event__outcome_type",
            "charge__credits",
            "charge__adjustment__event__outcome_type",
        )
        .order_by("charge_id")
    )
    versions = versions_of(line.charge for line in lines)
    for line in lines:
        _add(found[line.document_id], line, versions, by_key[line.document_id])
    return found


def papers_of(documents: Iterable[Document]) -> dict[int, Paper]:
    """
    Return the content of each document by its key.

    :raises ValueError: if the lines of one do not add up to what it was issued with.
    """
    listed = list(documents)
    entries = entries_of(listed)
    return {document.pk: paper_from(document, entries[document.pk]) for document in listed}


def paper_of(document: Document) -> Paper:
    """
    Return the content of one document.

    :raises ValueError: if its lines do not add up to what it was issued with.
    """
    return papers_of([document])[document.pk]


def _add(
    entries: Entries, row: DocumentLine, versions: Mapping[int, AgreementDefinition], document: Document
) -> None:
    charge, agreement, header = row.charge, versions[row.charge.version_id], document.header
    vat = vat_kind(charge, versions, document.vat_rate) if "vat" in header else plain_vat(document.vat_rate)
    corrects = row.corrects.full_number if row.corrects else ""
    entries.months.add(charge.month.period)
    if charge.fee is not None and charge.fee_month is not None:
        line = _fee_line(charge, charge.fee.ref, Month.of(charge.fee_month), agreement, corrects)
        entries.fees.append(FeeEntry(charge.pk, replace(line, vat=vat)))
    elif charge.adjustment is not None:
        adjusted = _adjustment_line(charge, charge.adjustment, corrects)
        entries.fees.append(FeeEntry(charge.pk, replace(adjusted, vat=vat)))
    elif charge.event is not None and charge.term is not None:
        term = next(term for term in agreement.terms if term.ref == charge.term.ref)
        outcome = _outcome_line(charge, charge.event, term, header, corrects)
        entries.outcomes.append(OutcomeEntry(charge.pk, charge.event.pk, replace(outcome, vat=vat)))


def _outcome_line(
    charge: Charge, event: OutcomeEvent, term: TermDefinition, header: Mapping[str, Any], corrects: str
) -> OutcomeLine:
    names = {outcome["code"]: (place, outcome["name"]) for place, outcome in enumerate(header["outcomes"])}
    position, name = names[term.outcome]
    return OutcomeLine(
        event=event.reference,
        participant=event.participant.reference,
        achieved_on=event.outcome_date,
        outcome=name,
        term=term.ref,
        amount_minor=abs(charge.amount_minor),
        position=position,
        clause=term.clause or "",
        corrects=corrects,
    )


def _fee_line(
    charge: Charge, ref: str, month: Month, agreement: AgreementDefinition, corrects: str
) -> FeeLine:
    descriptions = {fee.ref: fee.description or fee.ref for fee in agreement.fixed_fees}
    return FeeLine(
        ref=ref,
        description=descriptions[ref],
        month=month,
        amount_minor=abs(charge.amount_minor),
        corrects=corrects,
    )


def _adjustment_line(charge: Charge, adjustment: Adjustment, corrects: str) -> FeeLine:
    """An adjustment reads like a fee: its ref, its reason, the month in which it was charged."""
    return FeeLine(
        ref=adjustment.ref,
        description=adjustment.reason,
        month=charge.month.period,
        amount_minor=abs(charge.amount_minor),
        corrects=corrects,
    )


def paper_from(document: Document, entries: Entries) -> Paper:
    """
    Return the content of a document whose lines were read already.

    :raises ValueError: if they do not add up to what it was issued with.
    """
    header = document.header
    kind = _kind(document)
    return Paper(
        kind=kind,
        language=header["party"].get("language") or header["programme"]["language"],
        number=document.full_number,
        issued_on=document.issued_on,
        due_on=None if document.kind == DocumentKind.CREDIT_NOTE else document.due_on,
        periods=tuple(sorted(entries.months)),
        operator=_operator(header["operator"]),
        party=_party(header["party"]),
        programme_code=header["programme"]["code"],
        programme_name=header["programme"]["name"],
        agreement=header["agreement"]["ref"],
        po_number=header["agreement"]["po_number"],
        currency=document.currency,
        vat_rate=document.vat_rate,
        net_minor=document.net_minor,
        vat_minor=document.vat_minor,
        gross_minor=document.gross_minor,
        outcome_lines=tuple(entry.line for entry in entries.outcomes),
        fee_lines=tuple(entry.line for entry in entries.fees),
        bank=bank_of(header["operator"]) if kind is PaperKind.INVOICE else None,
        vat=tuple(_group(each) for each in header.get("vat", ())),
        references=tuple(header["party"][key] for key in REFERENCES if key in header["party"]),
    )


def _group(group: Mapping[str, Any]) -> VatGroup:
    kind = VatKind(group["category"], Decimal(group["rate"]), group["reason"])
    return VatGroup(kind, group["net_minor"], group["vat_minor"])


def _party(party: Mapping[str, str]) -> Party:
    legal_name = party.get("legal_name", "")
    details = [legal_name if legal_name != party["name"] else "", *party.get("address", "").splitlines()]
    address = tuple(line.strip() for line in details if line.strip())
    return Party(party["code"], party["name"], address, party.get("vat_number", ""))


def bank_of(operator: Mapping[str, str]) -> BankAccount | None:
    """Return where to pay: the details as they were typed, with the IBAN and BIC that were checked."""
    checked = {key: operator[key] for key in ("iban", "bic") if operator.get(key)}
    account = bank_account(operator["bank_details"])
    if account is None:
        return BankAccount(operator["name"], **checked) if checked else None
    return replace(account, **checked)


def _kind(document: Document) -> PaperKind:
    if document.kind == DocumentKind.REMITTANCE:
        return PaperKind.REMITTANCE
    if document.kind == DocumentKind.INVOICE:
        return PaperKind.INVOICE
    payable = document.agreement.direction == Direction.PAYABLE
    return PaperKind.REMITTANCE_CREDIT if payable else PaperKind.CREDIT_NOTE


def _operator(operator: Mapping[str, str]) -> Party:
    address = tuple(line.strip() for line in operator["address"].splitlines() if line.strip())
    return Party(operator["code"], operator["name"], address, operator["vat_number"])


def bank_account(details: str) -> BankAccount | None:
    """
    Read bank details from free text, one to a line: ``Sort code: 00-00-00``.

    The labels known are those of BANK_LABELS, in any case; a line without one is the account's
    holder if none is named, else part of the bank's name. Nothing is dropped. No text: None.
    """
    named: dict[str, str] = {}
    rest: list[str] = []
    for line in filter(None, map(str.strip, details.splitlines())):
        label, _, value = line.partition(":")
        name = BANK_LABELS.get(label.strip().lower())
        if name and name not in named:
            named[name] = value.strip()
        else:
            rest.append(line)
    if not named and not rest:
        return None
    holder = named.pop("holder", None) or (rest.pop(0) if rest else "")
    bank = ", ".join(filter(None, (named.pop("bank", ""), *rest)))
    return BankAccount(holder, bank, **named)
