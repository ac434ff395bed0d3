"""How lines are taxed, and what that comes to: each way of taxing is rounded by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from funders.rules.definition import AgreementDefinition, VatTreatmentDefinition
from mhep.kernel.money import percent_of

STANDARD, ZERO, EXEMPT = "standard", "zero", "exempt"
OUTSIDE_SCOPE, REVERSE_CHARGE = "outside_scope", "reverse_charge"


@dataclass(frozen=True, slots=True, order=True)
class VatKind:
    """How a line is taxed; ``category`` is empty where nobody has said why no VAT is due."""

    category: str
    rate: Decimal
    reason: str = ""

    @property
    def label(self) -> str:
        """How people read it: ``Standard rate, 20%``."""
        words = self.category.replace("_", " ").capitalize() or "Without VAT"
        return f"{words}, {self.rate:f}%" if self.rate else words


NO_VAT = VatKind("", Decimal(0))


@dataclass(frozen=True, slots=True)
class VatGroup:
    """What is taxed in one way: the sum of its lines, and its VAT, in positive minor units."""

    kind: VatKind
    net_minor: int
    vat_minor: int


def vat_of(agreement: AgreementDefinition, lines: str, day: date) -> VatKind:
    """
    Return how a line of ``agreement`` is taxed.

    :param lines: the outcome's code, ``fees``, or empty for what is neither.
    :param day: the outcome date, or the first day of the fee's month.
    """
    begun = [each for each in agreement.vat if each.starts_on is None or each.starts_on <= day]
    own = [each for each in begun if each.lines == lines]
    chosen = _latest(own or [each for each in begun if each.lines is None])
    if chosen is None:
        return plain_vat(agreement.vat_rate)
    if chosen.category != STANDARD:
        return VatKind(chosen.category, Decimal(0), chosen.reason or "")
    return plain_vat(agreement.vat_rate if chosen.rate is None else chosen.rate)


def plain_vat(rate: Decimal) -> VatKind:
    """Return the kind of lines about which an agreement says no more than its rate."""
    return VatKind(STANDARD if rate else "", rate)


def vat_groups(lines: Iterable[tuple[VatKind, int]]) -> tuple[VatGroup, ...]:
    """Return the sums of lines by how they are taxed, the VAT of each rounded half up."""
    nets: Counter[VatKind] = Counter()
    for kind, amount in lines:
        nets[kind] += amount
    return tuple(VatGroup(kind, net, percent_of(net, kind.rate)) for kind, net in sorted(nets.items()))


def _latest(treatments: Iterable[VatTreatmentDefinition]) -> VatTreatmentDefinition | None:
    return max(treatments, key=lambda each: each.starts_on or date.min, default=None)
