"""What stands for a value in an address."""

from __future__ import annotations

from mhep.kernel.periods import Month


class MonthConverter:
    """A month as ``2026-04``; anything else is no page."""

    regex = "[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> Month:
        return Month.parse(value)

    def to_url(self, value: Month | str) -> str:
        return str(value)
