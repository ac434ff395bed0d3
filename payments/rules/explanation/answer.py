"""The answer to "why this amount?" in one sentence."""

from __future__ import annotations

from collections.abc import Callable

from payments.rules import pricing
from payments.rules.explanation.by_hand import of_adjustment, of_waiver
from payments.rules.explanation.case import Case, EventFacts
from payments.rules.explanation.page import Amount, Text
from payments.rules.explanation.phrases import (
    cap_lines,
    contract_source,
    deciding_caps,
    month_name,
    occasion,
    price_reason,
)


def answer(case: Case) -> Text:
    """Return the one sentence that answers why the amount is what it is."""
    if case.by_hand is not None:
        return of_adjustment(case, case.by_hand)
    if case.row.reason == pricing.WAIVED:
        return of_waiver(case)
    if case.row.kind == "FEE":
        return _of_fee(case)
    assert case.event is not None  # noqa: S101 (payments_charge_fits_its_kind: only a fee has none)
    if case.row.kind == "CREDIT":
        return _of_credit(case, case.event)
    return OF_DECISION[case.row.reason](case, case.event)


def _pays(case: Case) -> str:
    return f"{case.party} is paid " if case.payable else f"{case.party} pays "


def _in_full(case: Case, event: EventFacts) -> Text:
    return (
        _pays(case),
        Amount(case.row.amount),
        " for ",
        *occasion(event),
        ", because ",
        *price_reason(case),
        ".",
    )


def _in_part(case: Case, event: EventFacts) -> Text:
    return (
        _pays(case),
        Amount(case.row.amount),
        " of the ",
        Amount(case.row.entitlement),
        " due for ",
        *occasion(event),
        f", because {deciding_caps(case)} had only ",
        Amount(_least_room(case), contract_source(case)),
        " left",
        _rest(case),
    )


def _nothing_left(case: Case, event: EventFacts) -> Text:
    room = _least_room(case)
    why: Text = (" was used up",)
    if room:
        why = (
            " had only ",
            Amount(room, contract_source(case)),
            f" left and the {case.contract} pays all or nothing",
        )
    return (
        f"{_pays(case)}nothing of the ",
        Amount(case.row.entitlement),
        " due for ",
        *occasion(event),
        f", because {deciding_caps(case)}",
        *why,
        _rest(case),
    )


def _count_reached(case: Case, event: EventFacts) -> Text:
    term = case.conditions.term
    limit = term.max_count if term else None
    return (
        f"{_pays(case)}nothing for ",
        *occasion(event),
        f", because its {case.contract} pays for at most {limit} under this term and these were reached.",
    )


def _nothing_due(case: Case, event: EventFacts) -> Text:
    return (f"{_pays(case)}nothing for ", *occasion(event), ", because ", *_zero_reason(case), ".")


def _zero_reason(case: Case) -> Text:
    term = case.conditions.term
    if term is not None and term.price.kind == "balance" and case.row.tariff:
        return ("the other terms already pay the whole ", *_tariff(case), " tariff")
    return price_reason(case)


def _tariff(case: Case) -> Text:
    return tuple(part for part in price_reason(case) if isinstance(part, Amount))


def _carried(case: Case, event: EventFacts) -> Text:
    held_back = "part" if case.priced.amount else "all"
    return (
        _pays(case),
        Amount(case.row.amount),
        " more for ",
        *occasion(event),
        f", because a cap held back {held_back} of the ",
        Amount(case.row.entitlement),
        f" due in {month_name(case.priced.month)} and it was carried forward.",
    )


def _of_credit(case: Case, event: EventFacts) -> Text:
    verb = "gives back" if case.payable else "gets back"
    why: Text = (", because that outcome was voided on ", event.voided_on or "", ".")
    if case.row.place_before is not None:
        why = (*why[:-1], f" and number {case.row.place_before} was the last one counted.")
    return (f"{case.party} {verb} ", Amount(-case.row.amount), " for ", *occasion(event), *why)


def _of_fee(case: Case) -> Text:
    fee = case.conditions.fee
    assert fee is not None  # noqa: S101 (payments_charge_fits_its_kind)
    month = month_name(case.row.fee_month) if case.row.fee_month else ""
    name = fee.description or fee.ref
    return (
        _pays(case),
        Amount(case.row.amount),
        f" as the “{name}” of {month}, a fixed fee of its {case.contract}.",
    )


def _least_room(case: Case) -> int:
    return max(min((line.room_minor for line in cap_lines(case)), default=0), 0)


def _rest(case: Case) -> str:
    carries = case.conditions.agreement.caps.over_cap == "carry_forward"
    return "; the rest is carried forward." if carries else "."


OF_DECISION: dict[str, Callable[[Case, EventFacts], Text]] = {
    pricing.FULL: _in_full,
    pricing.PARTIAL_CAP: _in_part,
    pricing.CAP_REACHED: _nothing_left,
    pricing.COUNT_CAP: _count_reached,
    pricing.ZERO_PRICE: _nothing_due,
    pricing.CARRIED: _carried,
}
