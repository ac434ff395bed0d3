"""Why a term applies to an event: each thing that it asks, beside what the event has (pricing, step 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from funders.rules.definition import TermDefinition
from payments.rules.explanation.case import Case, EventFacts
from payments.rules.explanation.page import Condition, Text
from payments.rules.explanation.phrases import plain


def conditions(case: Case, event: EventFacts, term: TermDefinition) -> tuple[Condition, ...]:
    """Return what the term asks of an event, always the outcome and the dates, and what the event has."""
    return (
        Condition("Outcome", (event.outcome_name,), (event.outcome_name,)),
        Condition("Outcome date", _dates(case, term), (event.outcome_date,)),
        *_codes("Area", term.areas, event.area, case.names),
        *_codes("Service", term.services, event.service, case.names),
        *_codes("Cohort", term.cohorts, event.cohort, case.names),
        *_hours(event, term),
        *_fidelity(event, term),
    )


def _dates(case: Case, term: TermDefinition) -> Text:
    agreement = case.priced_under.agreement
    first = max(agreement.starts_on, term.starts_on or agreement.starts_on)
    last = min(agreement.ends_on, term.ends_on or agreement.ends_on)
    return (first, " to ", last)


def _codes(name: str, asked: Iterable[str], has: str | None, names: Mapping[str, str]) -> Iterator[Condition]:
    wanted = [names.get(f"{name} {code}", code) for code in asked]
    if wanted:
        own = names.get(f"{name} {has}", has or "") if has else "None recorded"
        yield Condition(name, (_either(wanted),), (own,))


def _either(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _hours(event: EventFacts, term: TermDefinition) -> Iterator[Condition]:
    bounds = [
        f"{words} {plain(bound)}"
        for words, bound in (("at least", term.hours_min), ("below", term.hours_below))
        if bound is not None
    ]
    if bounds:
        own = "Not recorded" if event.hours is None else plain(event.hours)
        asks = " and ".join(bounds)
        yield Condition("Hours a week", (f"{asks[0].upper()}{asks[1:]}",), (own,))


def _fidelity(event: EventFacts, term: TermDefinition) -> Iterator[Condition]:
    if term.min_fidelity is None:
        return
    own: Text = ("No review on record",)
    if event.review is not None:
        reviewed_on, score = event.review
        own = (f"{score}, reviewed on ", reviewed_on)
    yield Condition("Fidelity score of the service", (f"At least {term.min_fidelity}",), own)
