"""
What a late payer owes by statute: simple interest by days, and a fixed sum.

A proposal, never a charge. Amounts are minor units, VAT included: statutory interest runs on the whole debt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from mhep.kernel.money import simple_interest
from mhep.kernel.problems import BusinessRuleError

DAY = timedelta(days=1)
HALVES = ("first", "second")


class UnknownRegime(BusinessRuleError):
    """No statutory interest is known for that payer; the text says why."""


class MissingRate(BusinessRuleError):
    """The reference rate of a half-year was not entered; the text names both."""


@dataclass(frozen=True, slots=True, order=True)
class HalfYear:
    """January to June (``half`` 1) or July to December (2) of a year."""

    year: int
    half: int

    @classmethod
    def of(cls, day: date) -> HalfYear:
        """Return the half-year in which a day falls."""
        return cls(day.year, 1 if day.month <= 6 else 2)

    @property
    def first_day(self) -> date:
        return date(self.year, 1 if self.half == 1 else 7, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, 6, 30) if self.half == 1 else date(self.year, 12, 31)

    def __str__(self) -> str:
        return f"the {HALVES[self.half - 1]} half of {self.year}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference rate in per cent a year and where it is from; one that nobody published is synthetic."""

    percent: Decimal
    source: str = ""
    is_synthetic: bool = False


@dataclass(frozen=True, slots=True)
class Regime:
    """
    The statute of a payer's country.

    Interest is the reference rate of a half-year and ``margin`` points. Where it is ``fixed_at_start``, the
    half-year in which interest begins counts to the end, else each day's own. The reference rate is the one
    in force on the first day of the half-year, or on the day before if it ``is_of_the_day_before``.
    ``fixed_sums`` are pairs of the debt from which one is owed and the sum, the smallest debt first.
    """

    country: str
    series: str
    series_name: str
    margin: Decimal
    fixed_at_start: bool
    is_of_the_day_before: bool
    currency: str
    fixed_sums: tuple[tuple[int, int], ...]

    def rate_day(self, half_year: HalfYear) -> date:
        """Return the day whose reference rate counts for a half-year."""
        return half_year.first_day - DAY if self.is_of_the_day_before else half_year.first_day

    def fixed_sum(self, debt_minor: int) -> int:
        """Return what is owed once for a debt of that size, whatever the days."""
        return max((owed for least, owed in self.fixed_sums if debt_minor >= least), default=0)


# Late Payment of Commercial Debts (Interest) Act 1998, ss. 5A and 6, and SI 2002/1675, art. 4: the rate of
# the half-year in which interest starts to run. Denmark: renteloven, § 5. France: code de la commande
# publique, R2192-31 and D2192-35.
REGIMES = {
    "GB": Regime(
        country="GB",
        series="BOE",
        series_name="Bank of England base rate",
        margin=Decimal(8),
        fixed_at_start=True,
        is_of_the_day_before=True,
        currency="GBP",
        fixed_sums=((1, 40_00), (1_000_00, 70_00), (10_000_00, 100_00)),
    ),
    "DK": Regime(
        country="DK",
        series="DNB",
        series_name="Danmarks Nationalbank lending rate",
        margin=Decimal(8),
        fixed_at_start=False,
        is_of_the_day_before=False,
        currency="DKK",
        fixed_sums=(),
    ),
    "FR": Regime(
        country="FR",
        series="ECB",
        series_name="European Central Bank refinancing rate",
        margin=Decimal(8),
        fixed_at_start=True,
        is_of_the_day_before=False,
        currency="EUR",
        fixed_sums=((1, 40_00),),
    ),
}


def regime_of(country: str, currency: str) -> Regime:
    """
    Return the statute for a payer in ``country`` whose debt is in ``currency``.

    :raises UnknownRegime: if none is known, or its fixed sums are in another currency.
    """
    regime = REGIMES.get(country)
    if regime is None:
        known = ", ".join(REGIMES)
        raise UnknownRegime(f"No statutory interest is known for payers in {country}. Known are: {known}.")
    if regime.fixed_sums and regime.currency != currency:
        raise UnknownRegime(
            f"The fixed sums of {country} are in {regime.currency} and this invoice is in {currency}."
        )
    return regime


@dataclass(frozen=True, slots=True)
class Payment:
    """An amount of the debt that was settled on a day."""

    paid_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Debt:
    """
    An invoice: its gross sum, what of it was never owed, and what was paid when.

    ``excluded_minor`` is what is credited, voided or about to be given back: it bears no interest.
    """

    due_on: date
    gross_minor: int
    excluded_minor: int = 0
    payments: tuple[Payment, ...] = ()

    def owed_on(self, day: date) -> int:
        """Return what is owed on a day. The day of a payment still counts; never below nothing."""
        paid = sum(each.amount_minor for each in self.payments if each.paid_on < day)
        return max(self.gross_minor - self.excluded_minor - paid, 0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days, both ends included, on which the same sum was owed at the same rate; its interest is rounded."""

    since: date
    through: date
    owed_minor: int
    half_year: HalfYear
    reference: Reference
    margin: Decimal

    @property
    def rate(self) -> Decimal:
        """The rate of interest in per cent a year."""
        return self.reference.percent + self.margin

    @property
    def days(self) -> int:
        return (self.through - self.since).days + 1

    @property
    def interest_minor(self) -> int:
        """Simple interest of these days over 365, rounded half up."""
        return simple_interest(self.owed_minor * self.days, self.rate)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What may be claimed for a debt from ``since`` through ``through``; amounts of nothing are possible."""

    regime: Regime
    since: date
    through: date
    stretches: tuple[Stretch, ...]
    fixed_minor: int

    @property
    def days(self) -> int:
        return sum(each.days for each in self.stretches)

    @property
    def interest_minor(self) -> int:
        """The sum of the stretches as they are shown, so that the page adds up."""
        return sum(each.interest_minor for each in self.stretches)

    @property
    def total_minor(self) -> int:
        return self.interest_minor + self.fixed_minor


def propose(
    debt: Debt,
    regime: Regime,
    rates: Mapping[HalfYear, Reference],
    *,
    through: date,
    claimed_through: date | None = None,
) -> Proposal:
    """
    Return what may be claimed of a late payer through a day.

    Interest begins on the day after the due date, or after ``claimed_through``; then the fixed sum, which is
    owed once, was claimed before. It ends with the day on which the last of the debt was paid.

    :param rates: reference rates by half-year.
    :raises MissingRate: naming the first half-year whose rate is needed and not there.
    """
    begins = debt.due_on + DAY
    since = max(begins, claimed_through + DAY) if claimed_through else begins
    stretches = tuple(
        Stretch(first, last, owed, half, _reference(regime, half, rates), regime.margin)
        for first, last in _spans(debt, regime, since, through)
        if (owed := debt.owed_on(first))
        for half in (HalfYear.of(begins if regime.fixed_at_start else first),)
    )
    fixed = 0 if claimed_through or not stretches else regime.fixed_sum(debt.owed_on(begins))
    last_day = stretches[-1].through if stretches else through
    return Proposal(regime, since, last_day, stretches, fixed)


def working_of(debt: Debt, proposal: Proposal) -> dict[str, Any]:
    """Return how a proposal was worked out, as values that JSON keeps; the same again for the same facts."""
    return {
        "country": proposal.regime.country,
        "due_on": debt.due_on.isoformat(),
        "gross_minor": debt.gross_minor,
        "excluded_minor": debt.excluded_minor,
        "payments": [[each.paid_on.isoformat(), each.amount_minor] for each in debt.payments],
        "stretches": [
            {
                "since": each.since.isoformat(),
                "through": each.through.isoformat(),
                "owed_minor": each.owed_minor,
                "half_year": [each.half_year.year, each.half_year.half],
                "percent": str(each.reference.percent),
                "source": each.reference.source,
                "is_synthetic": each.reference.is_synthetic,
                "margin": str(each.margin),
            }
            for each in proposal.stretches
        ],
        "fixed_minor": proposal.fixed_minor,
    }


def debt_from(working: Mapping[str, Any]) -> Debt:
    """Return the debt that :func:`working_of` kept."""
    return Debt(
        date.fromisoformat(working["due_on"]),
        working["gross_minor"],
        working["excluded_minor"],
        tuple(Payment(date.fromisoformat(day), amount) for day, amount in working["payments"]),
    )


def stretches_from(working: Mapping[str, Any]) -> tuple[Stretch, ...]:
    """Return the stretches that :func:`working_of` kept."""
    return tuple(
        Stretch(
            date.fromisoformat(each["since"]),
            date.fromisoformat(each["through"]),
            each["owed_minor"],
            HalfYear(*each["half_year"]),
            Reference(Decimal(each["percent"]), each["source"], each["is_synthetic"]),
            Decimal(each["margin"]),
        )
        for each in working["stretches"]
    )


def with_vat(part_net: int, net: int, gross: int) -> int:
    """Return the share of ``gross`` that goes with a part of ``net``, rounded up; never more than all."""
    return min(-(-gross * part_net // net), gross)


def _spans(debt: Debt, regime: Regime, since: date, through: date) -> Iterable[tuple[date, date]]:
    """Yield the days from ``since`` through ``through`` in spans in which neither debt nor rate changes."""
    starts = {each.paid_on + DAY for each in debt.payments}
    if not regime.fixed_at_start:
        years = range(since.year, through.year + 1)
        starts |= {HalfYear(year, half).first_day for year in years for half in (1, 2)}
    firsts = [since, *sorted(day for day in starts if since < day <= through)] if since <= through else []
    return zip(firsts, [day - DAY for day in firsts[1:]] + [through], strict=False)


def _reference(regime: Regime, half: HalfYear, rates: Mapping[HalfYear, Reference]) -> Reference:
    if half not in rates:
        raise MissingRate(
            f"The {regime.series_name} for {half} is missing: enter the rate in force on "
            f"{regime.rate_day(half):%-d %B %Y}."
        )
    return rates[half]
