"""A funder's own remittance file beside what was invoiced: agreed, different, or on one side only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from payments.rules.matching import numbers_in


class Standing(Enum):
    """How a line of both sides stands; the text is what people read."""

    AGREED = "Agreed"
    DIFFERENT = "Different amount"
    ONLY_OURS = "Only ours"
    ONLY_THEIRS = "Only theirs"


@dataclass(frozen=True, slots=True)
class Compared:
    """A document or a line of the file: minor units, None where a side does not have it."""

    reference: str
    standing: Standing
    ours: int | None
    theirs: int | None

    @property
    def difference(self) -> int:
        """What they say more than we do."""
        return (self.theirs or 0) - (self.ours or 0)


def compare(ours: Mapping[str, int], theirs: Iterable[tuple[str, int]]) -> list[Compared]:
    """
    Return our open documents beside the lines of a funder's file, ours first in their order.

    :param ours: what is open by the document's number; a credit note is negative.
    :param theirs: what the file says: a reference in whatever writing, and an amount. Lines of one document
        are added up.
    """
    told: dict[str, int] = {}
    for reference, amount in theirs:
        number = next(iter(numbers_in(reference)), reference.strip())
        told[number] = told.get(number, 0) + amount
    result = []
    for number, amount in ours.items():
        said = told.pop(number, None)
        standing = Standing.ONLY_OURS if said is None else Standing.DIFFERENT
        result.append(Compared(number, Standing.AGREED if said == amount else standing, amount, said))
    result += [Compared(number, Standing.ONLY_THEIRS, None, amount) for number, amount in told.items()]
    return result
