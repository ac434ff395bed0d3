"""How one count, share, mean or amount is written for a role under disclosure control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

UNCERTAIN = 3  # whole people by which what can be worked out of a small count must be uncertain, at least
LEAST_THRESHOLD = UNCERTAIN + 2  # below it, the small counts themselves are fewer than that


class Percentages(Enum):
    """What percentages are worked out from. The text is what pages show."""

    FROM_ROUNDED = "From the rounded figures, in whole per cent"
    NONE = "Not shown"


@dataclass(frozen=True, slots=True)
class Shown:
    """
    A figure as it is shown: what stands on the page, and the value that may go into charts and sums.

    ``low`` and ``high`` are what a reader can tell of the true count; None has no end.
    """

    text: str
    value: int | None
    low: int = 0
    high: int | None = None

    @property
    def is_hidden(self) -> bool:
        return self.value is None


@dataclass(frozen=True, slots=True)
class DisclosureRule:
    """
    The rule of a contract.

    :param threshold: counts from 1 up to, not including, this are hidden; 0 hides none.
    :param base: other counts are rounded to the nearest multiple, a half upwards; 1 leaves them exact.
    :param symbol: what stands for a hidden figure.
    :param shows_zeros: whether a count of nobody is shown as 0.
    :param further: whether further figures are hidden where a small one could be worked out from them.
    """

    threshold: int
    base: int
    symbol: str = "*"
    shows_zeros: bool = True
    percentages: Percentages = Percentages.FROM_ROUNDED
    further: bool = True

    @property
    def is_exact(self) -> bool:
        """Tell whether it changes nothing."""
        return self.threshold == 0 and self.base == 1

    def is_small(self, count: int) -> bool:
        """Tell whether a count must be hidden for itself."""
        return 0 < count < self.threshold or (count == 0 and self.threshold > 0 and not self.shows_zeros)

    def count(self, count: int) -> Shown:
        """Return a count of people, not below zero, as it is shown on its own."""
        if self.is_small(count):
            return self.hidden
        rounded = _nearest(Fraction(count), self.base)
        text = f"{rounded:,}"
        if count == 0 and self.threshold:
            return Shown(text, 0, 0, 0)
        least = rounded - self.base // 2
        return Shown(text, rounded, max(self.threshold, least, 0), least + self.base - 1)

    @property
    def hidden(self) -> Shown:
        return Shown(self.symbol, None, 1 if self.shows_zeros else 0, None)

    def share(self, part: int, whole: int) -> Shown:
        """
        Return a share in whole per cent.

        Hidden if either count is, or if the whole is below the threshold: a share of 0% or 100% would tell of
        each member of a small group what became of them (C7), and any other would tell the part (C5).
        """
        if self.is_exact:
            return _per_cent(part, whole)
        top, bottom = self.count(part), self.count(whole)
        if self.percentages is Percentages.NONE or whole < self.threshold or top.value is None:
            return self.hidden
        return _per_cent(min(top.value, bottom.value or 0), bottom.value or 0)

    def of_people(self, value: Fraction | int, people: int) -> Shown:
        """Return a mean or another figure of so many people, in whole numbers; hidden if they are few."""
        if self.threshold and people < self.threshold:
            return self.hidden
        whole = _nearest(Fraction(value), 1)
        return Shown(f"{whole:,}", whole)


EXACT = DisclosureRule(threshold=0, base=1, further=False)
PRESETS: dict[str, tuple[str, DisclosureRule]] = {
    "HES": ("NHS hospital data since 2018: 1 to 7 hidden, others to the nearest 5", DisclosureRule(8, 5)),
    "MHSDS": ("NHS mental health data: below 5 hidden, others to the nearest 5", DisclosureRule(5, 5)),
    "TEN": ("Research environments: below 10 hidden, others exact", DisclosureRule(10, 1)),
    "EXACT": ("No disclosure control", EXACT),
}


def _nearest(value: Fraction, base: int) -> int:
    """Return the nearest multiple of ``base``, a half upwards."""
    return int((value + Fraction(base, 2)) // base) * base


def _per_cent(part: int, whole: int) -> Shown:
    if not whole:
        return Shown("", None)
    rounded = _nearest(Fraction(100 * part, whole), 1)
    return Shown(f"{rounded}%", rounded)


def check(rule: DisclosureRule) -> Sequence[str]:
    """Return what is wrong with a rule, in words; nothing for a rule that can be used."""
    faults = []
    if rule.threshold and not LEAST_THRESHOLD <= rule.threshold <= 100:
        faults.append(
            f"The threshold is 0, which hides nothing, or from {LEAST_THRESHOLD} to 100; "
            "a lower one hides too little."
        )
    if not 1 <= rule.base <= 100:
        faults.append("The rounding base is 1, which rounds nothing, to 100.")
    elif rule.threshold and rule.base > 2 * rule.threshold:
        faults.append("The rounding base is at most twice the threshold, or counts that are shown become 0.")
    if not 1 <= len(rule.symbol.strip()) <= 3 or any(sign.isalnum() for sign in rule.symbol):
        faults.append("The symbol has one to three signs, none of them a letter or a number.")
    return faults
