"""Amounts that people decided by hand: adjustments, and charges that a funder was spared (ADR 0020)."""

from __future__ import annotations

from collections.abc import Iterator

from payments.rules.explanation.case import ByHand, Case
from payments.rules.explanation.page import Amount, Link, Source, SourceKind, Step, Text
from payments.rules.explanation.phrases import charge_link, contract_source, month_name
from payments.rules.explanation.since import since
from payments.rules.pricing import VOIDED


def of_adjustment(case: Case, by_hand: ByHand) -> Text:
    """Answer why an adjustment, or its reversal, is what it is."""
    amount = Amount(abs(case.row.amount))
    if case.row.reason == VOIDED:
        return (
            f"{by_hand.ref} over ",
            Amount(-case.row.amount),
            f" is taken back, because event {by_hand.event} was voided and its charge is credited in full.",
        )
    gets = case.row.amount < 0
    verb = ("gives back " if gets else "is paid ") if case.payable else ("gets back " if gets else "pays ")
    return (f"{case.party} {verb}", amount, f" by hand: {by_hand.reason}")


def of_waiver(case: Case) -> Text:
    """Answer why a charge is taken off for one funder."""
    reason = f": {case.queried.settlement_reason}" if case.queried else "."
    return (f"{case.party} is spared ", Amount(-case.row.amount), f" that it had queried{reason}")


def adjustment_steps(case: Case, by_hand: ByHand) -> Iterator[Step]:
    """Yield what was adjusted and why, who decided it, and what happened since."""
    about: list[tuple[str, Text]] = [
        ("Agreement", (Link(case.conditions.agreement.ref, contract_source(case)),))
    ]
    if by_hand.corrects:
        source = Source(SourceKind.DOCUMENT, by_hand.corrects)
        about.append(("Corrects", (Link(by_hand.corrects, source),)))
    if by_hand.event and by_hand.event_key is not None:
        about.append(("Event", (Link(by_hand.event, Source(SourceKind.EVENT, str(by_hand.event_key))),)))
    if by_hand.term:
        about.append(("Term", (by_hand.term,)))
    yield Step(title="What was adjusted", says=((by_hand.reason,),), facts=tuple(about))
    yield Step(
        title="Who decided it",
        facts=(
            ("Proposed", (by_hand.proposed_on, f" by {by_hand.proposed_by}")),
            ("Approved", (by_hand.approved_on, f" by {by_hand.approved_by}")),
        ),
    )
    yield Step(
        title="The amount",
        says=(("Two people decided it. No price and no cap comes into it: ", Amount(case.row.amount), "."),),
    )
    yield from since(case)


def waiver_steps(case: Case) -> Iterator[Step]:
    """Yield which charge is taken off, why, and what that leaves as it was."""
    credited = case.credited
    assert credited is not None  # noqa: S101 (payments_charge_fits_its_kind)
    yield Step(
        title="What is taken off",
        says=(
            (
                "The ",
                charge_link(credited.key, f"charge of {month_name(credited.month)}"),
                " over ",
                Amount(credited.amount),
                " was never on a document, because the funder had queried it.",
            ),
        ),
    )
    queried = case.queried
    if queried is not None:
        yield Step(
            title="Why",
            facts=(
                ("Queried", (queried.raised_on, f": {queried.reason}")),
                ("Waived", (f"by {queried.settled_by}: {queried.settlement_reason}",)),
            ),
        )
    yield Step(
        title="What stays",
        says=(
            ("The outcome still counts and keeps its place. What was charged to others is as it was.",)
            if case.event
            else ("What was charged to others is as it was.",),
        ),
    )
    yield from since(case)
