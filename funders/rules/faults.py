"""The faults found in one programme file, one code for a place (spec: What a load refuses)."""

from __future__ import annotations

from dataclasses import dataclass, field

from mhep.kernel.problems import Problem

CODES = (
    "syntax",
    "unknown_key",
    "missing_key",
    "bad_value",
    "duplicate_code",
    "unknown_reference",
    "bad_bands",
    "marginal_with_cap",
    "missing_tariff",
    "bad_dates",
    "prerequisite_cycle",
    "carry_forward_with_balance",
    "ambiguous_balance",
    "already_invoiced",
)
LARGEST_LIST = 20_000  # problems
_RANK = {code: rank for rank, code in enumerate(CODES)}


class TooMuch(Exception):
    """Reading stops: the file has more in it, or more wrong with it, than anyone can use."""


@dataclass(slots=True)
class Faults:
    """
    Collects problems; of several at one place the code that stands first in the spec's order stays.

    An *item* is an entry of one of the file's lists (or the programme itself), named by its
    place; what lies inside it without being an item is part of it. An item is spoilt by a fault
    of its own, not by one of the items inside it.
    """

    _problems: dict[str, Problem] = field(default_factory=dict)
    _spoilt: set[str] = field(default_factory=set)

    def add(self, place: str, code: str, message: str, *, item: str | None = None) -> None:
        """
        Record a fault; ``item`` is the place of the item that it spoils for later checks.

        :raises TooMuch: when the list is as long as it may be.
        """
        if item is not None:
            self._spoilt.add(item)
        standing = self._problems.get(place)
        if standing is None or _RANK[code] < _RANK[standing.code]:
            self._problems[place] = Problem(place, code, message)
        if len(self._problems) > LARGEST_LIST:
            raise TooMuch(
                f"There are more than {LARGEST_LIST:,} problems; only some are listed. Mend these first."
            )

    def are_at(self, place: str) -> bool:
        return place in self._problems

    def have_spoilt(self, item: str) -> bool:
        return item in self._spoilt

    def listed(self) -> tuple[Problem, ...]:
        """Return the problems, sorted by place as plain text."""
        return tuple(sorted(self._problems.values()))
