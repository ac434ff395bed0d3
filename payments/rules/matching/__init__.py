"""Matching payments to documents; see ``docs/algorithms/matching.md``."""

from payments.rules.matching.facts import (
    Basis,
    Cause,
    Matched,
    OpenDocument,
    OpenLine,
    Part,
    Party,
    Proposal,
    Transfer,
)
from payments.rules.matching.propose import match
from payments.rules.matching.texts import numbers_in

__all__ = [
    "Basis",
    "Cause",
    "Matched",
    "OpenDocument",
    "OpenLine",
    "Part",
    "Party",
    "Proposal",
    "Transfer",
    "match",
    "numbers_in",
]
