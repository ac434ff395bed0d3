"""Other people's columns: proposed, asked where in doubt, never guessed (F6, F9)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhep.shared.columns import (
    EXAMPLE,
    PROBLEM_HEADINGS,
    Column,
    Doubts,
    Holds,
    Layout,
    arranged,
    doubts_of,
    fingerprint,
    is_exact,
    proposed,
)
from mhep.shared.sheets import Sheet, as_csv, as_xlsx
from mhep.shared.tables import AnyTable, read_any_table
from tests.shared.workbooks import workbook

COLUMNS = (
    Column("event", "its reference", EXAMPLE, is_required=True, synonyms=("claim id", "ref")),
    Column("happened_on", "when", "2026-04-30", Holds.DAY, synonyms=("date",)),
    Column("hours", "a week", "20", Holds.NUMBER, synonyms=("hours per week",)),
)
AS_IS = Layout({column.heading: column.heading for column in COLUMNS})


def table(*rows: str, head: str = "event,happened_on,hours") -> AnyTable:
    return read_any_table("\n".join((head, *rows)).encode())


def cells(layout: Layout, *rows: str) -> list[tuple[str, ...]]:
    return [row.cells for row in arranged(table(*rows), COLUMNS, layout)]


@pytest.mark.parametrize(
    "label", ["Event", " event ", "EVENT", "Évent", "claim-id", "Claim ID", "Ref.", "ｅｖｅｎｔ"]
)
def test_a_heading_is_proposed_in_whatever_spelling(label: str) -> None:
    assert proposed([label, "Notes"], COLUMNS).columns == {"event": label}


def test_a_column_is_proposed_once_and_the_own_heading_before_another() -> None:
    assert proposed(["ref", "event"], COLUMNS).columns == {"event": "event"}
    both = (COLUMNS[0], Column("other", "", "", synonyms=("ref",)))
    assert proposed(["ref"], both).columns == {"event": "ref"}


def test_only_the_very_headings_are_read_without_asking() -> None:
    assert is_exact(["hours", "event", "happened_on"], COLUMNS)
    assert is_exact(["hours", "event", "happened_on", *PROBLEM_HEADINGS], COLUMNS)
    assert not is_exact(["hours", "event"], COLUMNS)
    assert not is_exact(["hours", "event", "happened_on", "notes"], COLUMNS)


def test_headings_that_stand_twice_or_are_absent_are_told_apart_by_their_letter() -> None:
    assert table(head="event,,note,note").labels == (
        "event",
        "(column B)",
        "note (column C)",
        "note (column D)",
    )


def test_f6_an_ambiguous_date_is_a_doubt_with_both_orders() -> None:
    doubts = doubts_of(table("E1,03/04/2026,20"), COLUMNS, AS_IS)
    assert doubts == Doubts(days=("03/04/2026",), day_orders=("dmy", "mdy"))
    assert not doubts.are_settled_by(AS_IS)


@pytest.mark.parametrize(
    ("day", "orders"), [("13/04/2026", ("dmy",)), ("04/13/2026", ("mdy",)), ("31/31/2026", ())]
)
def test_f6_one_date_can_tell_the_order_and_is_still_asked(day: str, orders: tuple[str, ...]) -> None:
    doubts = doubts_of(table("E1,03/04/2026,20", f"E2,{day},20"), COLUMNS, AS_IS)
    assert doubts.day_orders == orders
    assert not doubts.are_settled_by(AS_IS)


def test_f6_a_decimal_comma_is_a_doubt() -> None:
    doubts = doubts_of(table('E1,2026-04-03,"37,5"'), COLUMNS, AS_IS)
    assert doubts == Doubts(numbers=("37,5",))
    assert doubts.are_settled_by(Layout(AS_IS.columns, decimal_mark=","))


def test_f6_dates_and_commas_are_read_as_somebody_said_and_otherwise_left_for_the_rules() -> None:
    rows = ('E1,03/04/2026,"37,5"', "E2,31/12/2026,20", "E3,3 April 2026,1.5")
    assert cells(AS_IS, *rows) == [
        ("E1", "03/04/2026", "37,5"),
        ("E2", "31/12/2026", "20"),
        ("E3", "3 April 2026", "1.5"),
    ]
    day_first = Layout(AS_IS.columns, "dmy", ",")
    assert cells(day_first, *rows)[0] == ("E1", "2026-04-03", "37.5")
    month_first = Layout(AS_IS.columns, "mdy", ".")
    assert cells(month_first, *rows)[:2] == [("E1", "2026-03-04", "37,5"), ("E2", "31/12/2026", "20")]


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_f6_other_delimiters_are_read(mark: str) -> None:
    head, row = mark.join(("event", "hours")), mark.join(("E1", "37,5"))
    found = table(row, head=head)
    assert (found.labels, found.rows[0].cells) == (("event", "hours"), ("E1", "37,5"))


@pytest.mark.parametrize("since_1904", [False, True])
def test_f6_dates_of_workbooks_of_both_epochs_are_no_doubt(*, since_1904: bool) -> None:
    content = workbook(
        ["event", "happened_on", "hours"], ["E1", date(2026, 4, 3), 37.5], since_1904=since_1904
    )
    found = read_any_table(content)
    assert found.sheet == "Sheet1"
    assert doubts_of(found, COLUMNS, AS_IS) == Doubts()
    assert [row.cells for row in arranged(found, COLUMNS, AS_IS)] == [("E1", "2026-04-03", "37.5")]


def test_columns_that_are_not_asked_for_and_the_example_row_do_not_come_along() -> None:
    found = table(f"{EXAMPLE},secret", "E1,secret", head="event,name")
    rows = arranged(found, COLUMNS, Layout({"event": "event"}))
    assert [(row.number, row.cells) for row in rows] == [(3, ("E1", "", ""))]


def test_the_order_of_headings_does_not_matter_to_what_is_remembered() -> None:
    assert fingerprint(["a", "b"]) == fingerprint(["b", "a"]) != fingerprint(["a", "c"])


def test_a_layout_is_the_same_after_it_was_kept() -> None:
    layout = Layout({"event": "Ref"}, "dmy", ",")
    assert Layout.from_json(layout.as_json()) == layout


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5), st.sampled_from([as_csv, as_xlsx]))
def test_f9_what_was_downloaded_comes_back_as_it_was(rows: list[tuple[str, str]], write: object) -> None:
    columns = (Column("one", "", ""), Column("two", "", ""))
    content = write(Sheet("Rows", ("one", "two"), rows))  # type: ignore[operator]
    found = arranged(read_any_table(content), columns, Layout({"one": "one", "two": "two"}))
    assert [row.cells for row in found] == rows


@given(st.dates(date(1000, 1, 1)), st.sampled_from("/.-"))
def test_f6_a_date_in_either_order_is_that_date(day: date, mark: str) -> None:
    for order, text in (
        ("dmy", f"{day:%d}{mark}{day:%m}{mark}{day:%Y}"),
        ("mdy", f"{day:%m}{mark}{day:%d}{mark}{day:%Y}"),
    ):
        assert cells(Layout(AS_IS.columns, order), f"E1,{text},")[0][1] == day.isoformat()
