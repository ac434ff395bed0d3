"""Made-up profiles for tests."""

from __future__ import annotations

import json

from accounts.models import User
from funders.models import Programme
from mhep.kernel.periods import Month
from performance.models import DisclosureRuling, Profile
from performance.rules.disclosure import PRESETS, DisclosureRule
from performance.rules.profiles import Plan, Rhythm
from performance.services.disclosure import Ruled, decide_disclosure
from performance.services.facts import rebuild_facts
from performance.services.profiles import Planned, draw_anew, set_profile
from tests.cast import AT, Cast

APRIL = Month(2026, 4)
PLAN = Plan(APRIL, Rhythm.MONTH, (2, 3, 4, 5, 6, 7))


def plan(
    cast: Cast,
    *,
    subject: str = "job-starts",
    values: Plan = PLAN,
    scenario: str = "MEDIUM",
    service: str | None = None,
) -> Profile:
    """Set a profile for the programme of the cast, or for one of its services."""
    key = cast.programme.services.get(code=service).pk if service else None
    planned = Planned(key, subject, scenario, values, "The bid")
    return set_profile(programme_id=cast.programme.pk, planned=planned, actor=cast.analyst, at=AT)


def planned_starts(programme: Programme, actor: User) -> Profile:
    """Set a profile of starts for the whole programme."""
    planned = Planned(None, "starts", "MEDIUM", PLAN, "The bid")
    return set_profile(programme_id=programme.pk, planned=planned, actor=actor, at=AT)


def plan_in_versions(cast: Cast) -> None:
    """Count the facts, set a profile of job starts and draw it anew."""
    counted(cast.programme)
    first = plan(cast)
    draw_anew(profile_id=first.pk, results=[3], cap=30, reason="A late start", actor=cast.analyst, at=AT)


def counted(programme: Programme) -> None:
    """Count the programme's month facts."""
    rebuild_facts(programme_id=programme.pk)


def ruled(cast: Cast, *, rule: DisclosureRule = PRESETS["HES"][1], by: str = "AREA") -> DisclosureRuling:
    """Record that the contract puts funders and investors under a disclosure rule."""
    decided = Ruled(rule, by, for_funders=True, for_investors=True, reason="Schedule 7, 3.1")
    return decide_disclosure(programme_id=cast.programme.pk, ruled=decided, actor=cast.administrator, at=AT)


def outlines(cast: Cast) -> bytes:
    """Return an area file of the programme's areas, a square each, and one that is not of it."""
    codes = [*cast.programme.areas.order_by("position").values_list("code", flat=True), "ELSEWHERE"]
    features = [
        {
            "type": "Feature",
            "properties": {"code": code},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[x, 51], [x + 1, 51], [x + 1, 52], [x, 52], [x, 51]]],
            },
        }
        for x, code in enumerate(codes)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()
