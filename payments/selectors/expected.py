"""
What each party would pay for events that wait, and what a void would credit.

The open months are priced in memory as their closes would price them, drafts left out, with nothing
stored; the amounts are those of :mod:`payments.rules.pricing`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from funders.enums import Direction
from funders.models import Programme
from mhep.kernel.periods import Month
from outcomes.selectors.claims import first_open
from outcomes.selectors.voiding import Voiding
from payments import models as tables
from payments.enums import ChargeReason, MonthState
from payments.models import DocumentLine, LineQuery
from payments.rules import pricing
from payments.rules.billing import falls_due_for_billing
from payments.rules.outlook import Ahead, DatedEvent, Decided, Outlook, Past, months_ahead
from payments.rules.terms import Event, Side
from payments.selectors.contracts import Contract, contract_of
from payments.selectors.parties import party_names
from payments.selectors.standing import event_of, known_of, rows_of, standing_of

EVENTS = """
    SELECT e.id, e.reference, t.code, e.outcome_date, e.participant_id, s.code, a.code, c.code,
        e.hours_per_week, e.falls_in, e.voided_on, e.void_falls_in
    FROM outcomes_outcomeevent e
    JOIN funders_outcometype t ON t.id = e.outcome_type_id
    JOIN participants_participant p ON p.id = e.participant_id
    JOIN funders_service s ON s.id = e.service_id
    LEFT JOIN funders_area a ON a.id = p.area_id
    LEFT JOIN funders_cohort c ON c.id = p.cohort_id
    WHERE e.programme_id = %(programme)s AND (
        e.id = ANY(%(candidates)s)
        OR (e.state = 'VERIFIED' AND e.falls_in >= %(first)s AND e.falls_in <= %(last)s)
        OR (e.state = 'VERIFIED' AND e.falls_in < %(first)s AND %(again)s)
        OR (e.state = 'VERIFIED' AND e.falls_in < %(first)s AND e.id IN (
            SELECT r.event_id FROM payments_remainder r
            JOIN funders_term rt ON rt.id = r.term_id JOIN funders_agreement ra ON ra.id = rt.agreement_id
            WHERE ra.programme_id = %(programme)s))
    )
"""
# Decisions of closed months that a void of an open month undoes, or would.
UNDONE = """
    SELECT c.id, c.term_id, c.event_id, e.outcome_date, e.reference, e.participant_id, c.amount_minor,
        c.financial_year, a.direction, c.place, c.kind, c.reason, m.first_day, e.void_falls_in
    FROM outcomes_outcomeevent e
    JOIN payments_charge c ON c.event_id = e.id AND c.kind IN ('CHARGE', 'NIL')
    JOIN payments_month m ON m.id = c.month_id AND m.state = 'CLOSED'
    JOIN funders_agreement a ON a.id = c.agreement_id
    WHERE e.programme_id = %(programme)s AND (e.id = ANY(%(voided)s) OR e.void_falls_in >= %(first)s)
        AND NOT EXISTS (
            SELECT FROM payments_charge x JOIN payments_month y ON y.id = x.month_id AND y.state = 'CLOSED'
            WHERE x.credits_id = c.id)
        AND NOT EXISTS (SELECT FROM payments_linequery q WHERE q.charge_id = c.id AND q.settlement = 'WAIVED')
"""


@dataclass(frozen=True, slots=True)
class Share:
    """What one term would charge for an event; ``reason`` is a :class:`ChargeReason`."""

    agreement_id: int
    ref: str
    party: str
    term: str
    direction: Direction
    reason: str
    entitlement_minor: int
    amount_minor: int

    @property
    def reason_text(self) -> str:
        return ChargeReason(self.reason).label

    @property
    def is_limited(self) -> bool:
        """A cap keeps something back."""
        return self.reason == ChargeReason.COUNT_CAP or self.amount_minor < self.entitlement_minor


@dataclass(frozen=True, slots=True)
class Expected:
    """What would be decided about an event verified today, in the month in which it would fall."""

    month: Month
    shares: tuple[Share, ...]

    @property
    def funders(self) -> tuple[Share, ...]:
        return tuple(share for share in self.shares if share.direction == Direction.RECEIVABLE)

    @property
    def providers(self) -> tuple[Share, ...]:
        return tuple(share for share in self.shares if share.direction == Direction.PAYABLE)

    @property
    def at_stake_minor(self) -> int:
        """What all funders together would be charged."""
        return sum(share.amount_minor for share in self.funders)

    @property
    def is_limited(self) -> bool:
        return any(share.is_limited for share in self.funders)


@dataclass(frozen=True, slots=True)
class CreditLine:
    """
    One charge that a void would credit.

    ``document`` is the number of the document that the charge is on, or empty. ``is_cancelled`` says that
    charge and credit leave each other out, because neither is on a document before the other.
    """

    event: str
    event_id: int
    ref: str
    party: str
    direction: Direction
    term: str
    charged_minor: int
    credited_minor: int
    month: Month
    billed_in: Month
    document: str
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class VoidEffect:
    """What a void would do to money: credits by line, and verified events that are not charged yet."""

    lines: tuple[CreditLine, ...]
    never_charged: tuple[str, ...]

    @property
    def to_funders_minor(self) -> int:
        return sum(line.credited_minor for line in self.lines if line.direction == Direction.RECEIVABLE)

    @property
    def from_providers_minor(self) -> int:
        return sum(line.credited_minor for line in self.lines if line.direction == Direction.PAYABLE)


def expected_for(programme: Programme, events: Collection[int], today: date) -> dict[int, Expected]:
    """
    Return by event what would be decided if it alone were verified today.

    The number of queries does not depend on how many events are asked for.

    :param events: keys of events of the programme that are not verified.
    """
    if not events:
        return {}
    last = Month.of(first_open(today, programme))
    contract = contract_of(programme)
    facts = _read(programme, contract, last, candidates=events, voids={})
    names = party_names(programme)
    shares: dict[int, list[Share]] = {key: [] for key in facts.candidates}
    for direction, side in contract.sides.items():
        *_, outlook = months_ahead(side, facts.past[direction], facts.ahead)
        alone = pricing.price_alone(side, outlook.year, outlook.facts, facts.candidates.values())
        for key, decisions in alone.items():
            shares[key] += [_share(made, side, direction, names) for made in decisions]
    return {key: Expected(last, tuple(made)) for key, made in shares.items()}


def void_effect(programme: Programme, voidings: Sequence[Voiding]) -> VoidEffect:
    """Return what these voids would credit, to whom and on which document, as the next closes would."""
    voids = {voiding.event.pk: voiding for voiding in voidings}
    last = Month.of(max(voiding.falls_in for voiding in voidings))
    contract = contract_of(programme)
    facts = _read(programme, contract, last, candidates=(), voids=voids)
    names = party_names(programme)
    papers = _papers(facts)
    lines = []
    for direction, side in contract.sides.items():
        for outlook in months_ahead(side, facts.past[direction], facts.ahead):
            for credit, undone in _credits_of(outlook, voids):
                lines.append(_line(credit, undone, outlook, contract, names, papers))
    charged = {line.event_id for line in lines}
    never = [
        voiding.event.reference
        for voiding in voidings
        if voiding.event.verified_on is not None and voiding.event.pk not in charged
    ]
    lines.sort(key=lambda line: (line.direction != Direction.RECEIVABLE, line.party, line.ref, line.event))
    return VoidEffect(tuple(lines), tuple(never))


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is read once: both sides share the events."""

    candidates: dict[int, Event]
    ahead: Ahead
    past: dict[Direction, Past]


def _read(
    programme: Programme,
    contract: Contract,
    last: Month,
    *,
    candidates: Collection[int],
    voids: Mapping[int, Voiding],
) -> _Facts:
    first = programme.first_open_month
    keys = {
        "programme": programme.pk,
        "first": first.first_day,
        "last": last.first_day,
        "again": programme.terms_changed,
        "candidates": list(candidates),
        "voided": list(voids),
    }
    rows = rows_of(EVENTS, keys)
    dated = [_dated(row, voids) for row in rows if row[0] not in candidates]
    undone = rows_of(UNDONE, keys)
    earlier = [each.event.key for each in dated if each.falls_in < first]
    drafts = list(
        tables.Month.objects.filter(programme=programme)
        .exclude(state=MonthState.CLOSED)
        .values_list("pk", flat=True)
    )
    people = {row[4] for row in rows} | {row[5] for row in undone}
    known = known_of(earlier, drafts)
    return _Facts(
        candidates={row[0]: event_of(row[:9]) for row in rows if row[0] in candidates},
        ahead=Ahead(list(first.until(last)), contract.financial_year, dated, programme.terms_changed),
        past={
            direction: Past(
                standing_of(side, people, drafts),
                known[direction],
                [_decided(row, voids) for row in undone if row[8] == direction],
            )
            for direction, side in contract.sides.items()
        },
    )


def _dated(row: tuple[Any, ...], voids: Mapping[int, Voiding]) -> DatedEvent:
    falls_in, voided_on, void_falls_in = row[9:]
    voiding = voids.get(row[0])
    if voiding is not None:
        voided_on, void_falls_in = voiding.voided_on, voiding.falls_in
    return DatedEvent(
        event_of(row[:9]), Month.of(falls_in), voided_on, Month.of(void_falls_in) if void_falls_in else None
    )


def _decided(row: tuple[Any, ...], voids: Mapping[int, Voiding]) -> Decided:
    key, term, event, outcome_date, reference, participant, amount, year = row[:8]
    place, kind, reason, month, void_falls_in = row[9:]
    if event in voids:
        void_falls_in = voids[event].falls_in
    return Decided(
        charge=pricing.StandingCharge(key, term, event, (outcome_date, reference), participant, amount, year),
        month=Month.of(month),
        is_charge=kind == pricing.CHARGE,
        holds_place=place is not None and reason != pricing.CARRIED,
        void_falls_in=Month.of(void_falls_in),
    )


def _share(made: pricing.Decision, side: Side, direction: Direction, names: Mapping[int, str]) -> Share:
    term = side.terms[made.term]
    return Share(
        agreement_id=term.agreement.key,
        ref=term.agreement.ref,
        party=names[term.agreement.key],
        term=term.ref,
        direction=direction,
        reason=made.reason,
        entitlement_minor=made.entitlement,
        amount_minor=made.amount,
    )


def _credits_of(outlook: Outlook, voids: Collection[int]) -> Iterator[tuple[pricing.Credit, Decided]]:
    for credit in outlook.priced.credits:
        undone = outlook.undone[credit.charge]
        if undone.charge.event in voids:
            yield credit, undone


@dataclass(frozen=True, slots=True)
class _Papers:
    """The numbers of the documents that stored charges are on, and the charges that a query holds back."""

    numbers: Mapping[int, str]
    held: Collection[int]


def _papers(facts: _Facts) -> _Papers:
    keys = [each.charge.key for past in facts.past.values() for each in past.decided]
    lines = DocumentLine.objects.filter(charge__in=keys).select_related("document")
    queries = LineQuery.objects.filter(charge__in=keys)
    return _Papers(
        {line.charge_id: line.document.full_number for line in lines},
        set(queries.values_list("charge_id", flat=True)),
    )


def _line(
    credit: pricing.Credit,
    undone: Decided,
    outlook: Outlook,
    contract: Contract,
    names: Mapping[int, str],
    papers: _Papers,
) -> CreditLine:
    side = next(side for side in contract.sides.values() if credit.term in side.terms)
    term = side.terms[credit.term]
    terms = contract.agreements[term.agreement.key]
    billed_in = _next_billing(outlook.month, terms.quarterly, contract)
    document = papers.numbers.get(credit.charge, "")
    waits_for_credit = terms.row.approval_days is not None or credit.charge in papers.held
    charge_billed_in = _next_billing(
        max(undone.month, contract.programme.first_open_month), terms.quarterly, contract
    )
    return CreditLine(
        event=str(undone.charge.event_order[1]),
        event_id=undone.charge.event,
        ref=term.agreement.ref,
        party=names[term.agreement.key],
        direction=Direction(terms.row.direction),
        term=term.ref,
        charged_minor=undone.charge.amount,
        credited_minor=credit.amount,
        month=outlook.month,
        billed_in=billed_in,
        document=document,
        is_cancelled=not document
        and (waits_for_credit or charge_billed_in == billed_in)
        and credit.amount == undone.charge.amount,
    )


def _next_billing(month: Month, quarterly: bool, contract: Contract) -> Month:  # noqa: FBT001
    """Return the first month from ``month`` on in which the agreement gets its documents."""
    candidates: Iterable[Month] = month.until(month + 2)
    return next(
        each
        for each in candidates
        if falls_due_for_billing(each, quarterly=quarterly, financial_year=contract.financial_year)
    )
