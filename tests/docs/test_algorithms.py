"""The figures of ``docs/algorithms`` are those that the code gives."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from mhep.kernel.money import from_major, instalments, to_major
from mhep.kernel.periods import Month
from tests.docs import worked
from tests.docs.pages import DOCS, Row, Section, Table, read, section, sections

PAGES = ("pricing", "instalments", "clawback", "billing")
INTRODUCTION = read(DOCS / "algorithms" / "README.md")
PROGRAMME = section(INTRODUCTION, "The programme of the examples").block("yaml")
EXAMPLES = [
    pytest.param(each, id=f"{page}: {each.title}")
    for page in PAGES
    for each in sections(read(DOCS / "algorithms" / f"{page}.md"))
    if each.blocks
]
RESULTS = {"reason": worked.charges, "gross": worked.documents}  # a column that tells which table it is


@pytest.mark.django_db
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_figure_of_an_example_is_what_the_code_gives(example: Section) -> None:
    events = next((table.rows for table in example.tables if "verified" in table.columns), [])
    results = [
        (table, RESULTS[column]) for table in example.tables for column in RESULTS if column in table.columns
    ]
    assert results, "an example without a result proves nothing"

    programme = worked.work_out(
        f"{PROGRAMME}\n{example.block('yaml')}", events, _last_month(table for table, _ in results)
    )

    for table, rows_of in results:
        assert _rows(table.columns, rows_of(programme)) == _rows(table.columns, table.rows)


def test_instalments_are_divided_as_the_page_says() -> None:
    table = section(read(DOCS / "algorithms" / "instalments.md"), "How a total is divided").table("months")
    assert [_divided(row) for row in table.rows] == table.rows


def test_each_page_has_examples() -> None:
    titles = {page: len([each for each in EXAMPLES if str(each.id).startswith(page)]) for page in PAGES}
    assert min(titles.values()) >= 2, titles


def _last_month(tables: Iterable[Table]) -> Month:
    """Return the last month that the tables speak of; one that names none speaks of the programme's first."""
    months = [Month.parse(month) for table in tables for month in table.column("month")]
    return max(months, default=Month(2026, 4))


def _rows(columns: Iterable[str], rows: Iterable[Row]) -> list[tuple[str, ...]]:
    """Return the rows' cells in the columns of a table, in an order of their own."""
    return sorted(tuple(row[column] for column in columns) for row in rows)


def _divided(row: Row) -> Row:
    parts = instalments(from_major(row["total"]), int(row["months"]))
    others = {to_major(part) for part in parts[1:]}
    return {
        **row,
        "first": to_major(parts[0]),
        "each other": ", ".join(others),
        "adds up to": to_major(sum(parts)),
    }
