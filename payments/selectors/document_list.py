"""The list of issued documents: filters, sums of exactly what is listed, and its rows as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, F, Q, QuerySet, Sum

from accounts.models import User
from funders.enums import Direction
from funders.models import Agreement, Programme
from mhep.kernel.money import Money
from mhep.kernel.periods import Month
from mhep.shared.sheets import Sheet
from payments.enums import DocumentKind
from payments.models import Document
from payments.models import Month as MonthRow

HEADINGS = (
    "Number",
    "Kind",
    "Month",
    "Direction",
    "Party",
    "Agreement",
    "Issued on",
    "Due on",
    "Lines",
    "Net",
    "VAT",
    "Total",
    "Paid",
    "Left",
    "Currency",
)
# How far a document is settled, as DocumentBalance.state has it: by what the address says.
PAID_STATES = (
    ("open", "Not yet", Q(balance__open_minor__gt=0, balance__open_minor=F("gross_minor"))),
    ("part", "In part", Q(balance__open_minor__gt=0, balance__open_minor__lt=F("gross_minor"))),
    ("paid", "In full", Q(balance__open_minor=0)),
)


class Option(NamedTuple):
    """One choice of a filter: what the address says and what people read."""

    value: str
    label: str


PAID_OPTIONS = tuple(Option(value, label) for value, label, _ in PAID_STATES)


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """What to list; an empty value leaves everything in. Months are inclusive."""

    party: str = ""
    kind: str = ""
    first: str = ""
    last: str = ""
    paid: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], choices: Choices) -> DocumentFilter:
        """Read the filter from an address; a value that is none of the choices is left out."""
        return cls(
            party=_known(query.get("party", ""), choices.parties),
            kind=_known(query.get("kind", ""), choices.kinds),
            first=_known(query.get("from", ""), choices.months),
            last=_known(query.get("to", ""), choices.months),
            paid=_known(query.get("paid", ""), PAID_OPTIONS),
        )

    def query(self) -> dict[str, str]:
        """Return what the address says, without what is empty."""
        pairs = {"party": self.party, "kind": self.kind, "from": self.first, "to": self.last}
        pairs["paid"] = self.paid
        return {name: value for name, value in pairs.items() if value}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer somebody: only parties, kinds and months that they see."""

    parties: tuple[Option, ...]
    kinds: tuple[Option, ...]
    months: tuple[Option, ...]
    paid: tuple[Option, ...] = PAID_OPTIONS


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of the documents of one kind to one side."""

    direction: str
    kind: str
    count: int
    net_minor: int
    vat_minor: int
    gross_minor: int


class Chosen(NamedTuple):
    """A filter in force, and the address's query that remains without it."""

    label: str
    rest: str


def choices_for(user: User, programme: Programme) -> Choices:
    """Return what the user may filter the programme's documents by."""
    documents = Document.objects.visible_to(user).filter(agreement__programme=programme)
    agreements = Agreement.objects.filter(programme=programme, documents__in=documents)
    parties = {
        Option(_party_value(agreement), agreement.party_name)
        for agreement in agreements.select_related("funder", "provider")
    }
    months = MonthRow.objects.filter(documents__in=documents).distinct().values_list("first_day", flat=True)
    kinds = set(documents.values_list("kind", flat=True))
    return Choices(
        parties=tuple(sorted(parties, key=lambda option: (option.label, option.value))),
        kinds=tuple(Option(kind.value, kind.label) for kind in DocumentKind if kind in kinds),
        months=tuple(Option(str(Month.of(day)), f"{day:%B %Y}") for day in months.order_by("first_day")),
    )


def documents_matching(user: User, programme: Programme, chosen: DocumentFilter) -> QuerySet[Document]:
    """Return the documents that the user sees and the filter lets through, the newest months first."""
    documents = Document.objects.visible_to(user).filter(agreement__programme=programme)
    if chosen.party:
        side, _, code = chosen.party.partition("-")
        lookup = "agreement__funder__code" if side == "f" else "agreement__provider__code"
        documents = documents.filter(**{lookup: code})
    if chosen.kind:
        documents = documents.filter(kind=chosen.kind)
    if chosen.first:
        documents = documents.filter(month__first_day__gte=Month.parse(chosen.first).first_day)
    if chosen.last:
        documents = documents.filter(month__first_day__lte=Month.parse(chosen.last).first_day)
    for value, _, settled in PAID_STATES:
        if chosen.paid == value:
            documents = documents.filter(settled)
    parts = documents.select_related("agreement__funder", "agreement__provider", "month", "balance")
    return parts.order_by("-month__first_day", "kind", "-number")


def totals_of(documents: QuerySet[Document]) -> list[Total]:
    """Return the sums of the listed documents, by side and kind."""
    plain = Document.objects.filter(pk__in=documents.order_by().values("pk"))
    rows = (
        plain.values("agreement__direction", "kind")
        .annotate(count=Count("pk"), net=Sum("net_minor"), vat=Sum("vat_minor"), gross=Sum("gross_minor"))
        .order_by("-agreement__direction", "-kind")
    )
    return [
        Total(row["agreement__direction"], row["kind"], row["count"], row["net"], row["vat"], row["gross"])
        for row in rows
    ]


def chosen_filters(chosen: DocumentFilter, choices: Choices) -> list[Chosen]:
    """Return the filters in force, each with what is left in the address once it is removed."""
    query = chosen.query()
    offered = {
        "party": ("", choices.parties),
        "kind": ("", choices.kinds),
        "from": ("From ", choices.months),
        "to": ("To ", choices.months),
        "paid": ("Paid: ", choices.paid),
    }
    return [
        Chosen(
            prefix + next(option.label for option in options if option.value == query[name]),
            urlencode({other: value for other, value in query.items() if other != name}),
        )
        for name, (prefix, options) in offered.items()
        if name in query
    ]


def document_sheet(documents: QuerySet[Document]) -> Sheet:
    """Return the listed documents as a table; amounts are positive as on the documents."""
    return Sheet(
        "Documents",
        HEADINGS,
        [
            (
                document.full_number,
                DocumentKind(document.kind).label,
                str(document.month.period),
                Direction(document.agreement.direction).label,
                document.agreement.party_name,
                document.agreement.ref,
                document.issued_on,
                document.due_on,
                document.line_count,
                Money(document.net_minor, document.currency),
                Money(document.vat_minor, document.currency),
                Money(document.gross_minor, document.currency),
                _paid_label(document),
                Money(document.balance.open_minor, document.currency),
                document.currency,
            )
            for document in documents
        ],
    )


def _paid_label(document: Document) -> str:
    return {"OPEN": "Not yet", "PART_PAID": "In part", "PAID": "In full"}[document.balance.state]


def _party_value(agreement: Agreement) -> str:
    if agreement.funder is not None:
        return f"f-{agreement.funder.code}"
    return f"p-{agreement.provider.code}" if agreement.provider is not None else ""


def _known(value: str, options: tuple[Option, ...]) -> str:
    return value if any(option.value == value for option in options) else ""
