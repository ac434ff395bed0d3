"""Confirming proposals: what somebody saw is what is done, or they are told that it changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from mhep.shared.sealed_ids import Kind, Unsealable, opened_id, sealed_id
from payments.enums import Account, AllocationKind
from payments.models import BankLine
from payments.rules.matching import Part, Proposal
from payments.selectors.matching import as_open, matched, open_lines
from payments.services.allocations import CannotAllocate, Use, allocate
from providers.models import Operator


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What became of what somebody confirmed: how many payments were taken, and in words what was not."""

    done: int
    refusals: tuple[str, ...]


def token_of(proposal: Proposal) -> str:
    """Return what stands for a proposal in a form: the line, and a digest of all that it would do."""
    told = repr((proposal.parts, proposal.credits, proposal.charges, proposal.on_account, proposal.party))
    return f"{sealed_id(Kind.BANK_LINE, proposal.line)}.{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def confirm_proposals(
    *, operator: Operator, currency: str, tokens: Sequence[str], actor: User | None, at: datetime
) -> Confirmed:
    """
    Do what the proposals with these tokens say, each by itself, as far as they still stand.

    A proposal that somebody's work has changed since it was looked at is left, and the refusal says so.
    """
    done, refusals = 0, []
    for token in dict.fromkeys(tokens):
        lines = as_open(open_lines(operator, currency))
        found = matched(operator, currency, lines).proposals
        proposal = next(
            (each for options in found.values() for each in options if token_of(each) == token), None
        )
        if proposal is None:
            refusals.append(_gone(operator, token))
            continue
        size = next(abs(line.amount) for line in lines if line.key == proposal.line)
        try:
            allocate(uses_of(proposal, size), actor=actor, at=at)
            done += 1
        except CannotAllocate as refusal:
            refusals.append(str(refusal))
    return Confirmed(done, tuple(refusals))


def uses_of(proposal: Proposal, size: int) -> list[Use]:
    """
    Return what a proposal does with a line of which ``size`` is open.

    Credit notes are set off first; what is left of each document is paid, but for what a bank took.
    """
    line = proposal.line
    if proposal.is_bank_charge:
        return [Use(AllocationKind.ACCOUNT, size, line=line, account=Account.BANK_CHARGES)]
    set_off, rest = _net(proposal.parts, proposal.credits)
    uses = list(set_off)
    charges = proposal.charges
    for part in rest:
        if charges:
            uses.append(Use(AllocationKind.SHORTFALL, charges, line=line, document=part.document))
        uses.append(Use(AllocationKind.PAYMENT, part.amount - charges, line=line, document=part.document))
        charges = 0
    if proposal.on_account:
        uses.append(Use(AllocationKind.ON_ACCOUNT, proposal.on_account, line=line, funder=proposal.party))
    return uses


def _net(parts: Iterable[Part], credit_notes: Iterable[Part]) -> tuple[list[Use], list[Part]]:
    """Return the set-offs of credit notes against documents, and what is left of the documents to pay."""
    left = [[part.document, part.amount] for part in parts]
    uses = []
    for credit in credit_notes:
        rest = credit.amount
        for entry in left:
            amount = min(rest, entry[1])
            if amount:
                uses.append(Use(AllocationKind.SET_OFF, amount, credit=credit.document, document=entry[0]))
                entry[1] -= amount
                rest -= amount
    return uses, [Part(document, amount) for document, amount in left if amount]


def _gone(operator: Operator, token: str) -> str:
    try:
        key = opened_id(Kind.BANK_LINE, token.partition(".")[0])
    except Unsealable:
        key = 0
    line = BankLine.objects.filter(account__operator=operator, pk=key).first()
    about = f"The payment of {line.booked_on}" if line else "The payment"
    return f"{about} is not as you saw it any more: somebody has worked on it meanwhile. Look at it again."
