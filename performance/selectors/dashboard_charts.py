"""The charts of the commissioner's page, laid out from its figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from investment.selectors.outlook import Certainty
from mhep.kernel.periods import Month
from performance.rules.charts import (
    CapChart,
    CapUse,
    Forecast,
    FunnelChart,
    Reading,
    RunChart,
    Series,
    StackedChart,
    StackMonth,
    Stage,
    Words,
    cap_chart,
    funnel_chart,
    in_hundreds,
    run_chart,
    stacked_chart,
)
from performance.rules.charts.frame import Number
from performance.rules.metrics import Basis, Metric, figure_of
from performance.rules.registry import BY_CODE
from performance.rules.spc import ControlChart, Method, judge
from performance.selectors.caps import CapRow
from performance.selectors.dashboard import Dashboard

RUN = ("job-starts", "starts", "sustained-13", "referrals")
FUNNEL = (
    ("Referred", "referrals"),
    ("Started", "starts"),
    ("Engaged", "engagements"),
    ("In a first job", "job_starters"),
    ("Work for 13 weeks", "sustained_13"),
    ("Work for 26 weeks", "sustained_26"),
)
Money = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Run:
    """A run chart, its metric and what it was judged by."""

    metric: Metric
    chart: RunChart
    control: ControlChart


@dataclass(frozen=True, slots=True)
class Charts:
    """The pictures of the page; None where there is nothing to draw."""

    runs: tuple[Run, ...]
    funnel: FunnelChart | None
    caps: CapChart | None
    pipeline: StackedChart | None


def charts_of(page: Dashboard, currency: str, money: Money) -> Charts:
    """
    Lay out the charts of a page.

    :param money: writes an amount exactly, for the tables behind the pictures.
    """
    return Charts(
        runs=tuple(_run(page, BY_CODE[code]) for code in RUN) if len(page.recent) > 1 else (),
        funnel=_funnel(page),
        caps=_caps(page, currency, money),
        pipeline=_pipeline(page, currency, money),
    )


def _run(page: Dashboard, metric: Metric) -> Run:
    closed = [row for row in page.recent if row.month <= page.latest]
    values = [figure_of(metric, Basis(row.facts)).top or 0 for row in closed]
    control = judge(values, Method(wanted=metric.wanted))
    readings = [
        Reading(_full(row.month), _short(row.month), value) for row, value in zip(closed, values, strict=True)
    ]
    says = f"{metric.name} by month: {values[-1]} in {_full(page.latest)}. {control.variation.value}."
    words = Words(f"run-{metric.code}", f"{metric.name} by month", says)
    return Run(metric, run_chart(words, Series(readings, control)), control)


def _funnel(page: Dashboard) -> FunnelChart | None:
    stages = [Stage(label, getattr(page.to_date, column)) for label, column in FUNNEL]
    if not any(stage.value for stage in stages):
        return None
    # A programme without one of the last stages draws no empty bar for it.
    while not stages[-1].value:
        stages.pop()
    says = "; ".join(f"{stage.label}: {stage.value:,}" for stage in stages)
    return funnel_chart(Words("funnel", "From referral to lasting work, to date", f"{says}."), stages)


def _caps(page: Dashboard, currency: str, money: Money) -> CapChart | None:
    if not page.caps:
        return None
    expected = dict.fromkeys((cap.agreement.pk for cap in page.caps), 0)
    for invoice in page.pipeline.invoices if page.pipeline else ():
        expected[invoice.agreement.pk] = max(invoice.expected_minor, 0)
    uses = [_use(cap, expected[cap.agreement.pk]) for cap in page.caps]
    says = " ".join(f"{cap.name}: {cap.words}" for cap in page.caps)
    words = Words("caps", "Spend against each cap, net of VAT", says)
    return cap_chart(words, uses, write=in_hundreds(currency), exact=_exact(money))


def _use(cap: CapRow, expected: int) -> CapUse:
    ahead = cap.binding
    forecast = None
    if ahead is not None and cap.left_minor:
        low, likely, high = (
            min(cap.used_minor + each, cap.cap_minor) for each in (ahead.low, ahead.likely, ahead.high)
        )
        forecast = Forecast(low, likely, high)
    return CapUse(
        label=cap.name,
        cap=cap.cap_minor,
        charged=max(cap.used_minor, 0),
        expected=min(expected, cap.left_minor),
        forecast=forecast,
        says=cap.words,
    )


def _pipeline(page: Dashboard, currency: str, money: Money) -> StackedChart | None:
    coming = [each for each in page.pipeline.coming if each.amount] if page.pipeline else []
    if not coming:
        return None
    months = [
        StackMonth(_full(each.month), _short(each.month), tuple(each.amounts[name] for name in Certainty))
        for each in coming
    ]
    says = "; ".join(f"{_full(each.month)}: {money(each.amount)}" for each in coming)
    words = Words("pipeline", "What is expected to be paid, by month", f"{says}.")
    names = [certainty.value for certainty in Certainty]
    return stacked_chart(words, names, months, write=in_hundreds(currency), exact=_exact(money))


def _exact(money: Money) -> Callable[[Number], str]:
    return lambda minor: money(int(minor))


def _full(month: Month) -> str:
    return f"{month.first_day:%B %Y}"


def _short(month: Month) -> str:
    return f"{month.first_day:%b %y}"
