"""What one month is priced from: its events, its voids, and what stands at the end of the month before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from funders.enums import Direction
from funders.models import Programme
from mhep.kernel.periods import Month
from payments.models import AgreementYearStanding, Charge, Remainder, TermStanding
from payments.rules import pricing
from payments.rules.terms import Event, Side
from payments.selectors.contracts import Contract


def _events(condition: str) -> str:
    """
    Return the read of the events to price, one for all terms: both sides look at the same events.

    The events are found first and by themselves: with the statistics of before a large import, the
    planner would rather go through every event of an outcome type.
    """
    return f"""
    WITH due AS MATERIALIZED (
        SELECT e.id, e.reference, e.outcome_type_id, e.outcome_date, e.participant_id, e.service_id,
            e.hours_per_week
        FROM outcomes_outcomeevent e
        WHERE e.programme_id = %(programme)s AND {condition} AND e.state = 'VERIFIED'
            AND (e.voided_on IS NULL OR e.voided_on > %(as_of)s)
    )
    SELECT due.id, due.reference, t.code, due.outcome_date, due.participant_id, s.code, a.code, c.code,
        due.hours_per_week
    FROM due
    JOIN funders_outcometype t ON t.id = due.outcome_type_id
    JOIN participants_participant p ON p.id = due.participant_id
    JOIN funders_service s ON s.id = due.service_id
    LEFT JOIN funders_area a ON a.id = p.area_id
    LEFT JOIN funders_cohort c ON c.id = p.cohort_id
    """  # noqa: S608 (the conditions are the three below)


OF_THE_MONTH = _events("e.falls_in = %(month)s")
ALL_EARLIER = _events("e.falls_in < %(month)s")
CARRIED = _events(
    """e.falls_in < %(month)s AND e.id IN (
        SELECT r.event_id FROM payments_remainder r
        JOIN funders_term rt ON rt.id = r.term_id JOIN funders_agreement ra ON ra.id = rt.agreement_id
        WHERE ra.programme_id = %(programme)s)"""
)

DECIDED = """
    SELECT c.event_id, c.term_id, a.direction, c.amount_minor
    FROM payments_charge c JOIN funders_agreement a ON a.id = c.agreement_id
    WHERE c.event_id = ANY(%(events)s) AND c.month_id <> ALL(%(drafts)s)
"""
VOIDED_CHARGES = """
    SELECT c.id, c.term_id, c.event_id, e.outcome_date, e.reference, e.participant_id, c.amount_minor,
        c.financial_year, a.direction, c.place, c.kind, c.reason,
        EXISTS (SELECT FROM payments_linequery q WHERE q.charge_id = c.id AND q.settlement = 'WAIVED')
    FROM outcomes_outcomeevent e
    JOIN payments_charge c ON c.event_id = e.id AND c.kind IN ('CHARGE', 'NIL')
    JOIN funders_agreement a ON a.id = c.agreement_id
    WHERE e.programme_id = %(programme)s AND e.void_falls_in = %(month)s
        AND NOT EXISTS (SELECT FROM payments_charge x WHERE x.credits_id = c.id AND x.reason <> 'WAIVED')
"""
# Charges that a funder was spared and that no month has taken off yet; few, so found by themselves.
WAIVED_CHARGES = """
    SELECT c.id, c.term_id, c.event_id, e.outcome_date, e.reference, e.participant_id, c.amount_minor,
        c.financial_year, a.direction
    FROM payments_linequery q
    JOIN payments_charge c ON c.id = q.charge_id AND c.kind = 'CHARGE'
    JOIN funders_agreement a ON a.id = c.agreement_id AND a.programme_id = %(programme)s
    JOIN outcomes_outcomeevent e ON e.id = c.event_id
    WHERE q.settlement = 'WAIVED' AND NOT EXISTS (SELECT FROM payments_charge x WHERE x.credits_id = c.id)
    ORDER BY c.id
"""
PERSONS = """
    SELECT c.agreement_id, e.participant_id, sum(c.amount_minor)
    FROM outcomes_outcomeevent e JOIN payments_charge c ON c.event_id = e.id
    WHERE e.participant_id = ANY(%(people)s) AND c.agreement_id = ANY(%(agreements)s)
        AND c.month_id <> ALL(%(drafts)s)
    GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class SideInput:
    """What :func:`payments.rules.pricing.price_month` is given for one side."""

    standing: pricing.Standing
    voids: pricing.Voids
    known: pricing.Known


@dataclass(frozen=True, slots=True)
class MonthInput:
    events: list[Event]
    sides: dict[Direction, SideInput]


def month_input(programme: Programme, month: Month, sides: dict[Direction, Side]) -> MonthInput:
    """
    Read what ``month`` is priced from. No charge of the month itself may be stored.

    The cost depends on the month's events and the programme's terms, not on the length of its
    history, unless terms changed since the last close: then every earlier event is looked at.
    """
    keys = {"programme": programme.pk, "month": month.first_day, "as_of": month.last_day}
    fresh = rows_of(OF_THE_MONTH, keys)
    earlier = rows_of(ALL_EARLIER if programme.terms_changed else CARRIED, keys)
    events = [event_of(row) for row in fresh + earlier]
    voided = rows_of(VOIDED_CHARGES, keys)
    waived = rows_of(WAIVED_CHARGES, keys)
    people = {event.participant for event in events} | {row[5] for row in voided + waived}
    known = known_of([row[0] for row in earlier])
    return MonthInput(
        events,
        {
            direction: SideInput(
                standing=standing_of(side, people),
                voids=_voids(
                    [row for row in voided if row[8] == direction],
                    [row for row in waived if row[8] == direction],
                ),
                known=known[direction],
            )
            for direction, side in sides.items()
        },
    )


def rows_of(sql: str, keys: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, keys)
        return list(cursor.fetchall())


def event_of(row: Sequence[Any]) -> Event:
    """Return a row of ``_events`` as the rules know it."""
    key, reference, outcome, outcome_date, participant, service, area, cohort, hours = row
    return Event(
        key=key,
        reference=reference,
        outcome=outcome,
        outcome_date=outcome_date,
        participant=participant,
        service=service,
        area=area,
        cohort=cohort,
        hours=hours,
    )


def known_of(events: list[int], drafts: Collection[int] = ()) -> dict[Direction, pricing.Known]:
    """Return what was decided about the events, without what stands in the months ``drafts``."""
    decided: dict[str, dict[int, set[int]]] = {direction: {} for direction in Direction}
    charged: dict[str, dict[int, int]] = {direction: {} for direction in Direction}
    for event in events:
        for direction in Direction:
            decided[direction][event] = set()
    for event, term, direction, amount in (
        rows_of(DECIDED, {"events": events, "drafts": list(drafts)}) if events else ()
    ):
        decided[direction][event].add(term)
        charged[direction][event] = charged[direction].get(event, 0) + amount
    return {
        direction: pricing.Known(
            {event: frozenset(terms) for event, terms in decided[direction].items()}, charged[direction]
        )
        for direction in Direction
    }


def _voids(rows: Iterable[tuple[Any, ...]], waived: Iterable[tuple[Any, ...]]) -> pricing.Voids:
    """A charge that was waived is credited as that; its voided event still gives up its place."""
    charges, places = [], []
    for row in rows:
        _, term, event = row[:3]
        place, kind, reason, is_waived = row[9:]
        if kind == "CHARGE" and not is_waived:
            charges.append(_standing_charge(row))
        if place is not None and reason != pricing.CARRIED:
            places.append((term, event))
    return pricing.Voids(charges, places, [_standing_charge(row) for row in waived])


def _standing_charge(row: tuple[Any, ...]) -> pricing.StandingCharge:
    key, term, event, outcome_date, reference, participant, amount, year = row[:8]
    return pricing.StandingCharge(key, term, event, (outcome_date, reference), participant, amount, year)


def standing_of(side: Side, people: Collection[int], drafts: Collection[int] = ()) -> pricing.Standing:
    """
    Return what stands after the last closed month.

    :param people: whose net charges are wanted under caps for each person.
    :param drafts: the months that are not closed; their charges do not count.
    """
    terms = list(side.terms)
    agreements = {term.agreement.key: term.agreement for term in side.terms.values()}
    standing = pricing.Standing()
    for key, places, net in TermStanding.objects.filter(term__in=terms).values_list(
        "term_id", "places", "net_minor"
    ):
        standing.places[key] = places
        standing.terms[key] = net
        agreement = side.terms[key].agreement.key
        standing.agreements[agreement] = standing.agreements.get(agreement, 0) + net
    for agreement, year, net in AgreementYearStanding.objects.filter(
        agreement__in=list(agreements)
    ).values_list("agreement_id", "year", "net_minor"):
        standing.years[agreement, year] = net
    capped = [key for key, agreement in agreements.items() if agreement.caps.per_participant is not None]
    if capped:
        for agreement, person, net in rows_of(
            PERSONS, {"people": list(people), "agreements": capped, "drafts": list(drafts)}
        ):
            standing.persons[agreement, person] = int(net)
    for row in Remainder.objects.filter(term__in=terms):
        standing.remainders[row.event_id, row.term_id] = pricing.Remainder(
            row.entitlement_minor, row.charged_minor, row.place, row.tariff_minor
        )
    return standing


def charged_fee_months(contract: Contract) -> dict[int, set[Month]]:
    """Return the months that each fixed fee was charged for."""
    charged: dict[int, set[Month]] = {}
    fees = [fee.key for terms in contract.agreements.values() for fee in terms.fees]
    for fee, month in Charge.objects.filter(kind="FEE", fee__in=fees).values_list("fee_id", "fee_month"):
        if fee is not None and month is not None:
            charged.setdefault(fee, set()).add(Month.of(month))
    return charged
