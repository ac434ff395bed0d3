"""Everything on the commissioner's page as tables to download."""

from __future__ import annotations

from dataclasses import fields

from mhep.kernel.money import Money
from mhep.shared.sheets import Cell, Sheet
from performance.rules.facts import MonthFacts
from performance.rules.metrics import Figure, Unit
from performance.selectors.dashboard import Dashboard
from performance.selectors.services import COMPARED

MONTH_COLUMNS = tuple(field.name for field in fields(MonthFacts))


def sheets_of(page: Dashboard) -> tuple[Sheet, ...]:
    """Return the figures by month first, then the metrics, caps, invoices, services and corrections."""
    money = (_caps(page), _invoices(page), _pipeline(page)) if page.scope.shows_money else ()
    return (_months(page), _metrics(page), *money, _services(page), _corrections(page))


def _months(page: Dashboard) -> Sheet:
    columns = [name for name in MONTH_COLUMNS if page.scope.shows_money or not name.endswith("_minor")]
    headings = ("Month", "Closed", *(_heading(name) for name in columns), "Currency")
    rows: list[tuple[Cell, ...]] = [
        (
            str(row.month),
            "yes" if row.is_closed else "no",
            *(_cell(page, name, getattr(row.facts, name)) for name in columns),
            page.scope.programme.currency,
        )
        for row in page.months
    ]
    return Sheet("By month", headings, rows)


def _metrics(page: Dashboard) -> Sheet:
    headings = ("Code", "Metric", "Counted by", "Unit", *(period.name for period in page.periods), "Currency")
    rows: list[tuple[Cell, ...]] = []
    for row in page.rows:
        metric = row.metric
        named = (metric.code, metric.name, "This programme", metric.unit.value)
        rows.append((*named, *(_written(page, each) for each in row.figures), _currency(page, metric.unit)))
        rows += [
            (
                *(variant.code, variant.name, variant.scheme, variant.unit.value),
                *(_written(page, each) for each in figures),
                _currency(page, variant.unit),
            )
            for variant, figures in row.variants
        ]
    return Sheet("Metrics", headings, rows)


def _caps(page: Dashboard) -> Sheet:
    headings = ("Cap", "Agreement", "Amount", "Used", "Left", "Forecast", "Currency")
    currency = page.scope.programme.currency
    rows: list[tuple[Cell, ...]] = [
        (
            *(cap.name, cap.agreement.ref),
            *(Money(each, currency) for each in (cap.cap_minor, cap.used_minor, cap.left_minor)),
            *(cap.words, currency),
        )
        for cap in page.caps
    ]
    return Sheet("Caps", headings, rows)


def _invoices(page: Dashboard) -> Sheet:
    headings = ("Agreement", "Funder", "Month", "Charged", "Waiting", "Expected", "Currency")
    currency = page.scope.programme.currency
    rows: list[tuple[Cell, ...]] = [
        (
            *(each.agreement.ref, each.agreement.party_name, str(each.month)),
            *(
                Money(minor, currency)
                for minor in (each.charged_minor, each.waiting_minor, each.expected_minor)
            ),
            currency,
        )
        for each in (page.pipeline.invoices if page.pipeline else ())
    ]
    return Sheet("Next invoices", headings, rows)


def _pipeline(page: Dashboard) -> Sheet:
    currency = page.scope.programme.currency
    rows: list[tuple[Cell, ...]] = [
        (str(month.month), certainty.value, Money(amount, currency), currency)
        for month in (page.pipeline.coming if page.pipeline else ())
        for certainty, amount in month.amounts.items()
    ]
    return Sheet("Pipeline", ("Month of payment", "How sure", "Amount", "Currency"), rows)


def _services(page: Dashboard) -> Sheet:
    headings = (
        *("Service", "On caseloads of the provider", "Full-time specialists", "Fidelity", "Reviewed"),
        *(code.replace("-", " ").capitalize() for code in COMPARED),
        "Currency",
    )
    rows: list[tuple[Cell, ...]] = [
        (
            *(row.service.name, row.staffing.on_caseload, str(row.full_time)),
            *(row.fidelity.total if row.fidelity else "", row.fidelity.on if row.fidelity else ""),
            *(_written(page, figure) for figure in row.figures),
            page.scope.programme.currency,
        )
        for row in page.services
    ]
    return Sheet("Services", headings, rows)


def _corrections(page: Dashboard) -> Sheet:
    rows: list[tuple[Cell, ...]] = [
        (str(row.month), name, before, after, after - before)
        for row in page.corrected
        for name, before, after in row.corrections
    ]
    return Sheet("Corrections", ("Month", "Figure", "At the close", "Now", "Difference"), rows)


def _heading(name: str) -> str:
    return name.removesuffix("_minor").replace("_", " ").capitalize()


def _cell(page: Dashboard, name: str, value: int) -> Cell:
    return Money(value, page.scope.programme.currency) if name.endswith("_minor") else value


def _written(page: Dashboard, figure: Figure) -> Cell:
    if figure.value is None:
        return ""
    if figure.unit is Unit.AMOUNT:
        return Money(int(figure.value), page.scope.programme.currency)
    return figure.value if isinstance(figure.value, int) else str(figure.value)


def _currency(page: Dashboard, unit: Unit) -> str:
    return page.scope.programme.currency if unit is Unit.AMOUNT else ""
