"""Which of several amounts add up to one: bounded, and never by a guess."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from payments.rules.matching.facts import OpenDocument, OpenLine

MOST_SUMS = 20_000  # of a payer's documents that are tried
MOST_TOGETHER = 6  # documents that one payment without a reference may pay


def sums_to(documents: Sequence[OpenDocument], amount: int) -> list[tuple[OpenDocument, ...]]:
    """
    Return the first two ways in which two to six documents add up to an amount.

    Bounded: after so many sums it gives up with what it found, and says two where there may be more.
    """
    ways: list[tuple[OpenDocument, ...]] = []
    tried = 0
    for size in range(2, min(MOST_TOGETHER, len(documents)) + 1):
        for chosen in combinations(documents, size):
            tried += 1
            if sum(document.open for document in chosen) == amount:
                ways.append(chosen)
            if len(ways) == 2:
                return ways
            if tried == MOST_SUMS:
                return ways * 2
    return ways


def lines_that_sum_to(lines: Sequence[OpenLine], amount: int) -> list[tuple[OpenLine, ...]]:
    return [
        chosen
        for size in range(2, len(lines) + 1)
        for chosen in combinations(lines, size)
        if sum(line.amount for line in chosen) == amount
    ]
