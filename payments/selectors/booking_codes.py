"""What can have a code in the operator's own accounts, and which codes there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from accounts.models import User
from funders.models import Agreement, Funder, OutcomeType, VatTreatment
from mhep.shared.sheets import Cell, Sheet
from payments.enums import Account, CodeFor
from payments.models import BookingCode
from payments.rules.booking.codes import MOVEMENT, UNSTATED, CodeBook, Subject, vat_name
from payments.rules.vat import EXEMPT, OUTSIDE_SCOPE, REVERSE_CHARGE, ZERO, VatKind, plain_vat
from payments.selectors.exporting import subject_of
from providers.models import Operator, Provider

HEADINGS = (
    *("For", "Only for funder or provider", "Only for outcome", "Code", "Department", "From", "Until"),
    *("Entered by", "Withdrawn by"),
)
VAT_WORDS = {
    UNSTATED: "No VAT, without a reason given",
    MOVEMENT: "Money that moves, which is no supply",
    ZERO: "Zero rate",
    EXEMPT: "Exempt",
    OUTSIDE_SCOPE: "Outside the scope",
    REVERSE_CHARGE: "Reverse charge",
}


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that can have a code; ``key`` is how forms and addresses name it."""

    key: str
    name: str
    kind: CodeFor
    subject: Subject


@dataclass(frozen=True, slots=True)
class ThingToday:
    """A thing and its code on a day, for all; empty where it has none."""

    thing: Thing
    code: str
    department: str


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A stored code; ``ends_before`` is where the next one of the same subject begins."""

    row: BookingCode
    name: str
    party: str
    outcome: str
    ends_before: date | None

    @property
    def is_withdrawn(self) -> bool:
        return self.row.withdrawn_at is not None


def things_of(operator: Operator) -> list[Thing]:
    """Return all that can have a code: ledger accounts, ways of taxing, customers and suppliers."""
    things = [
        Thing(
            f"account-{account.slug}",
            account.label,
            CodeFor.ACCOUNT,
            Subject(CodeFor.ACCOUNT, account=account.value),
        )
        for account in Account
    ]
    things += [
        Thing(f"vat-{vat.replace(' ', '-')}", name, CodeFor.VAT, Subject(CodeFor.VAT, vat=vat))
        for vat, name in _ways_of_taxing(operator).items()
    ]
    things += [
        Thing(f"funder-{key}", row.name, CodeFor.FUNDER, Subject(CodeFor.FUNDER, funder=row.pk))
        for key, row in funders_of(operator).items()
    ]
    return things + [
        Thing(f"provider-{key}", row.name, CodeFor.PROVIDER, Subject(CodeFor.PROVIDER, provider=row.pk))
        for key, row in providers_of(operator).items()
    ]


def funders_of(operator: Operator) -> dict[str, Funder]:
    """Return the funders of all of an operator's programmes, by how forms name them."""
    rows = Funder.objects.filter(programme__operator=operator).select_related("programme")
    return {f"{row.programme.code}/{row.code}": row for row in rows.order_by("programme__code", "name", "pk")}


def providers_of(operator: Operator) -> dict[str, Provider]:
    """Return an operator's providers, by how forms name them."""
    return {row.code: row for row in Provider.objects.filter(operator=operator).order_by("name", "pk")}


def outcomes_of(operator: Operator) -> dict[str, OutcomeType]:
    """Return the outcome types of all of an operator's programmes, by how forms name them."""
    rows = OutcomeType.objects.filter(programme__operator=operator).select_related("programme")
    return {
        f"{row.programme.code}/{row.code}": row for row in rows.order_by("programme__code", "position", "pk")
    }


def today_of(things: Iterable[Thing], codes: CodeBook, on: date) -> list[ThingToday]:
    """Return each thing with its code of all on a day."""
    found = []
    for thing in things:
        code = codes.find(thing.subject, on)
        found.append(ThingToday(thing, code.code if code else "", code.department if code else ""))
    return found


def codes_matching(user: User, operator: Operator) -> QuerySet[BookingCode]:
    """Return every code of an operator, those withdrawn too, by what it is for and the latest first."""
    return (
        BookingCode.objects.visible_to(user)
        .filter(operator=operator)
        .select_related("funder", "provider", "outcome_type", "entered_by", "withdrawn_by")
        .order_by(
            *("kind", "account", "vat", "funder", "provider", "outcome_type", "-starts_on"),
            *("-entered_at", "-pk"),
        )
    )


def code_rows(operator: Operator, rows: Iterable[BookingCode]) -> list[CodeRow]:
    """Return codes as people read them, each with the day on which the next one takes its place."""
    names = {thing.subject: thing.name for thing in things_of(operator)}
    starts: dict[Subject, list[date]] = {}
    for row in BookingCode.objects.filter(operator=operator).in_force().order_by("starts_on"):
        starts.setdefault(subject_of(row), []).append(row.starts_on)
    return [_code_row(row, names, starts.get(subject_of(row), [])) for row in rows]


def code_sheet(user: User, operator: Operator) -> Sheet:
    """Return every code of an operator as a table."""
    rows: list[tuple[Cell, ...]] = [
        (
            each.name,
            each.party,
            each.outcome,
            each.row.code,
            each.row.department,
            each.row.starts_on,
            each.ends_before or "",
            each.row.entered_by.name if each.row.entered_by else "",
            each.row.withdrawn_by.name if each.row.withdrawn_by else "",
        )
        for each in code_rows(operator, codes_matching(user, operator))
    ]
    return Sheet("Codes", HEADINGS, rows)


def _code_row(row: BookingCode, names: Mapping[Subject, str], starts: Iterable[date]) -> CodeRow:
    party = row.funder or row.provider
    is_narrowed = row.kind in {CodeFor.ACCOUNT, CodeFor.VAT}
    subject = subject_of(row).widest
    return CodeRow(
        row,
        names.get(subject) or row.vat,
        party.name if party and is_narrowed else "",
        row.outcome_type.name if row.outcome_type else "",
        next((day for day in starts if day > row.starts_on), None) if row.withdrawn_at is None else None,
    )


def _ways_of_taxing(operator: Operator) -> dict[str, str]:
    """Return the ways of taxing by how codes name them: the standard rates that are used, and all others."""
    agreements = Agreement.objects.filter(programme__operator=operator)
    rates = {rate for rate in agreements.values_list("vat_rate", flat=True).distinct() if rate}
    treatments = VatTreatment.objects.filter(agreement__in=agreements, rate__isnull=False)
    rates |= {rate for rate in treatments.values_list("rate", flat=True).distinct() if rate}
    kinds: list[VatKind] = [plain_vat(rate) for rate in sorted(rates)]
    return {vat_name(kind): kind.label for kind in kinds} | VAT_WORDS
