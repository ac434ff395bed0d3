"""Late payment as people read it: every late invoice with what may be claimed, one invoice, and one claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from accounts.models import User
from funders.models import Programme
from mhep.kernel.money import Money
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.sheets import Cell, Sheet
from payments.enums import LateClaimState
from payments.models import Document, LateClaim, ReferenceRate
from payments.models.late_payment import LIVE, REFERENCE
from payments.rules.late_payment import Debt, Proposal, Stretch, propose, regime_of, stretches_from
from payments.selectors.late_debts import Rates, country_of, debts_of, rates_of
from providers.models import Operator

HEADINGS = (
    *("Invoice", "Funder", "Due", "Days late", "Open", "Interest", "Fixed sum", "To claim", "State", "Claim"),
    *("What is missing", "Currency"),
)
WORKING_HEADINGS = (
    *("From", "Through", "Days", "Owed", "Reference rate", "Margin", "Rate", "Interest", "Half-year"),
    *("Source", "Synthetic", "Currency"),
)
RATE_HEADINGS = (
    "Rate",
    "Half-year from",
    "Per cent",
    "Source",
    "Synthetic",
    "Entered by",
    "Entered on (UTC)",
)

STATES = {
    "TO_DECIDE": "To decide",
    "NOTHING": "Nothing to claim",
    "PROPOSED": "Waits for a second person",
    "CHARGED": "Charged",
    "WAIVED": "Waived",
}


@dataclass(frozen=True, slots=True)
class LateInvoice:
    """
    An invoice after its due date and what may be claimed for it beyond its live claims.

    ``proposal`` is None where a claim waits or it was waived, or where ``problem`` says what is missing.
    """

    document: Document
    debt: Debt
    claims: tuple[LateClaim, ...]
    proposal: Proposal | None
    problem: str = ""

    @property
    def claim(self) -> LateClaim | None:
        """The latest of its claims that stands."""
        return next((each for each in reversed(self.claims) if each.state in LIVE), None)

    @property
    def can_be_claimed(self) -> bool:
        return self.proposal is not None and self.proposal.total_minor > 0

    @property
    def state(self) -> str:
        """What becomes of it: ``TO_DECIDE``, the state of its claim, or ``NOTHING`` to be claimed."""
        if self.can_be_claimed or self.problem:
            return "TO_DECIDE"
        return self.claim.state if self.claim else "NOTHING"

    def days_late(self, today: date) -> int:
        """Return the days from the due date to the day on which the last of it was paid, or to ``today``."""
        owed = self.debt.owed_on(today)
        last = today if owed else max((each.paid_on for each in self.debt.payments), default=self.debt.due_on)
        return max((last - self.debt.due_on).days, 0)


def late_rows(documents: Sequence[Document], today: date) -> list[LateInvoice]:
    """Return invoices with what may be claimed for each through ``today``, in a fixed number of queries."""
    if not documents:
        return []
    claims: dict[int, list[LateClaim]] = defaultdict(list)
    for claim in LateClaim.objects.filter(document__in=documents).order_by("since", "pk"):
        claims[claim.document_id].append(claim)
    debts, rates = debts_of(documents), rates_of(documents[0].operator)
    return [_row(each, debts[each.pk], claims[each.pk], rates, today) for each in documents]


def claims_to_see(user: User, programme: Programme) -> QuerySet[LateClaim]:
    """Return the programme's claims that the user may see, with who did what."""
    people = ("proposed_by", "decided_by", "withdrawn_by", "journal")
    about = ("document__agreement__funder", "document__agreement__programme")
    visible = LateClaim.objects.visible_to(user).filter(document__agreement__programme=programme)
    return visible.select_related(*about, *people)


def claim_by_ref(operator: Operator, ref: str) -> LateClaim | None:
    """Return the operator's claim numbered ``LPC-000001``; None for a text that is no number of one."""
    prefix, _, digits = ref.partition("-")
    if prefix != REFERENCE or not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        return None
    return LateClaim.objects.filter(operator=operator, number=int(digits)).first()


def late_sheet(rows: Iterable[LateInvoice], today: date) -> Sheet:
    """Return late invoices as a table."""
    return Sheet("Late payment", HEADINGS, [_cells(row, today) for row in rows])


def working_sheet(stretches: Sequence[Stretch], fixed_minor: int, currency: str) -> Sheet:
    """Return how a claim was worked out as a table; the fixed sum is its last row."""
    rows: list[tuple[Cell, ...]] = [
        (
            each.since,
            each.through,
            each.days,
            Money(each.owed_minor, currency),
            f"{each.reference.percent:f}",
            f"{each.margin:f}",
            f"{each.rate:f}",
            Money(each.interest_minor, currency),
            str(each.half_year),
            each.reference.source,
            "yes" if each.reference.is_synthetic else "no",
            currency,
        )
        for each in stretches
    ]
    if fixed_minor:
        empty = ("",) * 6
        rows.append(("Fixed sum", *empty, Money(fixed_minor, currency), "", "", "", currency))
    return Sheet("Working", WORKING_HEADINGS, rows)


def working_of_claim(claim: LateClaim) -> Sheet:
    """Return how a kept claim was worked out as a table."""
    return working_sheet(stretches_from(claim.working), claim.fixed_minor, claim.currency)


def rate_sheet(rates: Iterable[ReferenceRate]) -> Sheet:
    """Return reference rates as a table, in the order in which they come."""
    rows = [
        (
            rate.get_series_display(),
            rate.first_day,
            f"{rate.percent:f}",
            rate.source,
            "yes" if rate.is_synthetic else "no",
            rate.entered_by.name if rate.entered_by else "",
            rate.entered_at.date(),
        )
        for rate in rates
    ]
    return Sheet("Reference rates", RATE_HEADINGS, rows)


def _row(
    document: Document, debt: Debt, claims: Sequence[LateClaim], rates: Rates, today: date
) -> LateInvoice:
    live = [each for each in claims if each.state in LIVE]
    row = LateInvoice(document, debt, tuple(claims), None)
    if any(each.state == LateClaimState.PROPOSED or each.through is None for each in live):
        return row
    claimed = max((each.through for each in live if each.through), default=None)
    try:
        regime = regime_of(country_of(document), document.currency)
        proposal = propose(debt, regime, rates.get(regime.series, {}), through=today, claimed_through=claimed)
    except BusinessRuleError as missing:
        return LateInvoice(document, debt, tuple(claims), None, str(missing))
    return LateInvoice(document, debt, tuple(claims), proposal)


def _cells(row: LateInvoice, today: date) -> tuple[Cell, ...]:
    document, proposal = row.document, row.proposal
    return (
        document.full_number,
        document.agreement.party_name,
        document.due_on,
        row.days_late(today),
        Money(document.balance.open_minor, document.currency),
        Money(proposal.interest_minor, document.currency) if proposal else "",
        Money(proposal.fixed_minor, document.currency) if proposal else "",
        Money(proposal.total_minor, document.currency) if proposal else "",
        STATES[row.state],
        row.claim.ref if row.claim and row.claim.number else "",
        row.problem,
        document.currency,
    )
