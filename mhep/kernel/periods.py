"""Calendar months, financial years and quarters. A period is named by the first day of its month."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One calendar month, written ``2026-04``."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """
        Read ``YYYY-MM``.

        :raises ValueError: if the text is no month.
        """
        match = _MONTH.fullmatch(text)
        if match is None or match[1] == "0000":
            raise ValueError(f"{text!r} is not a month like 2026-04")
        return cls(int(match[1]), int(match[2]))

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        return (self + 1).first_day - timedelta(days=1)

    def __add__(self, months: int) -> Month:
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12, index % 12 + 1)

    def __sub__(self, months: int) -> Month:
        return self + -months

    def until(self, last: Month) -> Iterator[Month]:
        """Yield every month from this one through ``last``, both included."""
        month = self
        while month <= last:
            yield month
            month += 1

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


@dataclass(frozen=True, slots=True)
class YearStart:
    """The day on which a financial year begins, written ``04-01``."""

    month: int
    day: int

    @classmethod
    def parse(cls, text: str) -> YearStart:
        """
        Read ``MM-DD``; a day that not every year has is refused.

        :raises ValueError: if the text is no such day.
        """
        if not re.fullmatch(r"[0-9]{2}-[0-9]{2}", text):
            raise ValueError(f"{text!r} is not a day like 04-01")
        day = date.fromisoformat(f"2001-{text}")
        return cls(day.month, day.day)

    def __str__(self) -> str:
        return f"{self.month:02d}-{self.day:02d}"

    def year_of(self, day: date) -> int:
        """Return the calendar year in which the financial year that holds ``day`` begins."""
        return day.year - ((day.month, day.day) < (self.month, self.day))

    def ends_quarter(self, month: Month) -> bool:
        """Tell whether ``month`` is the third of a quarter of the financial year."""
        return (month.number - self.month) % 12 % 3 == 2
