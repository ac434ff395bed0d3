"""The facts that explain one amount: what the charge stores, what it stores them about, and what followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from funders.rules.definition import AgreementDefinition, FixedFeeDefinition, TermDefinition
from mhep.kernel.periods import Month, YearStart
from payments.rules.pricing import NO_ROOMS, Rooms


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """An outcome event as it was claimed and verified, with the fidelity review that counted for it."""

    key: int
    reference: str
    outcome: str
    outcome_name: str
    participant: str
    outcome_date: date
    hours: Decimal | None
    job: str
    evidence: tuple[str, ...]
    service: str
    area: str | None
    cohort: str | None
    submitted_on: date
    submitted_by: str
    verified_on: date | None
    verified_by: str
    voided_on: date | None = None
    void_reason: str = ""
    review: tuple[date, int] | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """An agreement as it stood in one of its versions, and its term or fee that decided."""

    agreement: AgreementDefinition
    version: int
    term: TermDefinition | None = None
    fee: FixedFeeDefinition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One stored charge, nil decision, credit or fee; ``amount`` is negative for a credit."""

    key: int
    kind: str
    reason: str
    month: Month
    amount: int
    year: int
    place_before: int | None = None
    place: int | None = None
    tariff: int | None = None
    entitlement: int = 0
    charged_before: int = 0
    rooms: Rooms = NO_ROOMS
    fee_month: Month | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """An adjustment: why, who proposed and who approved it, and what it is about, where that was named."""

    ref: str
    reason: str
    proposed_by: str
    proposed_on: date
    approved_by: str
    approved_on: date
    corrects: str = ""
    event: str = ""
    event_key: int | None = None
    term: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queried:
    """A funder's query about the charge: why, when, and how it was settled, if it was."""

    reason: str
    raised_on: date
    settlement: str = ""
    settlement_reason: str = ""
    settled_by: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """What another term of the same side was charged for the event; ``key`` is None where that is hidden."""

    key: int | None
    payer: str
    month: Month
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    One charge with all that explains it.

    :param payable: the money goes to a provider; else it comes from a funder.
    :param first: the first decision about the same entitlement, and the conditions that it was made under.
    :param shares: what the side's other terms had been charged for the event before (for a balance).
    :param siblings: every charge of the same term for the same event, in order, this one included.
    :param credited: for a credit, the charge that it reverses.
    :param by_hand: for an adjustment, or its reversal, what people decided.
    :param queried: a funder's query about it, or about the charge that it takes off.
    :param document: the number of the document that it is on, if it is on one.
    """

    row: Row
    conditions: Conditions
    party: str
    payable: bool
    year_start: YearStart
    names: Mapping[str, str]
    event: EventFacts | None = None
    first: Row | None = None
    first_conditions: Conditions | None = None
    shares: tuple[Share, ...] = ()
    siblings: tuple[Row, ...] = ()
    credited: Row | None = None
    credited_on: str = ""
    credit: Row | None = None
    document: str = ""
    waits: bool = False
    month_closed: bool = True
    by_hand: ByHand | None = None
    queried: Queried | None = None

    @property
    def contract(self) -> str:
        """What the agreement is called when it is spoken of."""
        return "contract" if self.payable else "agreement"

    @property
    def priced(self) -> Row:
        """The decision that fixed the entitlement: the first one for a remainder, else the row itself."""
        return self.first or self.row

    @property
    def priced_under(self) -> Conditions:
        """The conditions under which the entitlement was fixed."""
        return self.first_conditions or self.conditions
