"""The map: areas shaded by a rate or a count, exact or as it was published, with the table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from accounts.models import User
from funders.models import Area as ProgrammeArea
from funders.models import Programme
from mhep.shared.sheets import Sheet
from performance.enums import PublishedBy
from performance.models import AreaFile, AreaOutline
from performance.rules.charts import Area, AreaMap, Words, area_map, in_units
from performance.rules.disclosure import EXACT, DisclosureRule, Shown
from performance.rules.facts import total
from performance.selectors.disclosure import is_ruled, ruling_of
from performance.selectors.publications import published_table
from performance.selectors.results import By, results_by

RATE = "rate"
# What areas can be shaded by: two counts, and how many of one there are for 100 of the other.
MEASURES = {
    RATE: "Job starts for every 100 starts",
    "job-starts": "Job starts",
    "starts": "Starts",
}
PARTS = {"starts": "starts", "job-starts": "job_starts"}
COLUMNS = ("Starts", "Job starts")


@dataclass(frozen=True, slots=True)
class MapPage:
    """
    The map with what a reader must know of it.

    ``is_withheld`` where the contract's tables are by service, so that the reader may see none by area.
    """

    map: AreaMap | None
    file: AreaFile | None
    missing: tuple[str, ...]
    until: str
    is_ruled: bool
    is_withheld: bool


@dataclass(frozen=True, slots=True)
class _Counts:
    starts: Shown
    job_starts: Shown
    rate: Shown


def map_page(user: User, programme: Programme, measure: str) -> MapPage:
    """
    Return the map of the contract to date, for a measure of ``MEASURES``.

    A role under the contract's disclosure rule gets what was published, and nothing that was not.
    """
    file = AreaFile.objects.filter(programme=programme).first()
    areas = list(programme.areas.order_by("position"))
    ruled = is_ruled(user, programme)
    ruling = ruling_of(programme)
    if ruled and ruling is not None and ruling.published_by != PublishedBy.AREA:
        return MapPage(None, file, (), "", is_ruled=True, is_withheld=True)
    if ruled and ruling is not None:
        counts, until = _published(programme, areas, ruling.rule)
    else:
        counts, until = _exact(programme, areas), ""
    outlines = {each.area_id: each.rings for each in AreaOutline.objects.filter(file=file)} if file else {}
    drawn = _map(areas, outlines, counts, measure)
    missing = tuple(area.name for area in areas if area.pk not in outlines) if file else ()
    return MapPage(drawn, file, missing, until, is_ruled=ruled, is_withheld=False)


def map_sheet(page: MapPage) -> Sheet:
    """Return the table beside the map to download."""
    table = page.map.table if page.map else None
    headings = table.headings if table else ("Area",)
    return Sheet("Areas", headings, [(row.label, *row.cells) for row in table.rows] if table else [])


def _exact(programme: Programme, areas: Sequence[ProgrammeArea]) -> dict[int, _Counts]:
    results = results_by(programme, By.AREA)
    found = {}
    for area in areas:
        facts = total(facts for (place, _), facts in results.items() if place == area.pk)
        starts, job_starts = facts.starts, max(facts.job_starts, 0)
        found[area.pk] = _Counts(EXACT.count(starts), EXACT.count(job_starts), _rate(job_starts, starts))
    return found


def _published(
    programme: Programme, areas: Sequence[ProgrammeArea], rule: DisclosureRule
) -> tuple[dict[int, _Counts], str]:
    tables = {part: published_table(programme, PublishedBy.AREA, part) for part in PARTS}
    found = {}
    for area in areas:
        starts, job_starts = (tables[part].to_date(area.code) or rule.hidden for part in PARTS)
        rate = rule.hidden
        if starts.value and job_starts.value is not None:
            rate = _rate(job_starts.value, starts.value)
        found[area.pk] = _Counts(starts, job_starts, rate)
    months = tables["starts"].months
    return found, months[-1] if months else ""


def _rate(part: int, whole: int) -> Shown:
    """Return how many of one there are for every 100 of the other, in whole numbers."""
    if not whole:
        return Shown("–", None)
    rate = (200 * part + whole) // (2 * whole)
    return Shown(f"{rate:,}", rate)


def _said_of(known: list[tuple[int | Fraction, str]]) -> str:
    if not known:
        return "Nothing can be shown yet."
    if len({value for value, _ in known}) == 1:
        return "The same wherever it can be shown."
    return f"Highest in {max(known)[1]}, lowest in {min(known)[1]}."


def _map(
    areas: Sequence[ProgrammeArea],
    outlines: dict[int, list[list[tuple[float, float]]]],
    counts: dict[int, _Counts],
    measure: str,
) -> AreaMap:
    drawn = []
    for area in areas:
        of_area = counts[area.pk]
        value = {RATE: of_area.rate, "starts": of_area.starts, "job-starts": of_area.job_starts}[measure]
        drawn.append(
            Area(
                name=area.name,
                rings=outlines.get(area.pk, []),
                value=value.value,
                said=value.text,
                more=() if measure != RATE else (of_area.starts.text, of_area.job_starts.text),
            )
        )
    known = [(area.value, area.name) for area in drawn if area.value is not None]
    says = _said_of(known)
    return area_map(
        Words("areas", f"{MEASURES[measure]}, by area", says),
        drawn,
        write=in_units,
        heading=MEASURES[measure],
        more=COLUMNS if measure == RATE else (),
    )
