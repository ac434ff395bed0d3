"""
A programme as the text of its file (spec: programme-file).

Keys come in the order of the spec's example; what equals a default is left out, but for the dates
of agreements, which are facts of a contract and must not move when the programme's do. Short
entries go on one line. Text is quoted only where a reader of YAML 1.2 or 1.1 might take it for
something else; amounts and percentages always are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

from funders.rules.definition import (
    AgreementDefinition,
    ApprovalDefinition,
    Band,
    BuyerDefinition,
    CapsDefinition,
    FixedFeeDefinition,
    FunderDefinition,
    Named,
    OutcomeTypeDefinition,
    Price,
    ProgrammeDefinition,
    PurchaseOrderDefinition,
    ServiceDefinition,
    SustainmentDefinition,
    TermDefinition,
    VatTreatmentDefinition,
)
from funders.rules.syntax import resolve
from mhep.kernel.money import to_major

WIDTH = 110

_PLAIN = re.compile(r"\w(?:[\w .,/()&'+;%–-]*[\w.)%])?")
_LIKE_A_NUMBER = re.compile(r"[0-9][0-9a-fA-FxXoO_.,:eE+-]*")
_OLD_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_MUST_ESCAPE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class Raw(str):
    """Text that stands in the file as it is: a date, a number, a word, a quoted amount."""

    __slots__ = ()


class Inline(dict[str, "Node"]):
    """A mapping that goes on one line if it fits."""


Node: TypeAlias = "str | Raw | Inline | dict[str, Node] | list[Node]"


def dump(definition: ProgrammeDefinition) -> str:
    """Return the file's text; reading it gives the same definition."""
    return "\n".join(_mapping_lines(_file(definition), 0)) + "\n"


# What stands where


def _file(definition: ProgrammeDefinition) -> dict[str, Node]:
    return _filled(
        programme=_programme(definition),
        areas=[_named(each) for each in definition.areas],
        cohorts=[_named(each) for each in definition.cohorts],
        providers=[_named(each) for each in definition.providers],
        services=[_service(each) for each in definition.services],
        outcomes=[_outcome(each) for each in definition.outcomes],
        funders=[_funder(each) for each in definition.funders],
        agreements=[_agreement(each, "funder") for each in definition.agreements],
        provider_contracts=[_agreement(each, "provider") for each in definition.provider_contracts],
    )


def _filled(**nodes: Node | None) -> dict[str, Node]:
    """Return the keys that say something; a trailing underscore keeps a key from being a Python word."""
    return {key.rstrip("_"): node for key, node in nodes.items() if node is not None and node not in ([], {})}


def _programme(definition: ProgrammeDefinition) -> dict[str, Node]:
    financial_year_starts = str(definition.financial_year_starts)
    return _filled(
        code=definition.code,
        name=definition.name,
        currency=definition.currency,
        starts_on=Raw(definition.starts_on),
        ends_on=Raw(definition.ends_on),
        financial_year_starts=_unless(financial_year_starts, "04-01", _quoted(financial_year_starts)),
        timezone=_unless(definition.timezone, "Europe/London"),
        language=_unless(definition.language, "en"),
        operator=_named(definition.operator),
    )


def _named(named: Named) -> Node:
    return Inline(code=named.code, name=named.name)


def _service(service: ServiceDefinition) -> Node:
    return _filled(
        code=service.code,
        provider=service.provider,
        name=service.name,
        areas=_texts(service.areas),
        cohorts=_texts(service.cohorts),
        starts_on=Raw(service.starts_on),
        fidelity_reviews=[
            Inline(date=Raw(each.reviewed_on), score=Raw(each.score)) for each in service.fidelity_reviews
        ],
    )


def _outcome(outcome: OutcomeTypeDefinition) -> Node:
    return _filled(
        code=outcome.code,
        name=outcome.name,
        tariff=[
            Inline({"from": Raw(each.starts_on), "amount": _money(each.amount_minor)})
            for each in outcome.tariffs
        ],
        once_per=_unless(outcome.once_per, "participant"),
        requires=outcome.requires,
        min_days_after=_count(outcome.min_days_after, 0),
        min_hours=_hours(outcome.min_hours),
        window_days=_count(outcome.window_days),
        submit_within_days=_count(outcome.submit_within_days),
        evidence_all_of=_texts(outcome.evidence_all_of),
        evidence_any_of=_texts(outcome.evidence_any_of),
        evidence_one_set_of=[_texts(each) for each in outcome.evidence_one_set_of],
        sustainment=_sustainment(outcome.sustainment) if outcome.sustainment else None,
    )


def _sustainment(sustainment: SustainmentDefinition) -> Node:
    return Inline(
        _filled(
            weeks=_count(sustainment.weeks),
            within_weeks=_count(sustainment.within_weeks),
            max_gap_days=_count(sustainment.max_gap_days, 0),
            hours_min=_hours(sustainment.hours_min),
            hours_below=_hours(sustainment.hours_below),
            counts=_unless(sustainment.counts, "work"),
            same_job=Raw("true") if sustainment.same_job else None,
        )
    )


def _funder(funder: FunderDefinition) -> Node:
    is_short = funder.invoicing == BuyerDefinition() and funder.succeeds is None
    succeeds = funder.succeeds
    keys = _filled(
        code=funder.code,
        name=funder.name,
        kind=funder.kind,
        invoicing=_buyer(funder.invoicing),
        succeeds=Inline({"funder": succeeds.funder, "from": Raw(succeeds.starts_on)}) if succeeds else None,
    )
    return Inline(keys) if is_short else keys


def _buyer(buyer: BuyerDefinition) -> Node:
    address = buyer.e_address
    return _filled(
        legal_name=buyer.legal_name,
        address=buyer.address,
        country=buyer.country,
        e_address=Inline(scheme=_quoted(address.scheme), id=address.identifier) if address else None,
        vat_number=buyer.vat_number,
        registration_number=buyer.registration_number,
        buyer_reference=buyer.buyer_reference,
        gln=buyer.gln,
        siret=buyer.siret,
        service_code=buyer.service_code,
        engagement_number=buyer.engagement_number,
        language=buyer.language,
    )


def _purchase_order(order: PurchaseOrderDefinition) -> Node:
    return Inline(
        _filled(
            number=order.number,
            from_=Raw(order.starts_on) if order.starts_on else None,
            to=Raw(order.ends_on) if order.ends_on else None,
            amount=_amount(order.amount_minor),
        )
    )


def _treatment(treatment: VatTreatmentDefinition) -> Node:
    return Inline(
        _filled(
            category=treatment.category,
            lines=treatment.lines,
            from_=Raw(treatment.starts_on) if treatment.starts_on else None,
            rate=None if treatment.rate is None else _percent(treatment.rate),
            reason=treatment.reason,
        )
    )


def _agreement(agreement: AgreementDefinition, party: str) -> Node:
    who: dict[str, Node | None] = {"ref": agreement.ref, party: agreement.party}
    return _filled(
        **who,
        po_number=agreement.po_number,
        billing=_unless(agreement.billing, "monthly"),
        payment_days=_count(agreement.payment_days, 30),
        vat_rate=_percent(agreement.vat_rate) if agreement.vat_rate else None,
        vat=[_treatment(each) for each in agreement.vat],
        purchase_orders=[_purchase_order(each) for each in agreement.purchase_orders],
        po_required=Raw("true") if agreement.po_required else None,
        due_on=_unless(agreement.due_on, "any_day"),
        approval=_approval(agreement.approval) if agreement.approval else None,
        starts_on=Raw(agreement.starts_on),
        ends_on=Raw(agreement.ends_on),
        caps=_caps(agreement.caps),
        fixed_fees=[_fee(each) for each in agreement.fixed_fees],
        terms=[_term(each) for each in agreement.terms],
    )


def _approval(approval: ApprovalDefinition) -> Node:
    return Inline(days=Raw(approval.days), silence=approval.silence)


def _caps(caps: CapsDefinition) -> Node:
    return _filled(
        total=_amount(caps.total_minor),
        financial_year=Inline({str(year): _money(minor) for year, minor in caps.financial_year_minor}),
        per_participant=_amount(caps.per_participant_minor),
        partial=None if caps.partial else Raw("false"),
        over_cap=_unless(caps.over_cap, "lapse"),
    )


def _fee(fee: FixedFeeDefinition) -> Node:
    return Inline(
        _filled(
            ref=fee.ref,
            description=fee.description,
            from_=Raw(fee.first),
            to=Raw(fee.last),
            amount=_amount(fee.amount_minor),
            total=_amount(fee.total_minor),
        )
    )


def _term(term: TermDefinition) -> Node:
    return _filled(
        ref=term.ref,
        outcome=term.outcome,
        price=_price(term.price),
        areas=_texts(term.areas),
        services=_texts(term.services),
        cohorts=_texts(term.cohorts),
        hours_min=_hours(term.hours_min),
        hours_below=_hours(term.hours_below),
        min_fidelity=_count(term.min_fidelity),
        from_=Raw(term.starts_on) if term.starts_on else None,
        to=Raw(term.ends_on) if term.ends_on else None,
        max_count=_count(term.max_count),
        max_amount=_amount(term.max_amount_minor),
        priority=_count(term.priority, 100),
        clawback=_unless(term.clawback, "first_paid"),
        clause=term.clause,
    )


def _price(price: Price) -> Node:
    if price.kind == "balance":
        return Inline(balance=Raw("true"))
    return Inline(
        _filled(
            fixed=_amount(price.fixed_minor),
            percent_of_tariff=None if price.percent is None else _percent(price.percent),
            bands=[_band(each) for each in price.bands],
        )
    )


def _band(band: Band) -> Node:
    return Inline(_filled(up_to=_count(band.up_to), amount=_amount(band.amount_minor)))


def _unless(value: str, default: str, node: Node | None = None) -> Node | None:
    return None if value == default else node or value


def _texts(texts: tuple[str, ...]) -> Node:
    return [*texts]


def _count(number: int | None, default: int | None = None) -> Node | None:
    return None if number == default else Raw(number)


def _amount(minor: int | None) -> Node | None:
    return None if minor is None else _money(minor)


def _money(minor: int) -> Node:
    return _quoted(to_major(minor))


def _percent(percent: Decimal) -> Node:
    return _quoted(_shortest(percent))


def _hours(hours: Decimal | None) -> Node | None:
    return None if hours is None else Raw(_shortest(hours))


def _shortest(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quoted(text: str) -> Raw:
    return Raw(f'"{text}"')


# How it is written


def _mapping_lines(mapping: dict[str, Node], indent: int) -> Iterator[str]:
    for key, node in mapping.items():
        yield from _lines(f"{' ' * indent}{key}:", node, indent + 2)


def _lines(lead: str, node: Node, indent: int) -> Iterator[str]:
    """Yield ``lead`` and the node after it: on the same line if it fits there, else below, indented."""
    line = f"{lead} {_one_line(node)}" if _may_be_inline(node) else None
    if line is not None and (isinstance(node, str) or len(line) <= WIDTH):
        yield line
        return
    yield lead
    if isinstance(node, list):
        for each in node:
            yield from _item_lines(each, indent)
    elif isinstance(node, dict):
        yield from _mapping_lines(node, indent)


def _item_lines(node: Node, indent: int) -> Iterator[str]:
    if not isinstance(node, dict) or (
        isinstance(node, Inline) and len(_one_line(node)) + indent + 2 <= WIDTH
    ):
        yield f"{' ' * indent}- {_one_line(node)}"
        return
    first, *rest = _mapping_lines(node, indent + 2)
    yield f"{' ' * indent}- {first.lstrip(' ')}"
    yield from rest


def _may_be_inline(node: Node) -> bool:
    if isinstance(node, list):
        return all(isinstance(each, str) for each in node)
    return isinstance(node, str | Inline)


def _one_line(node: Node, *, inside: bool = False) -> str:
    if isinstance(node, dict):
        pairs = (f"{key}: {_one_line(each, inside=True)}" for key, each in node.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(node, list):
        return f"[{', '.join(_one_line(each, inside=True) for each in node)}]"
    return node if isinstance(node, Raw) else _scalar(node, inside=inside)


def _scalar(text: str, *, inside: bool) -> str:
    is_plain = (
        _PLAIN.fullmatch(text)
        and isinstance(resolve(text), str)
        and not _LIKE_A_NUMBER.fullmatch(text)
        and text.lower() not in _OLD_WORDS
        and not (inside and "," in text)
    )
    return text if is_plain else _escaped(text)


def _escaped(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return _MUST_ESCAPE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
