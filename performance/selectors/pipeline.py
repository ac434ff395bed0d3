"""What funders will be asked for: each agreement's next invoice, and what comes by month and how sure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, Sum

from funders.models import Agreement
from investment.selectors.outlook import Certainty, Coming, billed_in, paid_on
from mhep.kernel.periods import Month
from outcomes.enums import EventState
from outcomes.models import OutcomeEvent
from payments.enums import Account
from payments.models import Charge, Document, Posting
from payments.selectors.expected import expected_for
from performance.selectors.scope import Scope


@dataclass(frozen=True, slots=True)
class NextInvoice:
    """
    What an agreement's next document would come to, net of VAT: charged already, and what waits.

    ``month`` is that whose close brings the document.
    """

    agreement: Agreement
    month: Month
    charged_minor: int
    waiting_minor: int

    @property
    def expected_minor(self) -> int:
        return self.charged_minor + self.waiting_minor


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What comes: by agreement the next invoice, by month of payment the amounts and how sure they are."""

    invoices: tuple[NextInvoice, ...]
    coming: tuple[Coming, ...]

    @property
    def expected_minor(self) -> int:
        """What all next invoices together would come to, net of VAT."""
        return sum(each.expected_minor for each in self.invoices)


@dataclass(frozen=True, slots=True)
class _Item:
    agreement: Agreement
    certainty: Certainty
    month: Month  # that of the charge, or of the day on which a document is due
    amount: int


def pipeline_of(scope: Scope, today: date) -> Pipeline:
    """
    Return what the scope's agreements will pay for what has been logged already.

    What is invoiced carries its VAT, the rest none. Each event that waits is judged alone. What is overdue is
    expected this month.
    """
    items = [*_invoiced(scope), *_charged(scope), *_waiting(scope, today)]
    sums: dict[Month, dict[Certainty, int]] = defaultdict(lambda: dict.fromkeys(Certainty, 0))
    for item in items:
        month = item.month
        if item.certainty is not Certainty.INVOICED:
            month = Month.of(paid_on(item.agreement, scope.programme, month))
        sums[max(month, Month.of(today))][item.certainty] += item.amount
    return Pipeline(
        invoices=tuple(_next(scope, agreement, items) for agreement in scope.agreements),
        coming=tuple(
            Coming(month, {certainty: max(amount, 0) for certainty, amount in sums[month].items()})
            for month in sorted(sums)
        ),
    )


def _next(scope: Scope, agreement: Agreement, items: list[_Item]) -> NextInvoice:
    month = billed_in(agreement, scope.programme, scope.programme.first_open_month)
    amounts = dict.fromkeys(Certainty, 0)
    for item in items:
        is_on_it = item.certainty is not Certainty.INVOICED and item.month <= month
        if item.agreement.pk == agreement.pk and is_on_it:
            amounts[item.certainty] += item.amount
    return NextInvoice(agreement, month, amounts[Certainty.CHARGED], amounts[Certainty.WAITING])


def _invoiced(scope: Scope) -> Iterator[_Item]:
    agreements = {each.pk: each for each in scope.agreements}
    open_sums = dict(
        Posting.objects.filter(
            account=Account.RECEIVABLES.value,
            journal__programme=scope.programme,
            document__agreement__in=agreements,
        )
        .values_list("document")
        .annotate(open=Sum("amount_minor"))
        .filter(~Q(open=0))
    )
    for document in Document.objects.filter(pk__in=open_sums).only("agreement_id", "due_on"):
        month = Month.of(document.due_on)
        yield _Item(agreements[document.agreement_id], Certainty.INVOICED, month, open_sums[document.pk])


def _charged(scope: Scope) -> Iterator[_Item]:
    agreements = {each.pk: each for each in scope.agreements}
    charged = (
        Charge.objects.filter(agreement__in=agreements, line__isnull=True)
        .values_list("agreement", "month__first_day")
        .annotate(sum=Sum("amount_minor"))
    )
    for agreement, first_day, amount in charged:
        yield _Item(agreements[agreement], Certainty.CHARGED, Month.of(first_day), amount)


def _waiting(scope: Scope, today: date) -> Iterator[_Item]:
    agreements = {each.pk: each for each in scope.agreements}
    waiting = OutcomeEvent.objects.filter(
        programme=scope.programme, state__in=[EventState.SUBMITTED, EventState.QUERIED]
    )
    expected = expected_for(scope.programme, list(waiting.values_list("pk", flat=True)), today)
    for each in expected.values():
        for share in each.funders:
            if share.agreement_id in agreements:
                agreement = agreements[share.agreement_id]
                yield _Item(agreement, Certainty.WAITING, each.month, share.amount_minor)
