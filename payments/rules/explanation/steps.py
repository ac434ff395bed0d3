"""The steps from an outcome event, or a fixed fee, to its amount, with every sum set out."""

from __future__ import annotations

from collections.abc import Iterator

from funders.rules.definition import TermDefinition
from payments.rules import pricing
from payments.rules.explanation.by_hand import adjustment_steps, waiver_steps
from payments.rules.explanation.case import Case, Conditions, EventFacts
from payments.rules.explanation.conditions import conditions
from payments.rules.explanation.fees import fee_steps
from payments.rules.explanation.page import (
    Addition,
    Amount,
    CapTable,
    Lesser,
    Link,
    Source,
    SourceKind,
    Step,
    SumLine,
    Text,
)
from payments.rules.explanation.phrases import (
    cap_lines,
    charge_link,
    contract_source,
    deciding_caps,
    month_name,
    plain,
)
from payments.rules.explanation.price import band_table, price_step
from payments.rules.explanation.since import since


def steps_of(case: Case) -> tuple[Step, ...]:
    """Return the steps in the order in which the amount came about."""
    if case.by_hand is not None:
        return tuple(adjustment_steps(case, case.by_hand))
    if case.row.reason == pricing.WAIVED:
        return tuple(waiver_steps(case))
    if case.event is None:
        return tuple(fee_steps(case))
    if case.row.kind == "CREDIT":
        return tuple(_credit_steps(case, case.event))
    return tuple(_decision_steps(case, case.event))


def _decision_steps(case: Case, event: EventFacts) -> Iterator[Step]:
    term = case.priced_under.term
    assert term is not None  # noqa: S101 (payments_charge_fits_its_kind: only a fee has none)
    yield _what_happened(event)
    yield _which_term(case, event, term)
    yield _which_place(case, term)
    if case.row.reason != pricing.COUNT_CAP:
        yield price_step(case, term)
        yield from _charged_before(case)
        yield from _room(case)
    yield _decision(case)
    yield from since(case)


def _what_happened(event: EventFacts) -> Step:
    facts: list[tuple[str, Text]] = [
        ("Event", (Link(event.reference, Source(SourceKind.EVENT, str(event.key))),)),
        ("Participant", (event.participant,)),
        ("Outcome", (event.outcome_name,)),
        ("Outcome date", (event.outcome_date,)),
    ]
    if event.hours is not None:
        facts.append(("Hours a week", (plain(event.hours),)))
    if event.job:
        facts.append(("Job", (event.job,)))
    facts.append(
        ("Evidence", (", ".join(kind.replace("_", " ") for kind in event.evidence) or "None recorded",))
    )
    facts.append(("Submitted", _by(event.submitted_on, event.submitted_by)))
    if event.verified_on is not None:
        facts.append(("Verified", _by(event.verified_on, event.verified_by)))
    if event.voided_on is not None:
        reason = f": {event.void_reason}" if event.void_reason else ""
        facts.append(("Voided", (event.voided_on, reason)))
    return Step(title="What happened", facts=tuple(facts))


def _by(day: object, name: str) -> Text:
    return (day, f" by {name}") if name else (day,)  # type: ignore[return-value]


def _which_term(case: Case, event: EventFacts, term: TermDefinition) -> Step:
    says = (
        *_term(case, case.priced_under, "applies because the event meets all that it asks"),
        *_clause(term),
    )
    return Step(title="Which term applies, and why", says=says, conditions=conditions(case, event, term))


def _term(case: Case, under: Conditions, then: str) -> tuple[Text, ...]:
    """Name the term, its agreement and the version that counted, in a sentence that goes on with ``then``."""
    source = contract_source(case)
    ref = under.term.ref if under.term else ""
    return (
        (
            "Term ",
            Link(ref, Source(source.kind, f"{source.key}:{ref}")),
            f" of {case.contract} ",
            Link(under.agreement.ref, source),
            f", version {under.version}, {then}.",
        ),
    )


def _clause(term: TermDefinition | None) -> tuple[Text, ...]:
    return ((f"In the contract: {term.clause}.",),) if term and term.clause else ()


def _which_place(case: Case, term: TermDefinition) -> Step:
    before, place = case.row.place_before or 0, case.row.place
    limit = "The term does not limit their number."
    if term.max_count is not None:
        limit = f"The term pays for {term.max_count} at most."
    if case.row.reason == pricing.CARRIED:
        held = f"This outcome has been number {place} under this term since it was first decided."
    elif place is not None:
        held = f"{_counted(before)} under this term before; this one is number {place}."
    else:
        held = f"{_counted(before)} under this term before. As nothing is paid, this one is not counted."
    return Step(title="Its place in the count", says=((f"{held} {limit}",),))


def _counted(number: int) -> str:
    return "1 outcome was counted" if number == 1 else f"{number or 'No'} outcomes were counted"


def _charged_before(case: Case) -> Iterator[Step]:
    if case.row.reason != pricing.CARRIED:
        return
    earlier = [row for row in case.siblings if row.key < case.row.key and row.kind == "CHARGE"]
    lines = [SumLine(("Due",), case.row.entitlement)]
    lines += [
        SumLine(("Charged in ", charge_link(row.key, month_name(row.month))), -row.amount) for row in earlier
    ]
    still = Addition(tuple(lines), ("Still due",), case.row.entitlement - case.row.charged_before)
    first = case.priced
    says: Text = (
        "The price was fixed by the ",
        charge_link(first.key, f"first decision in {month_name(first.month)}"),
        ". What a cap left over then is due again until it is paid.",
    )
    yield Step(title="What earlier months charged", says=(says,), working=still)


def _room(case: Case) -> Iterator[Step]:
    if not case.row.entitlement:
        return
    lines = cap_lines(case)
    if not lines:
        yield Step(
            title="The room under each cap", says=((f"No cap of the {case.contract} limits this amount.",),)
        )
        return
    says: Text = (
        "Each ",
        Link("cap", contract_source(case)),
        ", less what was charged under it before and net of credits, leaves room. The least room decides.",
    )
    yield Step(title="The room under each cap", says=(says,), working=CapTable(lines))


def _decision(case: Case) -> Step:
    row = case.row
    title = "The decision"
    if row.reason == pricing.COUNT_CAP:
        return Step(
            title=title,
            says=(("The number that the term pays for was reached. Nothing is paid, for good.",),),
        )
    if not row.entitlement:
        return Step(title=title, says=(("Nothing is due at this price, so nothing is paid, for good.",),))
    room = row.rooms.least()
    partial = case.conditions.agreement.caps.partial
    working = Lesser(row.entitlement - row.charged_before, room, partial, row.amount)
    return Step(title=title, says=(_verdict(case, working),), working=working)


def _verdict(case: Case, working: Lesser) -> Text:
    if working.total_minor == working.due_minor:
        enough = "No cap stands in the way" if working.room_minor is None else "There is room for all of it"
        return (f"{enough}: all that is due is paid.",)
    after = "What is left is due again in later months." if _carries(case) else "What is left is never paid."
    if working.total_minor:
        return (f"The least room, under {deciding_caps(case)}, is all that can be paid. {after}",)
    nothing = "has room for less than all of it, and the agreement pays all or nothing"
    why = nothing if working.room_minor else "is used up"
    return (f"Nothing can be paid: {deciding_caps(case)} {why}. {after}",)


def _carries(case: Case) -> bool:
    return case.conditions.agreement.caps.over_cap == "carry_forward"


def _credit_steps(case: Case, event: EventFacts) -> Iterator[Step]:
    yield _what_happened(event)
    yield _what_is_reversed(case)
    yield _credited_amount(case)
    yield from since(case)


def _what_is_reversed(case: Case) -> Step:
    credited = case.credited
    assert credited is not None  # noqa: S101 (payments_charge_fits_its_kind)
    says: Text = (
        "The outcome no longer counts, so its ",
        charge_link(credited.key, f"charge of {month_name(credited.month)}"),
        " over ",
        Amount(credited.amount),
        " is reversed.",
    )
    on: Text = ("It was never on a document.",)
    if case.credited_on:
        on = ("It was on ", Link(case.credited_on, Source(SourceKind.DOCUMENT, case.credited_on)), ".")
    term = _term(case, case.conditions, "says how much is given back")
    return Step(title="What is reversed", says=(says, on, *term, *_clause(case.conditions.term)))


def _credited_amount(case: Case) -> Step:
    row, term = case.row, case.conditions.term
    back = Amount(-row.amount)
    if row.place_before is None or term is None:
        return Step(title="The amount", says=(("The same amount is given back: ", back, "."),))
    says: Text = (
        f"The term takes back the price of the last place counted. {row.place_before} places were held,"
        f" so the price of number {row.place_before} is given back: ",
        back,
        ". That place is free again.",
    )
    return Step(title="The amount", says=(says,), working=band_table(term, row.place_before))
