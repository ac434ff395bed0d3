"""Words that the answer and its steps have in common."""

from __future__ import annotations

from decimal import Decimal

from funders.rules.definition import Band, TermDefinition
from mhep.kernel.periods import Month, YearStart
from payments.rules.explanation.case import Case, EventFacts
from payments.rules.explanation.page import Amount, CapLine, Link, Source, SourceKind, Text

CALENDAR_YEAR = YearStart(1, 1)


def plain(number: Decimal) -> str:
    """Return a decimal without needless zeros: ``45.26``, ``20``."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def contract_source(case: Case) -> Source:
    """Return where the agreement or contract is set out."""
    kind = SourceKind.CONTRACT if case.payable else SourceKind.AGREEMENT
    return Source(kind, case.conditions.agreement.ref)


def charge_link(key: int, text: str) -> Link:
    return Link(text, Source(SourceKind.CHARGE, str(key)))


def occasion(event: EventFacts) -> Text:
    """Return which outcome of which day: ``“Job start” on 6 April 2026``."""
    return (f"“{event.outcome_name}” on ", event.outcome_date)


def financial_year(year: int, start: YearStart) -> str:
    """Return a financial year's name: ``2026/27``, or ``2026`` where it is the calendar year."""
    return str(year) if start == CALENDAR_YEAR else f"{year}/{(year + 1) % 100:02d}"


def month_name(month: Month) -> str:
    return f"{month.first_day:%B %Y}"


def band_of(term: TermDefinition, place: int) -> tuple[int, Band]:
    """Return the first place and the band that prices ``place``."""
    first = 1
    for band in term.price.bands:
        if band.up_to is None or place <= band.up_to:
            return first, band
        first = band.up_to + 1
    raise ValueError(f"No band prices place {place}.")  # the programme file ends every list with an open band


def places(first: int, last: int | None) -> str:
    """Return a range of places in words."""
    if last is None:
        return f"number {first} and every one after it"
    return f"number {first}" if first == last else f"numbers {first} to {last}"


def cap_lines(case: Case) -> tuple[CapLine, ...]:
    """Return every cap that limited the charge, with the room that it left before; the least is marked."""
    agreement, rooms, term = case.conditions.agreement, case.row.rooms, case.conditions.term
    caps, year = agreement.caps, case.row.year
    candidates = (
        ("this term", term.max_amount_minor if term else None, rooms.term),
        (f"the whole {case.contract}", caps.total_minor, rooms.total),
        (
            f"the financial year {financial_year(year, case.year_start)}",
            dict(caps.financial_year_minor).get(year),
            rooms.year,
        ),
        ("one person", caps.per_participant_minor, rooms.person),
    )
    limits = [(label, cap, room) for label, cap, room in candidates if cap is not None and room is not None]
    least = min((room for _, _, room in limits), default=0)
    return tuple(CapLine(label, cap, cap - room, room, room == least) for label, cap, room in limits)


def deciding_caps(case: Case) -> str:
    """Return the cap that left the least room, in words; several if they left the same."""
    named = [f"the cap for {line.label}" for line in cap_lines(case) if line.decides]
    return " and ".join(named)


def priced_place(case: Case) -> int:
    """Return the place in the term's count that the entitlement was priced at."""
    return (case.priced.place_before or 0) + 1


def price_reason(case: Case) -> Text:
    """Return what the agreement pays for the event, as the reason of an amount."""
    term = case.priced_under.term
    assert term is not None  # noqa: S101 (payments_charge_fits_its_kind: only a fee has none)
    price = term.price
    if price.kind == "fixed":
        return (
            f"its {case.contract} pays ",
            Amount(price.fixed_minor or 0, contract_source(case)),
            " for each",
        )
    if price.kind == "bands":
        return _band_reason(case, term)
    return _tariff_reason(case, term)


def _band_reason(case: Case, term: TermDefinition) -> Text:
    place = priced_place(case)
    first, band = band_of(term, place)
    return (
        f"it is number {place} under this term, and its {case.contract} pays ",
        Amount(band.amount_minor, contract_source(case)),
        f" for {places(first, band.up_to)}",
    )


def _tariff_reason(case: Case, term: TermDefinition) -> Text:
    if case.priced.tariff is None:
        return ("no tariff was in force on that day",)
    tariff = Amount(case.priced.tariff, Source(SourceKind.OUTCOME, term.outcome))
    if term.price.kind == "balance":
        return (f"its {case.contract} pays what the others leave of the ", tariff, " tariff")
    return (f"its {case.contract} pays {plain(term.price.percent or Decimal(0))}% of the ", tariff, " tariff")
