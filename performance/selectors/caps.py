"""What of each cap is used, when it binds and how sure that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from django.db.models import Sum

from funders.models import Agreement, Programme
from mhep.kernel.periods import Month
from payments.models import AgreementYearStanding
from performance.rules.forecast import Binding, Room, binding_of, in_words
from performance.rules.standing import Track, spend_against_time
from performance.rules.warnings import CapStanding
from performance.selectors.facts import Spend, facts_of
from performance.selectors.results import closed_months
from performance.selectors.scope import Scope, scope_of_programme


@dataclass(frozen=True, slots=True)
class CapRow:
    """One cap of an agreement, in minor units net of VAT; ``words`` say when it binds and how sure it is."""

    agreement: Agreement
    name: str
    cap_minor: int
    used_minor: int
    binding: Binding | None
    words: str
    track: Track

    @property
    def left_minor(self) -> int:
        return max(self.cap_minor - self.used_minor, 0)

    @property
    def used_percent(self) -> int:
        """What is used, in whole per cent rounded down: 100 only once nothing is left."""
        return 100 * self.used_minor // self.cap_minor if self.cap_minor else 100

    def binds_in(self, first: Month) -> int | None:
        """
        Return in how many months it may bind at the earliest, None if not by its end; 0 once it is used up.

        :param first: the first month that is not closed.
        """
        if not self.left_minor:
            return 0
        earliest = self.binding.earliest if self.binding else None
        if earliest is None:
            return None
        return (earliest.year - first.year) * 12 + earliest.number - first.number + 1


def caps_of(scope: Scope, spend: Iterable[Spend], months: Iterable[Month]) -> tuple[CapRow, ...]:
    """
    Return the caps of the scope's agreements: the total, and that of the financial year that is open.

    :param spend: what each agreement was charged by month.
    :param months: the closed months, oldest first.
    """
    used = _used(scope)
    by_month: dict[tuple[int, Month], int] = defaultdict(int)
    for each in spend:
        by_month[each.agreement, each.month] += each.counted_minor
    closed = list(months)
    return tuple(
        row
        for agreement in scope.agreements
        for row in _of_agreement(scope, agreement, used, [by_month[agreement.pk, month] for month in closed])
    )


def caps_standing(programme: Programme) -> list[CapStanding]:
    """Return how near each cap of a programme is, as the page of the whole programme judges it."""
    scope = scope_of_programme(programme)
    spend = facts_of(scope).spend
    first = programme.first_open_month
    caps = caps_of(scope, spend, sorted(closed_months(programme)))
    return [CapStanding(cap.name, cap.used_percent, cap.binds_in(first)) for cap in caps]


def _used(scope: Scope) -> dict[tuple[int, int | None], int]:
    """Return what each agreement's caps have been used by, by financial year and, under None, in all."""
    rows = (
        AgreementYearStanding.objects.filter(agreement__in=scope.agreements)
        .values_list("agreement", "year")
        .annotate(sum=Sum("net_minor"))
    )
    used: dict[tuple[int, int | None], int] = defaultdict(int)
    for agreement, year, amount in rows:
        used[agreement, year] += amount
        used[agreement, None] += amount
    return used


def _of_agreement(
    scope: Scope, agreement: Agreement, used: dict[tuple[int, int | None], int], recent: list[int]
) -> Iterator[CapRow]:
    programme = scope.programme
    first = programme.first_open_month
    if agreement.cap_total_minor is not None:
        span = (Month.of(agreement.starts_on), Month.of(agreement.ends_on))
        name = f"{agreement.party_name}, in all"
        yield _row(
            agreement, name, (agreement.cap_total_minor, used[agreement.pk, None]), (recent, first, span)
        )
    start = programme.financial_year
    year = start.year_of(first.first_day)
    for cap in agreement.year_caps.all():
        if cap.year == year:
            begins = Month.of(first.first_day.replace(year=year, month=start.month, day=1))
            span = (begins, min(begins + 11, Month.of(agreement.ends_on)))
            name = f"{agreement.party_name}, financial year from {begins.first_day:%B %Y}"
            yield _row(agreement, name, (cap.amount_minor, used[agreement.pk, year]), (recent, first, span))


Time = tuple[list[int], Month, tuple[Month, Month]]


def _row(agreement: Agreement, name: str, amounts: tuple[int, int], time: Time) -> CapRow:
    cap, used = amounts
    recent, first, (begins, ends) = time
    left = max(cap - used, 0)
    binding = binding_of(Room(left, recent, first, ends))
    words = in_words(binding, first) if left else "It is used up: nothing more is charged."
    gone = _gone(begins, ends, first)
    return CapRow(agreement, name, cap, used, binding, words, spend_against_time(used, cap, gone, binding))


def _gone(begins: Month, ends: Month, first: Month) -> Fraction:
    """Return the share of the days from the first month through the last that closed months have used."""
    days = (ends.last_day - begins.first_day + timedelta(days=1)).days
    gone = (min(first.first_day, ends.last_day) - begins.first_day).days
    return Fraction(max(gone, 0), max(days, 1))
