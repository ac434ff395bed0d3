"""The registry of metrics and the figures that are worked out by it."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhep.kernel.money import ratio_of
from performance.rules.facts import NAMES, MonthFacts, OutcomeKind, kind_of, total
from performance.rules.metrics import Basis, Metric, Staffing, Unit, Variant, figure_of
from performance.rules.registry import BY_CODE, METRICS

MEASURES: list[Metric | Variant] = [*METRICS, *(each for metric in METRICS for each in metric.variants)]
SOME = Basis(
    MonthFacts(*range(1, len(NAMES) + 1)),
    staffing=Staffing(in_post=250, agreed=300, on_caseload=45),
    expected=40,
    cap_minor=200_00,
    spent_minor=50_00,
)
facts = st.integers(-1000, 1000).map(lambda seed: MonthFacts(*(seed * place for place in range(len(NAMES)))))


def test_every_code_stands_once() -> None:
    codes = [each.code for each in MEASURES]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.code)
def test_every_metric_says_what_it_is_from_where_and_whose(metric: Metric) -> None:
    texts = [metric.name, metric.definition, metric.numerator, metric.source, metric.owner]
    assert all(texts)
    assert bool(metric.denominator) is bool(metric.bottom)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.code)
def test_every_measure_is_worked_out_or_says_what_it_would_need(measure: Metric | Variant) -> None:
    figure = figure_of(measure, SOME)
    assert (figure.value is not None) is bool(measure.top)
    assert bool(measure.top) or "Not worked out here" in measure.definition


@pytest.mark.parametrize("measure", [each for each in MEASURES if each.bottom], ids=lambda each: each.code)
def test_a_share_of_nothing_has_no_figure(measure: Metric | Variant) -> None:
    assert figure_of(measure, Basis(MonthFacts())).value is None


@pytest.mark.parametrize(
    ("code", "basis", "value"),
    [
        ("job-start-rate", Basis(MonthFacts(job_starters_out_of_work=1, starts_out_of_work=3)), "33.3"),
        ("first-employer-contact", Basis(MonthFacts(contact_days=61, contacted=2)), "30.5"),
        ("caseload", Basis(MonthFacts(), Staffing(250, on_caseload=45)), "18"),
        ("vacancies", Basis(MonthFacts(), Staffing(250, 300)), "0.5"),
        ("cost-per-outcome", Basis(MonthFacts(charged_minor=1000_01, job_starts=2)), "50001"),
        ("spend-against-cap", Basis(MonthFacts(), spent_minor=1, cap_minor=3), "33.3"),
    ],
)
def test_figures_by_hand(code: str, basis: Basis, value: str) -> None:
    assert figure_of(BY_CODE[code], basis).value == Decimal(value)


@pytest.mark.parametrize("measure", [each for each in MEASURES if each.unit is Unit.AMOUNT])
def test_whoever_is_shown_no_money_gets_no_amount(measure: Metric | Variant) -> None:
    hidden = Basis(SOME.facts, cap_minor=1, spent_minor=1, shows_money=False)
    assert figure_of(measure, hidden).value is None
    assert figure_of(BY_CODE["spend-against-cap"], hidden).value is None


@pytest.mark.parametrize(
    ("code", "weeks", "days", "kind"),
    [
        ("ENGAGED", None, None, OutcomeKind.ENGAGEMENT),
        ("JOB_START", None, None, OutcomeKind.JOB_START),
        ("SUSTAINED_13W", 13, 91, OutcomeKind.SUSTAINED_13),
        ("SUSTAINED", None, 91, OutcomeKind.SUSTAINED_13),
        ("PT26", None, 182, OutcomeKind.SUSTAINED_26),
        ("ANY", 52, None, OutcomeKind.SUSTAINED_26),
        ("EDU", None, None, OutcomeKind.EDUCATION),
        ("HEALTH", None, None, OutcomeKind.OTHER),
        ("SECOND_JOB", None, 0, OutcomeKind.OTHER),
    ],
)
def test_what_an_outcome_is_in_the_pathway(
    code: str, weeks: int | None, days: int | None, kind: OutcomeKind
) -> None:
    assert kind_of(code, weeks, days) is kind


@given(st.lists(facts, max_size=4), st.lists(facts, max_size=4))
def test_facts_add_up_in_any_grouping(one: list[MonthFacts], other: list[MonthFacts]) -> None:
    assert total([*one, *other]) == total(one) + total(other)
    assert {field.name for field in fields(MonthFacts)} == set(NAMES)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_a_mean_is_never_off_by_more_than_half_a_minor_unit(minor: int, count: int) -> None:
    assert abs(2 * (ratio_of(minor, count) * count - minor)) <= count
    assert ratio_of(-minor, count) == -ratio_of(minor, count)
