"""What may be published of a programme, for the data standard of INDIGO (performance.rules.indigo)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from django.db.models import Count, Sum

from funders.enums import Direction, FunderKind
from funders.models import Agreement, Programme, Tariff
from mhep.kernel.periods import YearStart
from outcomes.models import OutcomeEvent
from payments.enums import DocumentKind
from payments.models import Document, DocumentLine
from performance.rules.disclosure import PRESETS, DisclosureRule
from performance.rules.indigo import (
    NGO,
    PHILANTHROPIST,
    PUBLIC_BODY,
    Commitment,
    Metric,
    Paid,
    Project,
    Provision,
)

# Whatever the contract allows its own people to see: this is for everybody.
PUBLISHED: DisclosureRule = PRESETS["MHSDS"][1]
ROLES = {
    FunderKind.LOCAL: PUBLIC_BODY,
    FunderKind.HEALTH: PUBLIC_BODY,
    FunderKind.NATIONAL: PUBLIC_BODY,
    FunderKind.PHILANTHROPIC: PHILANTHROPIST,
}


def project_of(programme: Programme, today: date) -> Project:
    """Return what is published of a programme on that day, in a fixed number of queries."""
    return Project(
        name=programme.name,
        currency=programme.currency,
        operator=programme.operator.code,
        starts_on=programme.starts_on,
        ends_on=programme.ends_on,
        has_ended=today > programme.ends_on,
        metrics=_metrics(programme),
        commitments=_commitments(programme),
        provisions=[
            Provision(each.code, each.provider.code, each.name, each.starts_on, programme.ends_on)
            for each in programme.services.select_related("provider")
        ],
    )


def _metrics(programme: Programme) -> list[Metric]:
    years = programme.financial_year
    counts: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    verified = OutcomeEvent.objects.filter(programme=programme, voided_on__isnull=True).verified()
    days = verified.values_list("outcome_type", "outcome_date").annotate(count=Count("pk")).order_by()
    for kind, day, count in days:
        counts[kind][years.year_of(day)] += count
    tariffs = dict(
        Tariff.objects.filter(outcome_type__programme=programme)
        .order_by("starts_on")
        .values_list("outcome_type", "amount_minor")
    )
    return [
        Metric(
            code=kind.code,
            name=kind.name,
            validation=_validation(sorted({*kind.evidence_all_of, *kind.evidence_any_of})),
            tariff_minor=tariffs.get(kind.pk),
            achieved=tuple(
                (*_days(years, year), PUBLISHED.count(count).value)
                for year, count in sorted(counts[kind.pk].items())
            ),
        )
        for kind in programme.outcome_types.order_by("position")
    ]


def _validation(evidence: list[str]) -> str:
    words = ", ".join(each.replace("_", " ") for each in evidence)
    return f"Verified by the operator against evidence: {words}" if words else "Verified by the operator"


def _commitments(programme: Programme) -> list[Commitment]:
    paid = _paid(programme)
    agreements = Agreement.objects.filter(programme=programme, direction=Direction.RECEIVABLE)
    return [
        Commitment(
            payer=each.funder.code,
            role=ROLES.get(FunderKind(each.funder.kind), NGO),
            starts_on=each.starts_on,
            ends_on=each.ends_on,
            most_minor=each.cap_total_minor,
            paid=tuple(paid[each.pk]),
        )
        for each in agreements.select_related("funder").order_by("position")
        if each.funder is not None
    ]


def _paid(programme: Programme) -> dict[int, list[Paid]]:
    """Return by agreement what its documents come to, by financial year of their month, without VAT."""
    years = programme.financial_year
    totals: dict[tuple[int, int], int] = defaultdict(int)
    documents = Document.objects.filter(
        agreement__programme=programme, agreement__direction=Direction.RECEIVABLE
    )
    sums = documents.values_list("agreement", "month__first_day", "kind").annotate(net=Sum("net_minor"))
    for agreement, first_day, kind, net in sums.order_by():
        sign = -1 if kind == DocumentKind.CREDIT_NOTE else 1
        totals[agreement, years.year_of(first_day)] += sign * net
    people = _people_charged(programme, years)
    found: dict[int, list[Paid]] = defaultdict(list)
    for (agreement, year), net in sorted(totals.items()):
        is_few = PUBLISHED.is_small(len(people[agreement, year]))
        found[agreement].append(Paid(*_days(years, year), None if is_few else net))
    return found


def _people_charged(programme: Programme, years: YearStart) -> dict[tuple[int, int], set[int]]:
    """Return by agreement and financial year whom its documents are about."""
    about: dict[tuple[int, int], set[int]] = defaultdict(set)
    lines = DocumentLine.objects.filter(
        document__agreement__programme=programme,
        document__agreement__direction=Direction.RECEIVABLE,
        charge__event__isnull=False,
    )
    columns = ("document__agreement", "document__month__first_day", "charge__event__participant")
    for agreement, first_day, person in lines.values_list(*columns).distinct():
        about[agreement, years.year_of(first_day)].add(person)
    return about


def _days(years: YearStart, year: int) -> tuple[date, date]:
    """Return the first and the last day of a financial year."""
    first, following = (date(each, years.month, years.day) for each in (year, year + 1))
    return first, following - timedelta(days=1)
