"""What was published of a contract under disclosure control."""

from __future__ import annotations

from funders.models import Programme
from mhep.kernel.periods import Month
from performance.enums import PublishedBy
from performance.models import PublishedMonth
from performance.rules.disclosure.publication import Published, read

# Subjects of which none is a part of another or their sum: else one table would tell what the other hides.
PUBLISHED = (
    *("referrals", "starts", "engagement", "job-starts", "sustained-13", "sustained-26"),
    "education-starts",
)
NOWHERE = "–"  # the place of people of no area


def table_name(by: str, subject: str) -> str:
    """Return the name under which a subject's table is kept."""
    return f"{by}:{subject}"


def published_table(programme: Programme, by: str, subject: str) -> Published:
    """Return the months of a subject's table that were published, in order; there may be none."""
    rows = PublishedMonth.objects.filter(programme=programme, table=table_name(by, subject))
    return read([(str(Month.of(each.first_day)), each.shown) for each in rows.order_by("first_day")])


def places_of(programme: Programme, by: str) -> dict[int | None, str]:
    """Return the code of each place of the programme by its key, those of no area included."""
    if by == PublishedBy.SERVICE:
        return dict(programme.services.values_list("pk", "code"))
    return {None: NOWHERE, **dict(programme.areas.values_list("pk", "code"))}
