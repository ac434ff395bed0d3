"""Fixed fees (pricing, step 10)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mhep.kernel.periods import Month
from payments.rules.fees import FixedFee, fees_due

APRIL = Month(2026, 4)


@given(st.integers(0, 10**9), st.integers(1, 60))
def test_the_instalments_of_a_total_add_up_to_it_with_the_remainder_in_the_first(
    total: int, count: int
) -> None:
    fee = FixedFee(1, APRIL, APRIL + (count - 1), total=total)
    first, *others = [amount for _, amount in fees_due(fee, APRIL + 100, [])]
    assert first + sum(others) == total
    assert set(others) <= {total // count}


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.booleans())
def test_months_priced_in_any_pieces_are_charged_once_each(steps: list[int], in_total: bool) -> None:  # noqa: FBT001
    fee = FixedFee(1, APRIL, APRIL + 11, amount=None if in_total else 500, total=6001 if in_total else None)
    charged: dict[Month, int] = {}
    for step in sorted(steps):
        due = fees_due(fee, APRIL + step, charged)
        assert not charged.keys() & {month for month, _ in due}
        charged |= dict(due)
    assert charged == dict(fees_due(fee, APRIL + max(steps), []))
    assert list(charged) == sorted(charged)


def test_a_fee_from_before_the_first_month_priced_is_charged_with_it() -> None:
    fee = FixedFee(1, APRIL, APRIL + 5, amount=700)
    assert fees_due(fee, APRIL + 2, []) == [(APRIL, 700), (APRIL + 1, 700), (APRIL + 2, 700)]


def test_no_fee_is_due_before_its_first_or_after_its_last_month() -> None:
    fee = FixedFee(1, APRIL, APRIL, amount=700)
    assert fees_due(fee, APRIL - 1, []) == []
    assert fees_due(fee, APRIL + 9, []) == [(APRIL, 700)]
    assert fees_due(fee, APRIL + 9, [APRIL]) == []
