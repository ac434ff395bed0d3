"""The ledger as a general journal: one row a posting, for any accounts that take a CSV."""

from __future__ import annotations

from collections.abc import Sequence

from mhep.kernel.money import Money
from payments.rules.booking.codes import ACCOUNT, CodeBook, Subject
from payments.rules.booking.facts import Cell, File, Leg, Movement, Written

HEADINGS = (
    *("date", "journal", "kind", "document", "account", "code", "department", "party", "outcome"),
    *("description", "debit", "credit", "currency"),
)


def subject_of(leg: Leg) -> Subject:
    """Return what the code of a posting's account is looked up by."""
    return Subject(
        ACCOUNT,
        account=leg.account,
        funder=leg.funder.key if leg.funder else None,
        provider=leg.provider.key if leg.provider else None,
        outcome=leg.outcome.key if leg.outcome else None,
    )


def as_journal(movements: Sequence[Movement], codes: CodeBook, currency: str) -> Written:
    """Return every posting as a row; debits and credits are both positive and come to the same."""
    rows: list[tuple[Cell, ...]] = []
    effect: dict[str, int] = {}
    for movement in movements:
        for leg in movement.legs:
            rows.append(_row(movement, leg, codes, currency))
            effect[leg.account] = effect.get(leg.account, 0) + leg.amount
    booked = {account: amount for account, amount in effect.items() if amount}
    return Written((File("journal", HEADINGS, rows),), booked)


def _row(movement: Movement, leg: Leg, codes: CodeBook, currency: str) -> tuple[Cell, ...]:
    code = codes.of(subject_of(leg), movement.dated_on)
    party, outcome = leg.party, leg.outcome
    return (
        movement.dated_on,
        movement.key,
        movement.what,
        leg.document,
        leg.account,
        code.code,
        code.department,
        party.name if party else "",
        outcome.code if outcome else "",
        movement.note,
        Money(max(leg.amount, 0), currency),
        Money(max(-leg.amount, 0), currency),
        currency,
    )
