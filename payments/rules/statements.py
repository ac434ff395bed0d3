"""
What a funder approves, exactly: the lines of a statement, their fingerprint, and what changed between two.

Pure. An approval is bound to the fingerprint, so everything that a funder decides by is in it: each line with
its amount, and the conditions under which the documents would be issued.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from hashlib import sha256

from mhep.kernel.money import to_major

HEADER_WORDS = {
    "agreement": "The agreement",
    "currency": "The currency",
    "party": "The funder’s name",
    "payment_days": "The number of days to pay",
    "po_number": "The purchase order",
    "purchase_orders": "The list of purchase orders",
    "vat": "How lines are taxed",
    "vat_rate": "The VAT rate",
}


@dataclass(frozen=True, slots=True)
class StatedLine:
    """
    One line as a funder sees it; ``amount_minor`` is negative where it gives back.

    ``what`` is the ref of the term, fee or adjustment, ``corrects`` the number of the invoice that a credit
    corrects, where it has one already.
    """

    key: int
    kind: str
    reason: str
    what: str
    event: str
    participant: str
    outcome: str
    outcome_date: str
    period: str
    amount_minor: int
    corrects: str

    @property
    def name(self) -> str:
        """What people call the line."""
        about = self.event or self.what
        return f"{about} of {self.outcome_date or self.period}, {to_major(self.amount_minor)}"


def fingerprint(header: Mapping[str, str], lines: Iterable[StatedLine]) -> str:
    """
    Return the SHA-256, in hexadecimal, of what a statement says.

    The same header and lines give the same one whatever their order; any other value of any field another.
    """
    content = [dict(header), sorted(astuple(line) for line in lines)]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def differences(
    before: tuple[Mapping[str, str], Sequence[StatedLine]],
    now: tuple[Mapping[str, str], Sequence[StatedLine]],
    why: Mapping[int, str],
) -> tuple[str, ...]:
    """
    Return in sentences what a statement says now that it did not say before.

    :param why: for lines that are gone, by key: what became of them, to follow the name of the line.
    """
    return (*_of_headers(before[0], now[0]), *_of_lines(before[1], now[1], why))


def answer_by(sent_on: date, days: int) -> date:
    """Return the last day for an answer: the day of sending is not counted, all others are."""
    return sent_on + timedelta(days=days)


def _of_headers(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for key in sorted({*before, *now}):
        was, is_ = before.get(key, ""), now.get(key, "")
        if was != is_:
            yield f"{HEADER_WORDS.get(key, key)} was {was or 'empty'} and is {is_ or 'empty'}."


def _of_lines(
    before: Sequence[StatedLine], now: Sequence[StatedLine], why: Mapping[int, str]
) -> Iterator[str]:
    current = {line.key: line for line in now}
    for line in before:
        if line.key not in current:
            yield f"{line.name}: {why.get(line.key, 'no longer due')}."
        elif current[line.key] != line:
            yield f"{line.name} reads {current[line.key].name} now."
