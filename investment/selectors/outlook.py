"""What has been earned and is not paid yet, what waits, and how the facility would go from here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum

from django.db.models import Q, Sum

from funders.enums import Billing, Direction
from funders.models import Agreement, Programme
from investment.models import Facility
from investment.rules.projection import (
    Ahead,
    Peak,
    Position,
    Projected,
    flows_ahead,
    flows_of,
    peak_cash_need,
    project,
)
from investment.rules.returns import internal_rate, multiple
from investment.selectors.waterfall import CASH, cash_in_hand, owed_to_providers
from mhep.kernel.periods import Month
from outcomes.enums import EventState
from outcomes.models import OutcomeEvent
from payments.enums import Account, JournalKind
from payments.models import Charge, Document, Posting
from payments.rules.billing import falls_due_for_billing
from payments.selectors.expected import expected_for


class Certainty(Enum):
    """How sure it is that money comes. Its text is what pages show."""

    INVOICED = "Invoiced, not paid"
    CHARGED = "Charged, not invoiced"
    WAITING = "Waiting for verification"


@dataclass(frozen=True, slots=True)
class Coming:
    """What funders are expected to pay in one month, in minor units, by how sure it is."""

    month: Month
    amounts: Mapping[Certainty, int]

    @property
    def amount(self) -> int:
        return sum(self.amounts.values())


@dataclass(frozen=True, slots=True)
class Outlook:
    """How the facility has gone and would go: returns as fractions a year, amounts in minor units."""

    coming: tuple[Coming, ...]
    projected: tuple[Projected, ...]
    rate_so_far: Decimal | None
    rate_ahead: Decimal | None
    multiple_so_far: Decimal | None
    multiple_ahead: Decimal | None
    peak: Peak | None

    @property
    def coming_minor(self) -> int:
        return sum(each.amount for each in self.coming)

    @property
    def repaid_in(self) -> Month | None:
        """The first month at whose end nothing of the principal is left, if the projection comes to it."""
        return next((each.ahead.month for each in self.projected if not each.principal), None)


def outlook_of(facility: Facility, today: date) -> Outlook:
    """
    Return how the facility would go if the pipeline and the newest forecast came true.

    Amounts of the pipeline carry no VAT unless they are invoiced: VAT passes through.
    """
    coming = pipeline_of(facility.programme, today)
    movements = tuple(each.as_rule for each in facility.movements.all())
    ahead = _ahead(facility, coming, Month.of(today))
    owed = owed_to_providers(facility, today)
    position = Position(cash=cash_in_hand(facility, today), providers_owed=owed, movements=movements)
    projected = project(ahead, position, facility.terms)
    past, future = flows_of(movements), flows_ahead(projected)
    history = _history(facility, today)
    return Outlook(
        coming=coming,
        projected=projected,
        rate_so_far=internal_rate(past),
        rate_ahead=internal_rate([*past, *future]),
        multiple_so_far=multiple(past),
        multiple_ahead=multiple([*past, *future]),
        peak=peak_cash_need([*history, replace(ahead[0], providers=ahead[0].providers + owed), *ahead[1:]]),
    )


def pipeline_of(programme: Programme, today: date) -> tuple[Coming, ...]:
    """
    Return what funders are expected to pay for what has been logged already, by month.

    What is overdue is expected this month. What would be credited more than charged counts as nothing.
    """
    sums: dict[Month, dict[Certainty, int]] = defaultdict(lambda: dict.fromkeys(Certainty, 0))
    this_month = Month.of(today)
    for certainty, expected in (
        (Certainty.INVOICED, _invoiced(programme)),
        (Certainty.CHARGED, _charged(programme)),
        (Certainty.WAITING, _waiting(programme, today)),
    ):
        for day, amount in expected:
            sums[max(Month.of(day), this_month)][certainty] += amount
    return tuple(
        Coming(month, {certainty: max(amount, 0) for certainty, amount in sums[month].items()})
        for month in sorted(sums)
    )


def _invoiced(programme: Programme) -> Iterable[tuple[date, int]]:
    """Yield what is open of each document by the ledger, and when it is due."""
    open_sums = dict(
        Posting.objects.filter(
            journal__programme=programme, account=Account.RECEIVABLES.value, document__isnull=False
        )
        .values_list("document")
        .annotate(open=Sum("amount_minor"))
        .filter(~Q(open=0))
    )
    for document in Document.objects.filter(pk__in=open_sums):
        yield document.due_on, open_sums[document.pk]


def _charged(programme: Programme) -> Iterable[tuple[date, int]]:
    """Yield what is charged and on no document, by agreement and month, and when it would be paid."""
    agreements = {each.pk: each for each in _funders_agreements(programme)}
    charged = (
        Charge.objects.filter(agreement__in=agreements, line__isnull=True)
        .values_list("agreement", "month__first_day")
        .annotate(sum=Sum("amount_minor"))
    )
    for agreement, first_day, amount in charged:
        yield paid_on(agreements[agreement], programme, Month.of(first_day)), amount


def _waiting(programme: Programme, today: date) -> Iterable[tuple[date, int]]:
    """Yield what funders would pay for each event that waits, each judged alone, and when."""
    agreements = {each.pk: each for each in _funders_agreements(programme)}
    events = OutcomeEvent.objects.filter(
        programme=programme, state__in=[EventState.SUBMITTED, EventState.QUERIED]
    )
    expected = expected_for(programme, list(events.values_list("pk", flat=True)), today)
    for each in expected.values():
        for share in each.funders:
            yield paid_on(agreements[share.agreement_id], programme, each.month), share.amount_minor


def paid_on(agreement: Agreement, programme: Programme, month: Month) -> date:
    """Return when a charge of a month would be paid: its next billing, and the days to pay."""
    return billed_in(agreement, programme, month).last_day + timedelta(days=agreement.payment_days)


def billed_in(agreement: Agreement, programme: Programme, month: Month) -> Month:
    """Return the month whose document a charge of a month goes on."""
    return next(
        each
        for each in month.until(month + 2)
        if falls_due_for_billing(
            each,
            quarterly=agreement.billing == Billing.QUARTERLY,
            financial_year=programme.financial_year,
        )
    )


def _funders_agreements(programme: Programme) -> Iterable[Agreement]:
    return Agreement.objects.filter(programme=programme, direction=Direction.RECEIVABLE)


def _ahead(facility: Facility, coming: Iterable[Coming], first: Month) -> list[Ahead]:
    """Return every month from ``first`` to the last that brings anything, pipeline and forecast together."""
    expected = {each.month: each.amount for each in coming}
    forecast = facility.forecasts.first()
    planned = {each.as_rule.month: each.as_rule for each in forecast.months.all()} if forecast else {}
    last = max([*expected, *planned, first])
    return [
        Ahead(
            month,
            received=expected.get(month, 0) + plan.received,
            costs=plan.costs,
            providers=plan.providers,
            drawn=plan.drawn,
        )
        for month in first.until(last)
        for plan in [planned.get(month, Ahead(month))]
    ]


def _history(facility: Facility, today: date) -> list[Ahead]:
    """Return what each month so far has brought in and taken out, the investor's money left out."""
    postings = (
        Posting.objects.filter(
            journal__programme=facility.programme,
            journal__dated_on__lte=today,
            account__in=[account.value for account in CASH],
        )
        .exclude(journal__kind=JournalKind.INVESTMENT.value)
        .values_list("journal__dated_on", "amount_minor")
    )
    sums: dict[Month, int] = defaultdict(int)
    for day, amount in postings:
        sums[Month.of(day)] += amount
    return [Ahead(month, received=max(net, 0), costs=max(-net, 0)) for month, net in sorted(sums.items())]
