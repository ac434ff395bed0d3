"""
An agreement as JSON, complete in itself: what an agreement's version keeps (ADR 0005).

The keys are the fields of :class:`AgreementDefinition` and of the classes inside it, every one of
them present, absent values as null. Amounts are whole minor units, dates are ISO 8601, months are
``2026-04``, percentages and hours are exact decimals as text, and caps by financial year are pairs
of year and amount.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from funders.rules.definition import (
    AgreementDefinition,
    ApprovalDefinition,
    Band,
    CapsDefinition,
    FixedFeeDefinition,
    Price,
    PurchaseOrderDefinition,
    TermDefinition,
    VatTreatmentDefinition,
)
from mhep.kernel.periods import Month


def agreement_json(definition: AgreementDefinition) -> dict[str, Any]:
    """Return the agreement as JSON values."""
    return _fields(definition)


def agreement_from_json(values: dict[str, Any]) -> AgreementDefinition:
    """Return the agreement that :func:`agreement_json` wrote, now or in an earlier version."""
    return AgreementDefinition(
        **{
            **values,
            "starts_on": date.fromisoformat(values["starts_on"]),
            "ends_on": date.fromisoformat(values["ends_on"]),
            "vat_rate": Decimal(values["vat_rate"]),
            "caps": _caps(values["caps"]),
            "fixed_fees": tuple(_fee(fee) for fee in values["fixed_fees"]),
            "terms": tuple(_term(term) for term in values["terms"]),
            "vat": tuple(_treatment(each) for each in values.get("vat", ())),
            "purchase_orders": tuple(_purchase_order(each) for each in values.get("purchase_orders", ())),
            "approval": _approval(values.get("approval")),
        }
    )


def _fields(definition: Any) -> dict[str, Any]:
    return {field.name: _json(getattr(definition, field.name)) for field in fields(definition)}


def _json(value: Any) -> Any:
    if isinstance(value, Month | Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_json(each) for each in value]
    return _fields(value) if is_dataclass(value) else value


def _caps(values: dict[str, Any]) -> CapsDefinition:
    years = tuple((year, amount) for year, amount in values["financial_year_minor"])
    return CapsDefinition(**{**values, "financial_year_minor": years})


def _approval(values: dict[str, Any] | None) -> ApprovalDefinition | None:
    """Return the approval; versions from before there was any do not name it."""
    return ApprovalDefinition(**values) if values else None


def _fee(values: dict[str, Any]) -> FixedFeeDefinition:
    return FixedFeeDefinition(
        **{**values, "first": Month.parse(values["first"]), "last": Month.parse(values["last"])}
    )


def _treatment(values: dict[str, Any]) -> VatTreatmentDefinition:
    days = _each(values, ("starts_on",), date.fromisoformat)
    return VatTreatmentDefinition(**{**values, **days, **_each(values, ("rate",), Decimal)})


def _purchase_order(values: dict[str, Any]) -> PurchaseOrderDefinition:
    days = _each(values, ("starts_on", "ends_on"), date.fromisoformat)
    return PurchaseOrderDefinition(**{**values, **days})


def _term(values: dict[str, Any]) -> TermDefinition:
    texts = {name: tuple(values[name]) for name in ("areas", "services", "cohorts")}
    hours = _each(values, ("hours_min", "hours_below"), Decimal)
    days = _each(values, ("starts_on", "ends_on"), date.fromisoformat)
    return TermDefinition(**{**values, **texts, **hours, **days, "price": _price(values["price"])})


def _price(values: dict[str, Any]) -> Price:
    bands = tuple(Band(**band) for band in values["bands"])
    return Price(**{**values, **_each(values, ("percent",), Decimal), "bands": bands})


def _each(values: dict[str, Any], names: Iterable[str], read: Any) -> dict[str, Any]:
    return {name: None if values[name] is None else read(values[name]) for name in names}
