"""Which months are counted anew for the marks that changes left. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mhep.kernel.periods import Month

Span = tuple[Month, Month]


@dataclass(frozen=True, slots=True)
class Mark:
    """A month that may be out of date, or every one; all facts of it, or those about people alone."""

    month: Month | None
    is_all: bool


def spans_of(marks: Iterable[Mark], whole: Callable[[], Span]) -> Iterator[tuple[bool, Span]]:
    """
    Yield what is to be counted anew: whether it is all facts, and the first and the last month.

    Months beside each other are one span. ``whole`` gives what a mark of every month stands for.
    """
    found = list(marks)
    of_all, of_people = ({each.month for each in found if each.is_all is every} for every in (True, False))
    if None in of_all:
        yield True, whole()
        return
    if None in of_people:
        yield False, whole()
        of_people = set()
    for is_all, months in ((True, of_all), (False, of_people - of_all)):
        for span in _joined(sorted(month for month in months if month is not None)):
            yield is_all, span


def _joined(months: list[Month]) -> Iterator[Span]:
    begin = 0
    for at in range(1, len(months) + 1):
        if at == len(months) or months[at] != months[at - 1] + 1:
            yield months[begin], months[at - 1]
            begin = at
