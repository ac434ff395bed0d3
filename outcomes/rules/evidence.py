"""
Which kinds of evidence an outcome type needs, and which of them a claim lacks.

The specification knows ``evidence_any_of``. Kinds that are all needed and alternative sets of kinds are our
extension (docs: programme-file): each of the three holds by itself, and one that is empty demands nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mhep.shared.cells import listed


@dataclass(frozen=True, slots=True)
class EvidenceRule:
    """All of ``all_of``, at least one of ``any_of``, and at least one whole set of ``one_set_of``."""

    all_of: frozenset[str] = frozenset()
    any_of: frozenset[str] = frozenset()
    one_set_of: tuple[frozenset[str], ...] = ()

    @property
    def is_needed(self) -> bool:
        return bool(self.all_of or self.any_of or self.one_set_of)

    def kinds(self) -> tuple[str, ...]:
        """Return every kind that can help, each once, those that must be there first."""
        rest = self.any_of.union(*self.one_set_of) - self.all_of
        return (*sorted(self.all_of), *sorted(rest))

    def lacking(self, given: frozenset[str]) -> list[str]:
        """Return what has to be added to ``given``, one phrase for each demand that is not met."""
        return list(_phrases(self, given)) if self.is_needed else []

    def in_words(self) -> list[str]:
        """Return the whole demand, one phrase for each part of it."""
        return [phrase.replace("_", " ") for phrase in _phrases(self, frozenset())]


NO_EVIDENCE = EvidenceRule()


def _phrases(rule: EvidenceRule, given: frozenset[str]) -> Iterator[str]:
    absent = rule.all_of - given
    if absent:
        yield _together(absent)
    if rule.any_of and not rule.any_of & given:
        yield listed(rule.any_of)
    gaps = [kinds - given for kinds in rule.one_set_of]
    if gaps and all(gaps):
        yield "either " * (len(gaps) > 1) + ", or ".join(map(_together, gaps))


def _together(kinds: Iterable[str]) -> str:
    return " with ".join(sorted(kinds))
