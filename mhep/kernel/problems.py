"""What is wrong with a file, as data: a place, a code and a message in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault: where it is, its code, and how to mend it."""

    place: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.code}: {self.message}"


class BusinessRuleError(Exception):
    """A refusal that the person who asked can understand and act on."""
