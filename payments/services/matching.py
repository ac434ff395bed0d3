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
    told += repr(proposal.transfer) if proposal.transfer else ""
    return f"{sealed_id(Kind.BANK_LINE, proposal.line)}.{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def confirm_proposals(
    *, operator: Operator, currency: str, tokens: Sequence[str], actor: User | None, at: datetime
) -> Confirmed:
    """
    Do what the proposals with these tokens say, each by itself, as far as they still stand.

    Everything is matched once. A proposal that somebody's work has changed since it was looked at is left,
    and so is one of which an earlier token took what it needs; the refusals say so.
    """
    done, refusals = 0, []
    lines = as_open(open_lines(operator, currency))
    found = matched(operator, currency, lines).proposals
    sizes = {line.key: abs(line.amount) for line in lines}
    asked = {_line_of(token) for token in tokens}
    standing = {token_of(each): each for line, options in found.items() if line in asked for each in options}
    for token in dict.fromkeys(tokens):
        proposal = standing.get(token)
        if proposal is None:
            refusals.append(_gone(operator, token))
            continue
        try:
            allocate(uses_of(proposal, sizes[proposal.line]), actor=actor, at=at)
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
    if proposal.transfer is not None:
        return [
            Use(AllocationKind.ACCOUNT, amount, line=line, account=Account.IN_TRANSIT, order=order)
            for order, amount in proposal.transfer.orders
        ]
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


def _line_of(token: str) -> int:
    """Return the key of the line that a token is about; 0, which no line has, if it is none of ours."""
    try:
        return opened_id(Kind.BANK_LINE, token.partition(".")[0])
    except Unsealable:
        return 0


def _gone(operator: Operator, token: str) -> str:
    line = BankLine.objects.filter(account__operator=operator, pk=_line_of(token)).first()
    about = f"The payment of {line.booked_on}" if line else "The payment"
    return f"{about} is not as you saw it any more: somebody has worked on it meanwhile. Look at it again."
