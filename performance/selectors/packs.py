"""What a monthly pack says: the same page that its funder sees, as a workbook and as words to typeset."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from funders.models import Funder, Programme
from performance.models import FrozenMonth, Pack
from performance.rules.metrics import Figure
from performance.selectors.dashboard import Dashboard

Written = Callable[[Figure], str]
Money = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Due:
    """A pack that is to be made, by the keys of its funder and its month."""

    funder_id: int
    month_id: int


def packs_due() -> list[Due]:
    """
    Return the packs that are missing: of each programme's newest closed month, for each funder that pays.

    Older months are not caught up: their pages have moved on, and a pack shows what the page shows.
    """
    months = FrozenMonth.objects.order_by("programme", "-first_day").distinct("programme")
    return [
        Due(funder, month.pk)
        for month in months
        for funder in Funder.objects.filter(programme=month.programme_id, agreements__isnull=False)
        .exclude(packs__month=month.pk)
        .distinct()
        .order_by("position")
        .values_list("pk", flat=True)
    ]


def packs_to_see(user: User, programme: Programme) -> QuerySet[Pack]:
    """Return the packs that the user may read, the newest first, without their bytes."""
    packs = Pack.objects.visible_to(user).filter(funder__programme=programme)
    return packs.select_related("funder", "month").prefetch_related("letters__user").defer("pdf", "workbook")


def pack_words(page: Dashboard, *, written: Written, money: Money) -> dict[str, object]:
    """
    Return what the ``pack`` template prints.

    :param written: writes a figure as the page does.
    :param money: writes an amount.
    """
    programme = page.scope.programme
    return {
        "title": f"{programme.name}: {page.latest.first_day:%B %Y}",
        "author": programme.operator.name,
        "subtitle": f"Monthly pack for {page.scope.name}",
        "date": {"year": page.today.year, "month": page.today.month, "day": page.today.day},
        "footer": f"{programme.code}, figures as of {page.today:%-d %B %Y}. Amounts are net of VAT.",
        "parts": [part.printed() for part in _parts(page, written, money)],
    }


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a pack: sentences, and a table if it has headings. ``align`` is that of its figures."""

    heading: str
    sentences: Sequence[str] = ()
    headings: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    align: str = "right"

    def printed(self) -> dict[str, object]:
        """Return the part in JSON's types."""
        return {
            "heading": self.heading,
            "sentences": list(self.sentences),
            "headings": list(self.headings),
            "rows": [list(row) for row in self.rows],
            "align": self.align,
        }


def _parts(page: Dashboard, written: Written, money: Money) -> Iterator[Part]:
    yield Part("What changed", page.story)
    yield Part(
        "Are we on track?",
        headings=("What", "How it stands", "Why"),
        rows=[(each.about, f"{each.track.shape} {each.track.value}", each.why) for each in page.verdicts],
        align="left",
    )
    asked = [each.in_words for each in page.questions]
    yield Part("What to ask at the review", asked or ("Nothing stands out this month.",))
    yield Part(
        "Results",
        headings=("Metric", *(period.name for period in page.periods)),
        rows=[(row.metric.name, *(written(figure) for figure in row.figures)) for row in page.rows],
    )
    if page.caps:
        yield Part(
            "Spend against each cap",
            headings=("Cap", "Amount", "Used", "Left"),
            rows=[
                (
                    f"{cap.name}. {cap.words}",
                    money(cap.cap_minor),
                    money(cap.used_minor),
                    money(cap.left_minor),
                )
                for cap in page.caps
            ],
        )
    if page.pipeline is not None:
        yield Part(
            "The next invoices",
            ("Charged is what is verified; waiting is what may still be verified.",),
            headings=("Agreement", "Month", "Charged", "Waiting", "Expected"),
            rows=[
                (
                    each.agreement.ref,
                    f"{each.month.first_day:%B %Y}",
                    money(each.charged_minor),
                    money(each.waiting_minor),
                    money(each.expected_minor),
                )
                for each in page.pipeline.invoices
            ],
        )
    if page.corrected:
        yield Part(
            "Corrected since a month was closed",
            headings=("Month", "What", "Then", "Now"),
            rows=[
                (f"{row.month.first_day:%B %Y}", name, f"{then:,}", f"{now:,}")
                for row in page.corrected
                for name, then, now in row.corrections
            ],
        )
