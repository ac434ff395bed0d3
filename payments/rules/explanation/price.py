"""The price of an event under its term, with the arithmetic (pricing, step 6)."""

from __future__ import annotations

from decimal import Decimal

from funders.rules.definition import TermDefinition
from mhep.kernel.money import percent_of
from payments.rules.explanation.case import Case, Share
from payments.rules.explanation.page import (
    Addition,
    Amount,
    BandLine,
    BandTable,
    Exact,
    Link,
    Percentage,
    Source,
    SourceKind,
    Step,
    SumLine,
    Text,
)
from payments.rules.explanation.phrases import charge_link, contract_source, month_name, plain, priced_place

TITLE = "The price"


def price_step(case: Case, term: TermDefinition) -> Step:
    """Return the step that prices the event, with the sum where there is one."""
    if term.price.kind == "fixed":
        fixed = Amount(term.price.fixed_minor or 0, contract_source(case))
        says: Text = ("The term pays a fixed ", fixed, " for each outcome.")
        return Step(title=TITLE, says=(says,))
    if term.price.kind == "bands":
        return _banded(case, term)
    return _by_tariff(case, term)


def _banded(case: Case, term: TermDefinition) -> Step:
    place = priced_place(case)
    says: Text = (
        f"The term pays by the place in its count. For number {place} it pays ",
        Amount(case.priced.entitlement),
        ".",
    )
    return Step(title=TITLE, says=(says,), working=band_table(term, place))


def _by_tariff(case: Case, term: TermDefinition) -> Step:
    tariff = case.priced.tariff
    if tariff is None:
        return Step(title=TITLE, says=(("The term pays by the tariff; none was in force on that day.",),))
    source = Source(SourceKind.OUTCOME, term.outcome)
    link = Link("the tariff", source)
    if term.price.kind == "balance":
        says: Text = (
            "The term pays ",
            link,
            " in force on the outcome date, less what the other terms were charged for this outcome.",
        )
        return Step(title=TITLE, says=(says,), working=_balance(case, tariff, source))
    percent = term.price.percent or Decimal(0)
    says = (f"The term pays {plain(percent)}% of ", link, " in force on the outcome date.")
    return Step(title=TITLE, says=(says,), working=_percentage(tariff, percent, source))


def _percentage(tariff: int, percent: Decimal, source: Source) -> Percentage:
    return Percentage(
        of=(Link("Tariff", source),),
        of_minor=tariff,
        percent=percent,
        exact=Exact((tariff * percent).scaleb(-4)),
        total_minor=percent_of(tariff, percent),
    )


def band_table(term: TermDefinition, place: int) -> BandTable:
    """Return what every place pays under a banded term, the band of ``place`` marked."""
    lines, first = [], 1
    for band in term.price.bands:
        applies = first <= place and (band.up_to is None or place <= band.up_to)
        words = f"{first} to {band.up_to}" if band.up_to else f"{first} and after"
        lines.append(BandLine(words, band.amount_minor, first, band.up_to, applies))
        first = (band.up_to or 0) + 1
    return BandTable(tuple(lines))


def _balance(case: Case, tariff: int, source: Source) -> Addition:
    shown = [share for share in case.shares if share.key is not None]
    hidden = sum(share.amount for share in case.shares if share.key is None)
    lines = [SumLine((Link("Tariff", source),), tariff)]
    lines += [SumLine(_share(share), -share.amount) for share in shown if share.amount]
    if hidden:
        lines.append(SumLine(("Charged to the other funders of this outcome",), -hidden))
    return Addition(tuple(lines), ("What the others leave",), case.priced.entitlement)


def _share(share: Share) -> Text:
    return (charge_link(share.key or 0, share.payer), f", {month_name(share.month)}")
