"""
The IPS fidelity scale of 25 items: what is scored, and what the scores come to.

The names of items and the bands are those in general use; a total of 100 is what services in England aim for.
The wording that scores each item belongs to the scale's manual and is not repeated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

LOWEST, HIGHEST = 1, 5
AIM = 100


class Section(Enum):
    """A part of the scale, as people read it."""

    STAFFING = "Staffing"
    ORGANISATION = "Organisation"
    SERVICES = "Services"


class Band(Enum):
    """What a total says of a service: the lowest total of the band, and its name."""

    EXEMPLARY = 115, "Exemplary"
    GOOD = 100, "Good"
    FAIR = 74, "Fair"
    NOT_IPS = 25, "Not IPS"

    @property
    def lowest(self) -> int:
        return int(self.value[0])

    @property
    def label(self) -> str:
        return str(self.value[1])


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that reviewers score from 1 to 5; ``number`` is its place on the scale, from 1 to 25."""

    number: int
    section: Section
    name: str


_NAMES = {
    Section.STAFFING: ("Caseload size", "Employment services staff", "Vocational generalists"),
    Section.ORGANISATION: (
        "Integration by team assignment",
        "Integration by frequent team contact",
        "Collaboration with the jobcentre",
        "Vocational unit",
        "Role of the employment supervisor",
        "Zero exclusion criteria",
        "Agency focus on competitive employment",
        "Executive support",
    ),
    Section.SERVICES: (
        "Benefits and incentives planning",
        "Disclosure",
        "Ongoing, work-based assessment",
        "Rapid search for competitive jobs",
        "Individualised job search",
        "Frequent employer contact",
        "Quality of employer contact",
        "Diversity of job types",
        "Diversity of employers",
        "Competitive jobs",
        "Individualised follow-along support",
        "Time-unlimited support",
        "Community-based services",
        "Assertive engagement and outreach",
    ),
}

ITEMS = tuple(
    Item(number, section, name)
    for number, (section, name) in enumerate(
        ((section, name) for section, names in _NAMES.items() for name in names), start=1
    )
)


@dataclass(frozen=True, slots=True)
class SectionSum:
    """What one section was scored, of how much at most."""

    section: Section
    scored: int
    most: int


def band_of(total: int) -> Band:
    """
    Return the band of a total.

    :raises ValueError: if no scores can come to it.
    """
    if not LOWEST * len(ITEMS) <= total <= HIGHEST * len(ITEMS):
        raise ValueError(f"No review comes to {total}: 25 items are scored from 1 to 5.")
    return next(band for band in Band if total >= band.lowest)


def sums_of(scores: Mapping[int, int]) -> list[SectionSum]:
    """
    Return what each section comes to, in the order of the scale. ``scores`` are by item number.

    :raises ValueError: if an item is missing, unknown, or not scored from 1 to 5.
    """
    _all_scored(scores)
    return [
        SectionSum(
            section,
            sum(scores[item.number] for item in ITEMS if item.section is section),
            HIGHEST * sum(1 for item in ITEMS if item.section is section),
        )
        for section in Section
    ]


def total_of(scores: Mapping[int, int]) -> int:
    """
    Return what the scores come to.

    :raises ValueError: as ``sums_of``.
    """
    return sum(part.scored for part in sums_of(scores))


def to_work_on(scores: Mapping[int, int], before: Mapping[int, int] | None = None) -> list[Item]:
    """
    Return the items that a service gains most by, the lowest score first; none that has the highest.

    Of equal scores one that fell since the review ``before`` comes first, then the order of the scale.
    """
    earlier = before or {}

    def place(item: Item) -> tuple[int, int, int]:
        score = scores[item.number]
        fell = earlier.get(item.number, score) > score
        return score, 0 if fell else 1, item.number

    return sorted((item for item in ITEMS if scores[item.number] < HIGHEST), key=place)


def _all_scored(scores: Mapping[int, int]) -> None:
    numbers = {item.number for item in ITEMS}
    if set(scores) != numbers:
        missing = sorted(numbers - set(scores))
        unknown = sorted(set(scores) - numbers)
        raise ValueError(f"Items without a score: {missing}; unknown items: {unknown}.")
    wrong = sorted(number for number, score in scores.items() if not LOWEST <= score <= HIGHEST)
    if wrong:
        raise ValueError(f"Scores are from 1 to 5; not so for the items {wrong}.")
