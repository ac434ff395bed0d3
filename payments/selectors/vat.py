"""How lines of documents are taxed, by what stood when they were priced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from django.db.models import QuerySet

from funders.models import AgreementVersion
from funders.rules.agreement_json import agreement_from_json
from funders.rules.definition import FEES, AgreementDefinition
from payments.models import Charge
from payments.rules.billing import Billed, Draft
from payments.rules.vat import VatKind, plain_vat, vat_groups, vat_of

NEEDED = ("month", "credits", "event__outcome_type", "adjustment__event__outcome_type")


def kinds_of(lines: Iterable[int], rates: Mapping[int, Decimal]) -> dict[int, VatKind]:
    """
    Return how each of these charges is taxed, in two queries however many they are.

    :param rates: by agreement, the rate of lines about which nothing else was agreed.
    """
    charges = list(Charge.objects.filter(pk__in=list(lines)).select_related(*NEEDED))
    versions = versions_of(charges)
    return {each.pk: vat_kind(each, versions, rates[each.agreement_id]) for each in charges}


def taxed(billed: Billed, amounts: Mapping[int, int], kinds: Mapping[int, VatKind]) -> Billed:
    """
    Return the drafts of an agreement that says or said how it is taxed, with their VAT by ways of taxing.

    Those of one that never did stay as they are: its rate on the net sum (spec: invoicing, Documents).

    :param amounts: of each line of the drafts, in minor units.
    """
    invoice, credit_note = (
        _taxed(draft, amounts, kinds) if draft else None for draft in (billed.invoice, billed.credit_note)
    )
    return replace(billed, invoice=invoice, credit_note=credit_note)


def _taxed(draft: Draft, amounts: Mapping[int, int], kinds: Mapping[int, VatKind]) -> Draft:
    groups = vat_groups((kinds[key], abs(amounts[key])) for key in draft.lines)
    return replace(draft, groups=groups, vat=sum(group.vat_minor for group in groups))


def versions_of(charges: Iterable[Charge]) -> dict[int, AgreementDefinition]:
    """Return the agreements by which the charges, and those that they credit, were priced."""
    keys: set[int] = set()
    for charge in charges:
        keys |= {charge.version_id, charge.credits.version_id if charge.credits else charge.version_id}
    rows: QuerySet[AgreementVersion] = AgreementVersion.objects.filter(pk__in=keys)
    return {key: agreement_from_json(definition) for key, definition in rows.values_list("pk", "definition")}


def vat_kind(charge: Charge, versions: Mapping[int, AgreementDefinition], rate: Decimal) -> VatKind:
    """
    Return how a line is taxed: a credit as the charge that it reverses was.

    :param rate: the rate of lines about which nothing else was agreed.
    """
    agreement = versions[(charge.credits or charge).version_id]
    if not agreement.vat:
        return plain_vat(rate)
    if charge.fee_month is not None:
        return vat_of(agreement, FEES, charge.fee_month)
    event = charge.event or (charge.adjustment.event if charge.adjustment else None)
    if event is None:
        return vat_of(agreement, "", charge.month.period.first_day)
    return vat_of(agreement, event.outcome_type.code, event.outcome_date)
