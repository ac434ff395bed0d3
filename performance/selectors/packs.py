"""What a monthly pack says: the same page that its funder sees, as a workbook and as words to typeset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from accounts.models import User
from funders.models import Funder, Programme
from mhep.kernel.periods import Month
from performance.models import DisclosureRuling, FrozenMonth, Pack
from performance.rules.metrics import Figure
from performance.selectors.dashboard import Dashboard
from performance.selectors.published_page import PublishedPage, PublishedSubject

Written = Callable[[Figure], str]
Money = Callable[[int], str]
Words = dict[str, object]

MONTHS_ACROSS = 6  # of a published table, on a page upright


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


def pack_words(page: Dashboard, *, written: Written, money: Money) -> Words:
    """
    Return what the ``pack`` template prints of the page that a funder sees.

    :param written: writes a figure as the page does.
    :param money: writes an amount.
    """
    footer = f"figures as of {page.today:%-d %B %Y}. Amounts are net of VAT."
    head = Head(page.scope.programme, page.scope.name, page.latest, page.today, footer)
    return _printed(head, _parts(page, written, money))


def published_words(page: PublishedPage, funder: Funder, until: Month, today: date) -> Words:
    """Return what ``pack`` prints for a funder under disclosure control: the published tables."""
    ruling = page.ruling
    said = (
        f"Counts below {ruling.threshold} are hidden ({ruling.symbol}), and so are others from which a small "
        f"one could be worked out; the rest is rounded to the nearest {ruling.base}."
    )
    footer = f"published by {today:%-d %B %Y}."
    head = Head(page.programme, funder.name, until, today, footer)
    return _printed(head, (_published_part(ruling, each, said) for each in page.subjects))


def _published_part(ruling: DisclosureRuling, subject: PublishedSubject, said: str) -> Part:
    months = [f"{month.first_day:%b %y}" for month in subject.months[-MONTHS_ACROSS:]]
    return Part(
        subject.name,
        (said,),
        headings=(ruling.get_published_by_display(), *months, "To date"),
        rows=[(row.name, *row.cells[-MONTHS_ACROSS:], row.to_date) for row in subject.rows],
    )


@dataclass(frozen=True, slots=True)
class Head:
    """What a pack is about: whose programme, for whom, which month, made on which day."""

    programme: Programme
    reader: str
    month: Month
    today: date
    footer: str


def _printed(head: Head, parts: Iterable[Part]) -> Words:
    return {
        "title": f"{head.programme.name}: {head.month.first_day:%B %Y}",
        "author": head.programme.operator.name,
        "subtitle": f"Monthly pack for {head.reader}",
        "date": {"year": head.today.year, "month": head.today.month, "day": head.today.day},
        "footer": f"{head.programme.code}, {head.footer}",
        "parts": [part.printed() for part in parts],
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
