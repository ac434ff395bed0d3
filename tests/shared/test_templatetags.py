"""How figures, dates and states are written."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mhep.kernel.periods import Month
from mhep.shared.models import JobState
from mhep.shared.templatetags import mhep
from outcomes.enums import EventState
from payments.enums import ChargeKind, DocumentKind, MonthState


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (125000, "GBP", "£1,250.00"),
        (-310, "GBP", "-£3.10"),
        (0, "EUR", "€0.00"),
        (123456789, "DKK", "1,234,567.89 DKK"),
        (None, "GBP", ""),
    ],
)
def test_money(minor: int | None, currency: str, text: str) -> None:
    assert mhep.money(minor, currency) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(Decimal("16.0"), "16"), (Decimal("37.50"), "37.5"), (Decimal(1250), "1,250"), (100, "100"), (None, "")],
)
def test_numbers_have_no_trailing_zeros(value: Decimal | int | None, text: str) -> None:
    assert mhep.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (112, "112th"), (1001, "1,001st")]
)
def test_places(value: int, text: str) -> None:
    assert mhep.ordinal_number(value) == text


def test_dates_months_and_instants() -> None:
    at = datetime(2026, 4, 6, 16, 5, tzinfo=UTC)

    assert mhep.day(date(2026, 4, 6)) == "6 April 2026"
    assert mhep.month(Month(2026, 4)) == mhep.month(date(2026, 4, 1)) == "April 2026"
    assert mhep.moment(at, "Europe/London") == "6 April 2026 at 5:05pm"
    assert mhep.moment(at.replace(hour=23, minute=30), "Europe/London") == "7 April 2026 at 12:30am"


@pytest.mark.parametrize(
    ("of", "state"),
    [
        *(("month", state) for state in MonthState.values),
        *(("job", state) for state in JobState.values),
        *(("event", state) for state in EventState.values),
        *(("document", kind) for kind in DocumentKind.values),
        *(("charge", kind) for kind in ChargeKind.values),
    ],
)
def test_every_state_has_its_words_and_colour(of: str, state: str) -> None:
    tag = mhep.status_tag(of, state)

    assert tag["text"]
    assert tag["colour"] in {"grey", "teal", "green", "yellow", "orange", "red", "purple"}


def test_a_state_without_words_is_a_fault() -> None:
    with pytest.raises(KeyError):
        mhep.status_tag("month", "UNHEARD_OF")
