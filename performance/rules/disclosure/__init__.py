"""
Small numbers: what a role under disclosure control is shown, so that nobody can be worked out from it.

``rule`` says how one figure is written, ``tables`` protects figures that add up, over months too, ``freedom``
is the arithmetic of what can be worked out, and ``views`` declares who sees whom how exactly. Worked
tables stand in ``docs/algorithms/disclosure.md``.
"""

from performance.rules.disclosure.rule import EXACT, PRESETS, DisclosureRule, Percentages, Shown
from performance.rules.disclosure.tables import Count, Grid, Months, protect

__all__ = [
    "EXACT",
    "PRESETS",
    "Count",
    "DisclosureRule",
    "Grid",
    "Months",
    "Percentages",
    "Shown",
    "protect",
]
