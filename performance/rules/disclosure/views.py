"""
Who sees whom how exactly: every page that shows figures about people, declared (C4).

Nobody may have exact and rounded figures about the same people, or the exact ones undo the rounded ones. What
a contract gives its payer line by line, invoices and what belongs to them, stands apart: it is disclosure
under the contract, and dashboards never take figures from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import combinations

from accounts.rules.matrix import FUNDER, INVESTOR, OPERATOR, PROVIDER, Role


class Population(Enum):
    """Whom figures are about."""

    EVERYONE = "Everybody of the programme, by place and month"
    OWN_PEOPLE = "The people of one provider"
    INVOICED = "Those for whom one funder is invoiced"


class Precision(Enum):
    """How exactly they are shown."""

    EXACT = "Exactly"
    RULED = "By the disclosure rule of the contract"
    UNDER_CONTRACT = "Exactly, line by line, as the contract gives it to its payer"


OVERLAPPING = frozenset(
    {
        frozenset({Population.EVERYONE, Population.OWN_PEOPLE}),
        frozenset({Population.EVERYONE, Population.INVOICED}),
        frozenset({Population.OWN_PEOPLE, Population.INVOICED}),
    }
)
RULED_ROLES = FUNDER | INVESTOR


@dataclass(frozen=True, slots=True)
class Showing:
    """A page (the name of its view), whom it is about, and to whom it shows that how exactly."""

    view: str
    population: Population
    precision: Precision
    roles: frozenset[Role]


def _by_the_rule(view: str) -> tuple[Showing, Showing]:
    """Declare a page that is exact for the operator and by the rule for funders and investors."""
    return (
        Showing(view, Population.EVERYONE, Precision.EXACT, OPERATOR),
        Showing(view, Population.EVERYONE, Precision.RULED, RULED_ROLES),
    )


def _billed(view: str, payers: frozenset[Role] = FUNDER) -> tuple[Showing, Showing]:
    """Declare a page of what is invoiced: exact for the operator, and under the contract for who pays."""
    return (
        Showing(view, Population.INVOICED, Precision.EXACT, OPERATOR),
        Showing(view, Population.INVOICED, Precision.UNDER_CONTRACT, payers),
    )


BILLED = (
    *("payments:document-list", "payments:document-list-file", "payments:document-detail"),
    *("payments:document-pdf", "payments:document-einvoice", "payments:document-schedule"),
    *("payments:statement-list", "payments:statement-list-file", "payments:statement-detail"),
    *("payments:statement-lines-file", "payments:charge-detail", "payments:event-charges"),
)
# Pages of this app that show figures about people, and those that show none.
BY_THE_RULE = (
    *("performance:programme-detail", "performance:programme-file"),
    *("performance:profile-detail", "performance:profile-file"),
    *("performance:area-map", "performance:area-map-file"),
    *("performance:pack-file", "performance:review-detail"),
)
WITHOUT_PEOPLE = (
    *("performance:metric-list", "performance:metric-list-file", "performance:metric-detail"),
    *("performance:profile-list", "performance:profile-list-file", "performance:profile-new"),
    *("performance:profile-draw-anew", "performance:outlines-new"),
    *("performance:disclosure-detail", "performance:disclosure-file", "performance:disclosure-new"),
    *("performance:pack-list", "performance:review-list-file", "performance:action-list-file"),
    *("performance:review-hold", "performance:note-new", "performance:action-new", "performance:cadence-new"),
    *("performance:review-new", "performance:action-list", "performance:action-detail"),
    *("performance:fidelity-list", "performance:fidelity-list-file", "performance:fidelity-detail"),
    *("performance:fidelity-new", "performance:fidelity-correct"),
    *("performance:practice-list", "performance:practice-list-file", "performance:practice-new"),
)

SHOWINGS: tuple[Showing, ...] = (
    Showing("outcomes:caseload", Population.OWN_PEOPLE, Precision.EXACT, PROVIDER),
    Showing("participants:person-list", Population.OWN_PEOPLE, Precision.EXACT, PROVIDER),
    Showing("participants:person-list", Population.EVERYONE, Precision.EXACT, OPERATOR),
    Showing("outcomes:outcome-list", Population.OWN_PEOPLE, Precision.EXACT, PROVIDER),
    *(showing for view in BILLED for showing in _billed(view)),
    *_billed("investment:facility-detail", INVESTOR),
    *_billed("investment:facility-file", INVESTOR),
    *_billed("performance:full-export-file"),
    Showing("performance:full-export-file", Population.OWN_PEOPLE, Precision.EXACT, PROVIDER),
    Showing("performance:indigo-file", Population.EVERYONE, Precision.EXACT, OPERATOR),
    Showing("performance:review-list", Population.EVERYONE, Precision.EXACT, OPERATOR),
    Showing("performance:review-list", Population.OWN_PEOPLE, Precision.EXACT, PROVIDER),
    *(showing for view in BY_THE_RULE for showing in _by_the_rule(view)),
)


def conflicts(role: Role, showings: Iterable[Showing] = SHOWINGS) -> Iterator[tuple[Showing, Showing]]:
    """Give each pair of pages that show a role the same people exactly and by a rule."""
    seen = [
        each for each in showings if role in each.roles and each.precision is not Precision.UNDER_CONTRACT
    ]
    for one, other in combinations(seen, 2):
        same = one.population is other.population or {one.population, other.population} in OVERLAPPING
        if same and one.precision is not other.precision:
            yield one, other
