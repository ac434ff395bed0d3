"""How a programme goes for a role under disclosure control: the published tables and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from funders.models import Programme
from mhep.kernel.periods import Month
from mhep.shared.sheets import Sheet
from performance.models import DisclosureRuling
from performance.rules.charts import BarChart, BarMonth, Words, bar_chart
from performance.rules.disclosure import Months, Shown
from performance.rules.disclosure.publication import Published
from performance.rules.profiles import SUBJECTS
from performance.selectors.disclosure import ruling_of
from performance.selectors.profiles import planned
from performance.selectors.publications import NOWHERE, PUBLISHED, published_table

YEAR = 12  # months that are shown beside the sum to date


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One place with what is shown of each month, and to date."""

    name: str
    cells: tuple[str, ...]
    to_date: str


@dataclass(frozen=True, slots=True)
class PublishedSubject:
    """One table: its chart of all places together, its months and its rows, the whole programme last."""

    name: str
    chart: BarChart
    months: tuple[Month, ...]
    rows: tuple[PublishedRow, ...]


@dataclass(frozen=True, slots=True)
class PublishedPage:
    """Everything that a role under control is shown of how a programme goes."""

    programme: Programme
    ruling: DisclosureRuling
    until: Month | None
    subjects: tuple[PublishedSubject, ...]


def published_page(programme: Programme) -> PublishedPage:
    """
    Return the published tables of a programme with a ruling, the last twelve months of each.

    :raises LookupError: if there is no ruling.
    """
    ruling = ruling_of(programme)
    if ruling is None:
        raise LookupError("The contract says nothing of small numbers.")
    tables = [(code, published_table(programme, ruling.published_by, code)) for code in PUBLISHED]
    subjects = tuple(_subject(programme, ruling, code, table) for code, table in tables if table.months)
    until = max((subject.months[-1] for subject in subjects), default=None)
    return PublishedPage(programme, ruling, until, subjects)


def published_sheets(page: PublishedPage) -> list[Sheet]:
    """Return every table of the page to download; one that says so where nothing is published."""
    sheets = [
        Sheet(
            subject.name,
            (page.ruling.get_published_by_display(), *(str(month) for month in subject.months), "To date"),
            [(row.name, *row.cells, row.to_date) for row in subject.rows],
        )
        for subject in page.subjects
    ]
    return sheets or [Sheet("Published", ("No month is published yet",), [])]


def _subject(programme: Programme, ruling: DisclosureRuling, code: str, table: Published) -> PublishedSubject:
    months = tuple(Month.parse(month) for month in table.months[-YEAR:])
    names = {NOWHERE: "No area", Months.TOTAL: "The whole programme"}
    places = programme.services if ruling.published_by == "SERVICE" else programme.areas
    names |= dict(places.values_list("code", "name"))
    rows = [
        PublishedRow(
            names.get(place, place),
            tuple(_text(table.of_month(place, str(month)), ruling.symbol) for month in months),
            _text(table.to_date(place), ruling.symbol),
        )
        for place in (*table.places, Months.TOTAL)
    ]
    return PublishedSubject(SUBJECTS[code].name, _chart(programme, code, table, months), months, tuple(rows))


def _text(shown: Shown | None, symbol: str) -> str:
    return symbol if shown is None else shown.text


def _chart(programme: Programme, code: str, table: Published, months: tuple[Month, ...]) -> BarChart:
    name = SUBJECTS[code].name
    total = table.to_date(Months.TOTAL)
    bars = []
    for month in months:
        shown = table.of_month(Months.TOTAL, str(month))
        bars.append(
            BarMonth(
                label=f"{month.first_day:%B %Y}",
                short=f"{month.first_day:%b %y}",
                value=shown.value if shown else None,
                planned=planned(programme, code, (month, month), as_set=True),
                said=_text(shown, "*"),
            )
        )
    says = (
        "The sum to date may not be shown." if total is None or total.is_hidden else f"{total.text} to date."
    )
    return bar_chart(Words(code, f"{name} by month", says), bars, names=("Shown", "Profile"))
