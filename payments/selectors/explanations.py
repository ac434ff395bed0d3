"""What explains charges: read set-based, as things stood when each was decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from accounts.models import User
from funders.enums import Direction
from funders.models import AgreementVersion, FidelityReview, Programme
from funders.rules.agreement_json import agreement_from_json
from funders.rules.definition import AgreementDefinition
from mhep.kernel.periods import Month
from outcomes.models import OutcomeEvent
from payments.enums import MonthState, Settlement
from payments.models import Adjustment, Charge, DocumentLine, LineQuery, Unbilled
from payments.rules.explanation.case import ByHand, Case, Conditions, EventFacts, Queried, Row, Share
from payments.rules.pricing import CARRIED, Rooms


@dataclass(frozen=True, slots=True)
class Decisions:
    """
    What was decided about one event on one side, in the order of deciding.

    ``net_minor`` is what the side was charged in all; ``tariff_minor`` the tariff that was looked at, if any.
    """

    direction: Direction
    charges: list[Charge]
    net_minor: int
    tariff_minor: int | None


def case_of(charge: Charge, *, sees_all: bool) -> Case:
    """
    Return what explains a charge, in a number of queries that does not depend on the history.

    :param sees_all: for the operator's people; else what other funders were charged has no name and no link.
    """
    return cases_of([charge], sees_all=sees_all)[charge.pk]


def cases_of(charges: Iterable[Charge], *, sees_all: bool) -> dict[int, Case]:
    """Return what explains each charge of one programme, by its key, in a fixed number of queries."""
    keys = [charge.pk for charge in charges]
    rows = list(_with_parts().filter(pk__in=keys))
    if not rows:
        return {}
    context = _context(rows)
    return {row.pk: _case(row, context, sees_all=sees_all) for row in rows}


def decisions_of(event: OutcomeEvent, user: User) -> list[Decisions]:
    """Return all that was decided about an event and that the user may see, receivables first."""
    charges = (
        Charge.objects.visible_to(user)
        .filter(event=event)
        .select_related("month", "agreement__funder", "agreement__provider", "term")
        .order_by("pk")
    )
    sides = []
    for direction in Direction:
        made = [charge for charge in charges if charge.agreement.direction == direction]
        if made:
            tariffs = [charge.tariff_minor for charge in made if charge.tariff_minor is not None]
            net = sum(charge.amount_minor for charge in made)
            sides.append(Decisions(direction, made, net, tariffs[-1] if tariffs else None))
    return sides


@dataclass(frozen=True, slots=True)
class _Context:
    """What the cases of one programme share."""

    programme: Programme
    names: Mapping[str, str]
    versions: Mapping[int, tuple[int, AgreementDefinition]]
    by_event: Mapping[int, list[Charge]]
    reviews: Mapping[int, list[tuple[date, int]]]
    documents: Mapping[int, str]
    waiting: frozenset[int]
    queries: Mapping[int, LineQuery]
    credits_of: Mapping[int, Charge]


def _with_parts() -> QuerySet[Charge]:
    return Charge.objects.select_related(
        "month__programme",
        "agreement__funder",
        "agreement__provider",
        "term",
        "fee",
        "adjustment__corrects",
        "adjustment__event",
        "adjustment__term",
        "adjustment__proposed_by",
        "adjustment__decided_by",
        "credits__month",
        "event__outcome_type",
        "event__service",
        "event__participant",
        "event__participant__area",
        "event__participant__cohort",
        "event__submitted_by",
        "event__verified_by",
    )


def _context(rows: list[Charge]) -> _Context:
    programme = rows[0].month.programme
    about = list(
        Charge.objects.filter(event__in={row.event_id for row in rows if row.event_id})
        .select_related("month", "agreement__funder", "agreement__provider", "term")
        .order_by("pk")
    )
    by_event: dict[int, list[Charge]] = {}
    for charge in about:
        by_event.setdefault(charge.event_id or 0, []).append(charge)
    keys = {row.pk for row in rows} | {row.credits_id for row in rows if row.credits_id}
    lines = DocumentLine.objects.filter(charge__in=keys).select_related("document")
    queries = LineQuery.objects.filter(charge__in=keys).select_related("settled_by")
    return _Context(
        programme=programme,
        names=_names(programme),
        versions=_versions({row.version_id for row in rows} | {charge.version_id for charge in about}),
        by_event=by_event,
        reviews=_reviews(programme),
        documents={line.charge_id: line.document.full_number for line in lines},
        queries={query.charge_id: query for query in queries},
        waiting=frozenset(Unbilled.objects.filter(charge__in=keys).values_list("charge_id", flat=True)),
        credits_of={charge.credits_id: charge for charge in about if charge.credits_id},
    )


def _names(programme: Programme) -> dict[str, str]:
    """Return the names that terms call by code, each behind its kind: ``Area EAL``."""
    kinds = {
        "Area": programme.areas.values_list("code", "name"),
        "Service": programme.services.values_list("code", "name"),
        "Cohort": programme.cohorts.values_list("code", "name"),
    }
    return {f"{kind} {code}": name for kind, rows in kinds.items() for code, name in rows}


def _versions(keys: set[int]) -> dict[int, tuple[int, AgreementDefinition]]:
    rows = AgreementVersion.objects.filter(pk__in=keys).values_list("pk", "number", "definition")
    return {key: (number, agreement_from_json(definition)) for key, number, definition in rows}


def _reviews(programme: Programme) -> dict[int, list[tuple[date, int]]]:
    """Return each service's reviews by date; of several on one date the last given stands last."""
    reviews: dict[int, list[tuple[date, int]]] = {}
    rows = FidelityReview.objects.filter(service__programme=programme).order_by("reviewed_on", "position")
    for service, reviewed_on, score in rows.values_list("service_id", "reviewed_on", "score"):
        reviews.setdefault(service, []).append((reviewed_on, score))
    return reviews


def _case(charge: Charge, context: _Context, *, sees_all: bool) -> Case:
    payable = charge.agreement.direction == Direction.PAYABLE
    about = context.by_event.get(charge.event_id or 0, [])
    own = [row for row in about if row.term_id == charge.term_id]
    first = own[0] if own and charge.reason == CARRIED else None
    credited = charge.credits
    return Case(
        row=_row(charge),
        conditions=_conditions(charge, context),
        party=charge.agreement.party_name,
        payable=payable,
        year_start=context.programme.financial_year,
        names=context.names,
        event=_event(charge.event, context) if charge.event else None,
        first=_row(first) if first else None,
        first_conditions=_conditions(first, context) if first else None,
        shares=_shares(charge, about, sees_all=sees_all),
        siblings=tuple(_row(row) for row in own),
        credited=_row(credited) if credited else None,
        credited_on=context.documents.get(charge.credits_id or 0, ""),
        credit=_credit(charge, context),
        document=context.documents.get(charge.pk, ""),
        waits=charge.pk in context.waiting,
        month_closed=charge.month.state == MonthState.CLOSED,
        by_hand=_by_hand(charge.adjustment, context.programme) if charge.adjustment else None,
        queried=_queried(context.queries.get(charge.credits_id or charge.pk), context.programme),
    )


def _by_hand(adjustment: Adjustment, programme: Programme) -> ByHand:
    event, decided_by = adjustment.event, adjustment.decided_by
    return ByHand(
        ref=adjustment.ref,
        reason=adjustment.reason,
        proposed_by=adjustment.proposed_by.name,
        proposed_on=programme.local_date(adjustment.proposed_at),
        approved_by=decided_by.name if decided_by else "",
        approved_on=programme.local_date(adjustment.decided_at or adjustment.proposed_at),
        corrects=adjustment.corrects.full_number if adjustment.corrects else "",
        event=event.reference if event else "",
        event_key=event.pk if event else None,
        term=adjustment.term.ref if adjustment.term else "",
    )


def _queried(query: LineQuery | None, programme: Programme) -> Queried | None:
    if query is None:
        return None
    return Queried(
        reason=query.reason,
        raised_on=programme.local_date(query.raised_at),
        settlement=Settlement(query.settlement).label if query.settlement else "",
        settlement_reason=query.settlement_reason,
        settled_by=query.settled_by.name if query.settled_by else "",
    )


def _credit(charge: Charge, context: _Context) -> Row | None:
    credit = context.credits_of.get(charge.pk)
    return _row(credit) if credit else None


def _conditions(charge: Charge, context: _Context) -> Conditions:
    number, agreement = context.versions[charge.version_id]
    term = charge.term.ref if charge.term else None
    fee = charge.fee.ref if charge.fee else None
    return Conditions(
        agreement,
        number,
        next((each for each in agreement.terms if each.ref == term), None),
        next((each for each in agreement.fixed_fees if each.ref == fee), None),
    )


def _shares(charge: Charge, about: list[Charge], *, sees_all: bool) -> tuple[Share, ...]:
    """
    Return what the side's other terms were charged for the event before this decision.

    Charges are stored in the order in which they were decided, so a smaller key was decided before.
    """
    return tuple(
        Share(
            key=other.pk if sees_all or other.agreement.funder_id == charge.agreement.funder_id else None,
            payer=other.agreement.party_name,
            month=other.month.period,
            amount=other.amount_minor,
        )
        for other in about
        if other.pk < charge.pk
        and other.term_id != charge.term_id
        and other.agreement.direction == charge.agreement.direction
    )


def _row(charge: Charge) -> Row:
    return Row(
        key=charge.pk,
        kind=charge.kind,
        reason=charge.reason,
        month=charge.month.period,
        amount=charge.amount_minor,
        year=charge.financial_year,
        place_before=charge.place_before,
        place=charge.place,
        tariff=charge.tariff_minor,
        entitlement=charge.entitlement_minor or 0,
        charged_before=charge.charged_before_minor or 0,
        rooms=Rooms(
            charge.room_term_minor, charge.room_total_minor, charge.room_year_minor, charge.room_person_minor
        ),
        fee_month=Month.of(charge.fee_month) if charge.fee_month else None,
    )


def _event(event: OutcomeEvent, context: _Context) -> EventFacts:
    person = event.participant
    reviews = context.reviews.get(event.service_id, [])
    counted = [review for review in reviews if review[0] <= event.outcome_date]
    return EventFacts(
        key=event.pk,
        reference=event.reference,
        outcome=event.outcome_type.code,
        outcome_name=event.outcome_type.name,
        participant=person.reference,
        outcome_date=event.outcome_date,
        hours=event.hours_per_week,
        job=event.job,
        evidence=tuple(event.evidence),
        service=event.service.code,
        area=person.area.code if person.area else None,
        cohort=person.cohort.code if person.cohort else None,
        submitted_on=event.submitted_on,
        submitted_by=event.submitted_by.name if event.submitted_by else "",
        verified_on=event.verified_on,
        verified_by=event.verified_by.name if event.verified_by else "",
        voided_on=event.voided_on,
        void_reason=event.void_reason,
        review=counted[-1] if counted else None,
    )
