"""What people type into the inputs that several forms share (F6)."""

from __future__ import annotations

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from mhep.shared.inputs import amount

NEEDED = amount("Amount", needed="Enter the amount")
OPTIONAL = amount("Costs")
minor_units = st.integers(min_value=0, max_value=10**14)


def written(minor: int, between: str) -> str:
    return f"{minor // 100:,}.{minor % 100:02d}".replace(",", between)


@given(
    minor_units, st.sampled_from(["", ",", " ", "\u00a0", "\u202f"]), st.sampled_from(["", "£", "€", "£ "])
)
def test_f6_an_amount_means_what_it_says_however_its_thousands_are_parted(
    minor: int, between: str, sign: str
) -> None:
    assert NEEDED.clean(f" {sign}{written(minor, between)} ") == minor


@pytest.mark.parametrize(
    "text",
    [
        *("12,50", "1,25", "1.250,00", "1,2345", "12,34,567", ",500", "1,250,00", "12 50"),
        *("1.234", "-5", "five", "1e3", "£", "1..5", "٣", "9" * 16),
    ],
)
def test_f6_an_amount_that_could_mean_another_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(forms.ValidationError) as refusal:
        NEEDED.clean(text)
    assert refusal.value.messages == ["Amount must be an amount like 1250.00"]


def test_an_amount_that_is_absent_is_none_where_it_may_be() -> None:
    assert OPTIONAL.clean("  ") is None
    assert OPTIONAL.label == "Costs (optional)"
    with pytest.raises(forms.ValidationError, match="Enter the amount"):
        NEEDED.clean("")
