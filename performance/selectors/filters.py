"""What somebody may choose on the page, and what they have chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from funders.models import Area, Cohort, Funder, Service
from performance.selectors.scope import Keys, Scope


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice: its options as code and name. ``without`` is the address's query once it is removed."""

    name: str
    label: str
    every: str
    options: tuple[tuple[str, str], ...]
    chosen: str
    chosen_name: str
    without: str


def filters_of(scope: Scope) -> tuple[Filter, ...]:
    """Return the filters of a page; one with a single option is not offered unless it is chosen."""
    if not scope.may_choose:
        return ()
    programme = scope.programme
    offered = scope.offered
    rows: tuple[tuple[str, str, str, Iterable[Funder | Service | Area | Cohort]], ...] = (
        ("funder", "Funder", "All funders", scope.funders if len(scope.funders) > 1 else ()),
        ("service", "Service", "All services", _among(programme.services.all(), offered.services)),
        ("area", "Area", "All areas", _among(programme.areas.all(), offered.areas)),
        ("cohort", "Cohort", "All cohorts", _among(programme.cohorts.all(), offered.cohorts)),
    )
    found = (_filter(scope, *row) for row in rows)
    return tuple(each for each in found if len(each.options) > 1 or each.chosen_name)


def _among(rows: Iterable[Service | Area | Cohort], keys: Keys) -> list[Service | Area | Cohort]:
    return [row for row in rows if keys is None or row.pk in keys]


def _filter(
    scope: Scope, name: str, label: str, every: str, rows: Iterable[Funder | Service | Area | Cohort]
) -> Filter:
    options = tuple((row.code, row.name) for row in rows)
    code = scope.query.get(name, "")
    rest = {key: value for key, value in scope.query.items() if key != name}
    return Filter(name, label, every, options, code, dict(options).get(code, ""), urlencode(rest))
