"""What the e-invoice of an issued document says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from babel.dates import format_interval

from funders.models import Funder
from payments.enums import DocumentKind
from payments.models import Document
from payments.rules.einvoice import EInvoice, ELine, LegalFacts, PaymentAccount
from payments.rules.paper import LANGUAGES, FeeLine, OutcomeGroup, Paper, PaperKind, grouped
from payments.rules.vat import VatGroup, VatKind
from payments.selectors.headers import BUYER_FACTS, buyer_header, seller_header

E_KINDS = (PaperKind.INVOICE, PaperKind.CREDIT_NOTE)
FRANCE = "FR"


def has_einvoice(document: Document) -> bool:
    """Tell whether documents of this kind exist as e-invoices: invoices and credit notes to funders."""
    return document.kind != DocumentKind.REMITTANCE and document.agreement.funder_id is not None


def einvoice_of(document: Document, paper: Paper) -> EInvoice:
    """
    Return the e-invoice of a document to a funder.

    What was frozen at its issue stands. A fact that was not known then is taken as it is known now, so that a
    document does not stay without an e-invoice because of an address; what was used is kept with the file.
    """
    seller = _filled(document.header["operator"], seller_header(document.operator))
    buyer = _filled(document.header["party"], _buyer_now(document))
    kinds = _merged(paper)
    is_french = buyer.get("country") == FRANCE
    return EInvoice(
        is_credit_note=document.kind == DocumentKind.CREDIT_NOTE,
        number=paper.number,
        issued_on=paper.issued_on,
        due_on=paper.due_on,
        first_day=paper.periods[0].first_day,
        last_day=paper.periods[-1].last_day,
        currency=paper.currency,
        seller=_facts(seller),
        buyer=_facts(buyer),
        account=_account(paper, seller),
        buyer_reference=_reference(buyer, is_french=is_french),
        order_number=(buyer.get("engagement_number", "") if is_french else "") or paper.po_number,
        contract=paper.agreement,
        corrects=_corrected(document),
        lines=tuple(_lines(paper, kinds)),
        groups=_groups(paper, kinds),
        net_minor=paper.net_minor,
        vat_minor=paper.vat_minor,
        gross_minor=paper.gross_minor,
    )


def _buyer_now(document: Document) -> dict[str, str]:
    code = document.header["party"]["code"]
    funders = Funder.objects.filter(programme=document.agreement.programme_id, code=code)
    funder = funders.select_related("buyer_facts").first()
    return buyer_header(funder) if funder else {}


def _filled(frozen: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    return {key: frozen.get(key) or now.get(key, "") for key in {*frozen, *now}}


def _facts(header: Mapping[str, str]) -> LegalFacts:
    keys = (*BUYER_FACTS[:1], *BUYER_FACTS[2:7], "gln", "siret")
    address = tuple(line.strip() for line in header.get("address", "").splitlines() if line.strip())
    return LegalFacts(header["name"], address=address, **{key: header.get(key, "") for key in keys})


def _reference(buyer: Mapping[str, str], *, is_french: bool) -> str:
    """Return what the buyer finds itself by; French bodies want their service's code there."""
    own = buyer.get("buyer_reference", "")
    return (buyer.get("service_code", "") or own) if is_french else own


def _account(paper: Paper, seller: Mapping[str, str]) -> PaymentAccount:
    bank = paper.bank
    return PaymentAccount(
        holder=bank.holder if bank else "",
        iban=(bank.iban if bank else "") or seller.get("iban", ""),
        bic=(bank.bic if bank else "") or seller.get("bic", ""),
        account_number=bank.account_number if bank else "",
        sort_code=bank.sort_code if bank else "",
    )


def _corrected(document: Document) -> tuple[tuple[str, date], ...]:
    if document.kind != DocumentKind.CREDIT_NOTE:
        return ()
    rows = Document.objects.filter(corrections__document=document).distinct().order_by("number")
    return tuple((each.full_number, each.issued_on) for each in rows)


def _merged(paper: Paper) -> dict[VatKind, VatKind]:
    """Return for each way of taxing the one of its category and rate, with the reasons put together."""
    reasons: dict[tuple[str, object], list[str]] = {}
    for group in paper.groups:
        listed = reasons.setdefault((group.kind.category, group.kind.rate), [])
        listed += [group.kind.reason] if group.kind.reason and group.kind.reason not in listed else []
    return {
        group.kind: VatKind(
            group.kind.category,
            group.kind.rate,
            "; ".join(reasons[group.kind.category, group.kind.rate]),
        )
        for group in paper.groups
    }


def _groups(paper: Paper, kinds: Mapping[VatKind, VatKind]) -> tuple[VatGroup, ...]:
    nets: Counter[VatKind] = Counter()
    vats: Counter[VatKind] = Counter()
    for group in paper.groups:
        nets[kinds[group.kind]] += group.net_minor
        vats[kinds[group.kind]] += group.vat_minor
    return tuple(VatGroup(kind, net, vats[kind]) for kind, net in nets.items())


def _lines(paper: Paper, kinds: Mapping[VatKind, VatKind]) -> list[ELine]:
    groups = grouped(paper.outcome_lines)
    return [_outcomes(group, kinds) for group in groups] + [
        _fee(fee, paper, kinds)
        for fee in sorted(paper.fee_lines, key=lambda each: (each.month, each.description, each.ref))
    ]


def _outcomes(group: OutcomeGroup, kinds: Mapping[VatKind, VatKind]) -> ELine:
    note = " · ".join(part for part in (group.term, group.clause) if part)
    return ELine(group.outcome, note, group.count, group.unit_minor, kinds.get(group.vat, group.vat))


def _fee(fee: FeeLine, paper: Paper, kinds: Mapping[VatKind, VatKind]) -> ELine:
    locale = LANGUAGES[paper.language].locale
    month = format_interval(fee.month.first_day, fee.month.last_day, "yMMMM", locale=locale)
    return ELine(f"{fee.description}, {month}", fee.ref, 1, fee.amount_minor, kinds.get(fee.vat, fee.vat))
