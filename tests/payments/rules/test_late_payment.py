"""Statutory interest and fixed sums (domain: finance practice; issue 4, late payment)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.rules.late_payment import (
    REGIMES,
    Debt,
    HalfYear,
    MissingRate,
    Payment,
    Reference,
    Regime,
    UnknownRegime,
    debt_from,
    propose,
    regime_of,
    stretches_from,
    with_vat,
    working_of,
)

GB, DK, FR = REGIMES["GB"], REGIMES["DK"], REGIMES["FR"]
DUE = date(2026, 5, 31)
FIRST, SECOND = HalfYear(2026, 1), HalfYear(2026, 2)
RATES = {FIRST: Reference(Decimal("3.75")), SECOND: Reference(Decimal("0.50"))}


def day(number: int) -> date:
    """Return a day by how many days it is after the due date."""
    return DUE + timedelta(days=number)


def test_the_published_example_a_thousand_pounds_at_eight_and_a_half_costs_23_pence_a_day() -> None:
    for days, interest in ((1, 23), (10, 233), (365, 85_00)):
        claim = propose(Debt(DUE, 1_000_00), GB, {FIRST: Reference(Decimal("0.5"))}, through=day(days))
        assert (claim.days, claim.interest_minor) == (days, interest)


@pytest.mark.parametrize(
    ("debt", "fixed"),
    [
        (1, 40_00),
        (999_99, 40_00),
        (1_000_00, 70_00),
        (9_999_99, 70_00),
        (10_000_00, 100_00),
        (50_000_00, 100_00),
    ],
)
def test_the_fixed_sum_goes_by_the_size_of_the_debt(debt: int, fixed: int) -> None:
    assert propose(Debt(DUE, debt), GB, RATES, through=day(1)).fixed_minor == fixed


def test_nothing_is_owed_through_the_due_date_and_the_day_of_the_payment_counts() -> None:
    on_time = Debt(DUE, 500_00, payments=(Payment(DUE, 500_00),))
    assert propose(on_time, GB, {}, through=day(40)).total_minor == 0
    assert propose(Debt(DUE, 500_00), GB, {}, through=DUE).total_minor == 0
    a_day_late = Debt(DUE, 500_00, payments=(Payment(day(1), 500_00),))
    claim = propose(a_day_late, GB, RATES, through=day(40))
    assert (claim.days, claim.through, claim.fixed_minor) == (1, day(1), 40_00)


def test_interest_runs_on_what_a_part_payment_left() -> None:
    debt = Debt(DUE, 10_000_00, payments=(Payment(day(10), 9_500_00), Payment(day(15), 500_00)))
    claim = propose(debt, GB, RATES, through=day(90))
    spans = [(each.since, each.through, each.owed_minor, each.days) for each in claim.stretches]
    assert spans == [(day(1), day(10), 10_000_00, 10), (day(11), day(15), 500_00, 5)]
    assert [each.interest_minor for each in claim.stretches] == [32_19, 80]
    assert (claim.interest_minor, claim.fixed_minor, claim.total_minor) == (32_99, 100_00, 132_99)


def test_what_was_paid_before_the_due_date_makes_the_debt_smaller() -> None:
    debt = Debt(DUE, 1_500_00, payments=(Payment(DUE, 600_00),))
    assert propose(debt, GB, RATES, through=day(1)).fixed_minor == 40_00


def test_what_was_credited_or_is_disputed_bears_no_interest_and_no_fixed_sum() -> None:
    claim = propose(Debt(DUE, 1_500_00, excluded_minor=600_00), GB, RATES, through=day(10))
    assert (claim.stretches[0].owed_minor, claim.fixed_minor) == (900_00, 40_00)
    assert propose(Debt(DUE, 1_500_00, excluded_minor=1_500_00), GB, RATES, through=day(9)).total_minor == 0
    too_much = Debt(DUE, 1_500_00, excluded_minor=1_000_00, payments=(Payment(day(2), 1_500_00),))
    assert propose(too_much, GB, RATES, through=day(9)).days == 2


def test_in_the_united_kingdom_the_rate_of_the_half_year_in_which_interest_begins_stays() -> None:
    claim = propose(Debt(DUE, 1_000_00), GB, {FIRST: Reference(Decimal("3.75"))}, through=day(100))
    assert [(each.rate, each.days) for each in claim.stretches] == [(Decimal("11.75"), 100)]
    july = Debt(date(2026, 6, 30), 1_000_00)
    assert propose(july, GB, RATES, through=day(60)).stretches[0].half_year == SECOND
    assert GB.rate_day(SECOND) == date(2026, 6, 30)
    assert GB.rate_day(FIRST) == date(2025, 12, 31)


def test_in_denmark_the_rate_changes_with_each_half_year_and_no_fixed_sum_is_known() -> None:
    claim = propose(Debt(DUE, 1_000_00), DK, RATES, through=day(35))
    assert [(each.since, each.through, each.rate) for each in claim.stretches] == [
        (date(2026, 6, 1), date(2026, 6, 30), Decimal("11.75")),
        (date(2026, 7, 1), date(2026, 7, 5), Decimal("8.50")),
    ]
    assert (claim.fixed_minor, DK.rate_day(SECOND)) == (0, date(2026, 7, 1))


def test_in_france_the_fixed_sum_is_forty_euros_whatever_the_debt() -> None:
    for debt in (1, 50_000_00):
        assert propose(Debt(DUE, debt), FR, RATES, through=day(60)).fixed_minor == 40_00


def test_a_missing_rate_names_the_half_year_and_the_day_whose_rate_is_wanted() -> None:
    with pytest.raises(MissingRate) as refused:
        propose(Debt(DUE, 1_00), GB, {SECOND: Reference(Decimal(1))}, through=day(90))
    assert str(refused.value) == (
        "The Bank of England base rate for the first half of 2026 is missing: enter the rate in force on "
        "31 December 2025."
    )
    with pytest.raises(MissingRate, match=r"second half of 2026 is missing: .* 1 July 2026"):
        propose(Debt(DUE, 1_00), DK, {FIRST: Reference(Decimal(1))}, through=day(90))


def test_a_country_without_a_known_statute_is_refused_by_name() -> None:
    with pytest.raises(UnknownRegime, match=r"payers in NO\. Known are: GB, DK, FR"):
        regime_of("NO", "NOK")
    with pytest.raises(UnknownRegime, match="GB are in GBP and this invoice is in EUR"):
        regime_of("GB", "EUR")
    assert regime_of("DK", "EUR") is DK


def test_a_second_claim_begins_where_the_first_ended_and_has_no_fixed_sum() -> None:
    debt = Debt(DUE, 1_000_00)
    second = propose(debt, GB, RATES, through=day(30), claimed_through=day(20))
    assert (second.since, second.days, second.fixed_minor) == (day(21), 10, 0)
    assert propose(debt, GB, RATES, through=day(20), claimed_through=day(20)).total_minor == 0


def test_a_part_takes_its_vat_with_it_and_a_rest_of_a_penny() -> None:
    assert with_vat(100, 300, 360) == 120
    assert with_vat(1, 3, 4) == 2
    assert with_vat(300, 300, 360) == 360
    assert with_vat(400, 300, 360) == 360


payments = st.lists(
    st.builds(Payment, st.integers(-20, 200).map(day), st.integers(1, 5_000_00)), max_size=5
).map(tuple)
debts = st.builds(Debt, st.just(DUE), st.integers(1, 20_000_00), st.integers(0, 5_000_00), payments)
ALL_RATES = {
    HalfYear(year, half): Reference(Decimal(year - 2020 + half), f"Bulletin of {year}", half == 2)
    for year in (2026, 2027)
    for half in (1, 2)
}


@given(debts, st.sampled_from([GB, DK, FR]), st.integers(1, 250))
def test_the_stretches_are_every_late_day_once_in_order(debt: Debt, regime: Regime, days: int) -> None:
    claim = propose(debt, regime, ALL_RATES, through=day(days))
    shown = {
        each.since + timedelta(days=number): each.owed_minor
        for each in claim.stretches
        for number in range(each.days)
    }
    assert shown == {day(n): owed for n in range(1, days + 1) if (owed := debt.owed_on(day(n)))}
    assert sum(each.days for each in claim.stretches) == len(shown)
    kept = json.loads(json.dumps(working_of(debt, claim)))
    assert (debt_from(kept), stretches_from(kept)) == (debt, claim.stretches)
    assert (claim.total_minor > 0) >= bool(claim.fixed_minor)


@given(debts, st.integers(1, 100), st.integers(1, 100))
def test_two_claims_come_to_one_but_for_the_rounding_of_their_stretches(
    debt: Debt, first: int, more: int
) -> None:
    whole = propose(debt, GB, ALL_RATES, through=day(first + more))
    early = propose(debt, GB, ALL_RATES, through=day(first))
    late = propose(debt, GB, ALL_RATES, through=day(first + more), claimed_through=day(first))
    assert early.days + late.days == whole.days
    assert abs(early.total_minor + late.total_minor - whole.total_minor) <= 1
