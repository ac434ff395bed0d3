"""Fixed fees: a month's instalments, never more than once each (pricing, step 10)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from mhep.kernel.money import instalments
from mhep.kernel.periods import Month


@dataclass(frozen=True, slots=True)
class FixedFee:
    """A fee for each month from ``first`` through ``last``: ``amount`` a month, or a ``total`` divided."""

    key: int
    first: Month
    last: Month
    amount: int | None = None
    total: int | None = None

    def of_month(self, month: Month) -> int:
        """Return the fee of one of its months, in minor units."""
        if self.amount is not None:
            return self.amount
        months = list(self.first.until(self.last))
        return instalments(self.total or 0, len(months))[months.index(month)]


def fees_due(fee: FixedFee, through: Month, charged: Collection[Month]) -> list[tuple[Month, int]]:
    """Return month and amount of every instalment up to ``through`` that was not charged yet."""
    return [
        (month, fee.of_month(month))
        for month in fee.first.until(min(fee.last, through))
        if month not in charged
    ]
