"""A cell holds what its column says, or the reader says what it should hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mhep.shared.cells import MAX_TEXT, read_day, read_hours, read_list, read_text


@pytest.mark.parametrize("text", ["0001-01-01", "2024-02-29", "9999-12-31"])
def test_a_day_is_read_as_it_is_written(text: str) -> None:
    assert read_day(text) == date.fromisoformat(text)


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-29",
        "2025-13-01",
        "0000-01-01",
        "20250101",
        "2025-1-1",
        "2025-W01-1",
        "2025-W011",
        "01/02/2025",
        "01-02-2025",
        "2025-01-01T00:00:00",
        "2025-01-01 ",
        "2025–01–01",
        "２０２５-01-01",
        "٢٠٢٥-٠١-٠١",
        "46113",
        "today",
    ],
)
def test_nothing_else_is_a_day(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date like 2026-04-30"):
        read_day(text)


@pytest.mark.parametrize(
    "text", ["0", "168", "168.0", "15.5", "015.50", "0.0000000001", "34.99999999999999999"]
)
def test_hours_are_kept_to_the_last_digit(text: str) -> None:
    assert read_hours(text) == Decimal(text)


@pytest.mark.parametrize(
    "text",
    [
        "-1",
        "+5",
        "168.0000000001",
        "168.5",
        "15,5",
        ".5",
        "5.",
        "1e2",
        "NaN",
        "Infinity",
        "1_0",
        "１５",
        "15 h",
        "9" * 999,
    ],
)
def test_nothing_else_is_a_number_of_hours(text: str) -> None:
    with pytest.raises(ValueError, match="hours"):
        read_hours(text)


def test_an_empty_cell_is_an_absent_value() -> None:
    assert (read_day(""), read_hours(""), read_text(""), read_list("")) == (None, None, "", frozenset())


def test_a_list_is_split_at_semicolons_and_has_no_empty_entries() -> None:
    assert read_list(" payslip ;; employer letter;payslip; ") == {"payslip", "employer letter"}


@pytest.mark.parametrize("text", ["P\x001", "P\n1", "P\u200b1", "P\u202e1", "P\ufeff1", "P\ue0001"])
def test_an_invisible_character_in_a_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invisible"):
        read_text(text)


def test_a_text_may_be_as_long_as_the_limit_and_hold_any_visible_sign() -> None:
    assert read_text("Ø" * MAX_TEXT) == "Ø" * MAX_TEXT
    assert read_text("Café\u00a0Nord, équipe 2") == "Café\u00a0Nord, équipe 2"
    with pytest.raises(ValueError, match="more than 200"):
        read_text("x" * (MAX_TEXT + 1))
