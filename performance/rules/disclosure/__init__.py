"""
Small numbers: what a role under disclosure control is shown, so that nobody can be worked out from it.

``rule`` says how one figure is written, ``tables`` protects figures that add up, over months too, ``freedom``
is the arithmetic of what can be worked out, and ``views`` declares who sees whom how exactly. Why it is done
like this stands in ADR 0031, and worked tables in ``docs/algorithms/disclosure.md``.
"""

from performance.rules.disclosure.rule import EXACT, PRESETS, Percentages, Rule, Shown
from performance.rules.disclosure.tables import Count, Grid, Months, protect

__all__ = [
    "EXACT",
    "PRESETS",
    "Count",
    "Grid",
    "Months",
    "Percentages",
    "Rule",
    "Shown",
    "protect",
]
