"""Who was paid first for an outcome: its provider, or the operator by the funders."""

from __future__ import annotations

from datetime import date

import pytest

from payments.enums import PaidFirst
from payments.rules.tracing import days_between, who_paid_first

EARLY, LATE = date(2026, 7, 6), date(2026, 8, 9)


@pytest.mark.parametrize(
    ("funders", "providers", "first", "days"),
    [
        ([LATE], [EARLY], "BEFORE", -34),
        ([EARLY], [EARLY], "SAME_DAY", 0),
        ([EARLY], [LATE], "AFTER", 34),
        ([EARLY, LATE], [LATE], "SAME_DAY", 0),
        ([EARLY, None], [EARLY], "FUNDER_OPEN", None),
        ([EARLY], [None], "PROVIDER_OPEN", None),
        ([None], [None, EARLY], "BOTH_OPEN", None),
        ([EARLY], [], "NO_PROVIDER", None),
        ([], [EARLY], "NO_FUNDER", None),
    ],
)
def test_who_paid_first(
    funders: list[date | None], providers: list[date | None], first: str, days: int | None
) -> None:
    assert (who_paid_first(funders, providers), days_between(funders, providers)) == (first, days)
    assert first in PaidFirst.values
