"""Bank accounts as people see them: what is open, what it may be for, and that it ties to the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from funders.models import Funder
from mhep.kernel.money import Money, to_major
from mhep.shared.sealed_ids import Kind, sealed_id
from mhep.shared.sheets import Sheet
from payments.enums import Account
from payments.models import Allocation, BankAccount, BankLine, BankStatement, Document, Posting
from payments.rules.matching import Proposal
from payments.selectors.matching import as_open, matched, open_lines
from providers.models import Operator

TokenOf = Callable[[Proposal], str]  # what stands for a proposal in a form
LINE_HEADINGS = ("Date", "Text", "Amount", "Open", "For", "Currency")


@dataclass(frozen=True, slots=True)
class AccountState:
    """An account beside the ledger: minor units. ``brought`` is what stood on it before its first line."""

    account: BankAccount
    posted_minor: int
    brought_minor: int | None
    closing_minor: int | None
    last_day: date | None
    open_count: int
    open_minor: int

    @property
    def difference_minor(self) -> int | None:
        """What ledger and bank are apart: nothing, unless a statement is missing. None without balances."""
        if self.brought_minor is None or self.closing_minor is None:
            return None
        return self.brought_minor + self.posted_minor - self.closing_minor


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a proposal does: what to, which document if any, how much."""

    text: str
    number: str
    amount: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposal as people read it; ``token`` stands for it in a form."""

    token: str
    basis: str
    reasons: tuple[str, ...]
    steps: tuple[Step, ...]
    score: int


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """A line that waits, with the offers, the best first, or the cause."""

    line: BankLine
    offers: tuple[Offer, ...]
    cause: str


def account_states(user: User, operator: Operator) -> list[AccountState]:
    """Return every account of the operator, held against the ledger and the bank's own balance."""
    accounts = BankAccount.objects.visible_to(user).filter(operator=operator)
    return [account_state(account) for account in accounts]


def account_state(account: BankAccount) -> AccountState:
    """Return an account held against the ledger and the bank's own balance at its last statement."""
    with_balance = BankStatement.objects.filter(account=account, closing_minor__isnull=False)
    last = with_balance.order_by("-last_day", "-pk").first()
    first = with_balance.filter(opening_minor__isnull=False).order_by("first_day", "pk").first()
    lines = BankLine.objects.filter(account=account)
    if last is not None:
        lines = lines.filter(booked_on__lte=last.last_day)
    posted = Posting.objects.filter(account=Account.BANK, journal__bank_line__in=lines)
    waiting = BankLine.objects.filter(account=account).aggregate(
        count=Count("pk", filter=Q(balance__open_minor__gt=0)),
        total=Coalesce(Sum("balance__open_minor", filter=Q(amount_minor__gt=0)), 0),
    )
    return AccountState(
        account=account,
        posted_minor=posted.aggregate(total=Coalesce(Sum("amount_minor"), 0))["total"],
        brought_minor=first.opening_minor if first else None,
        closing_minor=last.closing_minor if last else None,
        last_day=last.last_day if last else None,
        open_count=waiting["count"],
        open_minor=waiting["total"],
    )


def offers_for(account: BankAccount, lines: Sequence[BankLine], tokens: TokenOf) -> list[OpenPayment]:
    """Return what each of these lines may be for; all open lines of the operator are looked at together."""
    every = as_open(open_lines(account.operator, account.currency))
    found = matched(account.operator, account.currency, every)
    chosen = [found.proposals.get(line.pk, [])[:3] for line in lines]
    documents = _documents(proposal for options in chosen for proposal in options)
    return [
        OpenPayment(
            line,
            tuple(
                Offer(
                    tokens(proposal),
                    proposal.basis.value,
                    proposal.reasons,
                    tuple(_steps(proposal, line, documents)),
                    proposal.score,
                )
                for proposal in options
            ),
            cause.value if (cause := found.causes.get(line.pk)) and not options else "",
        )
        for line, options in zip(lines, chosen, strict=True)
    ]


def waiting_lines(account: BankAccount) -> QuerySet[BankLine]:
    """Return the lines of an account of which something is open, the latest first."""
    return open_lines(account.operator, account.currency).filter(account=account)


def allocations_of(line: BankLine) -> QuerySet[Allocation]:
    """Return what a line was taken for, undone ones included, in the order in which it was."""
    about = (
        *("document__agreement__programme", "funder", "late_claim__document"),
        *("journal__recorded_by", "reversal__journal"),
    )
    return Allocation.objects.filter(line=line, reverses__isnull=True).select_related(*about).order_by("pk")


def funders_to_keep_for(operator: Operator, currency: str) -> list[tuple[str, str]]:
    """Return the funders on whose account money can be kept: sealed id and name."""
    funders = Funder.objects.filter(programme__operator=operator, programme__currency=currency)
    rows = funders.order_by("name", "programme__code").values_list("pk", "name", "programme__code")
    return [(str(sealed_id(Kind.FUNDER, key)), f"{name} ({code})") for key, name, code in rows]


def lines_sheet(account: BankAccount) -> Sheet:
    """Return every line of an account as a table: what it was taken for, and what of it is open."""
    taken: dict[int, list[str]] = {}
    allocations = Allocation.objects.live().filter(line__account=account)
    for each in allocations.select_related("document", "funder", "late_claim__document").order_by("pk"):
        taken.setdefault(each.line_id or 0, []).append(f"{each.taken_for} {to_major(each.amount_minor)}")
    lines = BankLine.objects.filter(account=account).select_related("balance").order_by("booked_on", "pk")
    return Sheet(
        "Bank lines",
        LINE_HEADINGS,
        [
            (
                line.booked_on,
                line.words,
                Money(line.amount_minor, account.currency),
                Money(line.balance.open_minor, account.currency),
                "; ".join(taken.get(line.pk, [])),
                account.currency,
            )
            for line in lines
        ],
    )


def _documents(proposals: Iterable[Proposal]) -> dict[int, Document]:
    keys = {part.document for each in proposals for part in (*each.parts, *each.credits)}
    return Document.objects.in_bulk(keys)


def _steps(proposal: Proposal, line: BankLine, documents: dict[int, Document]) -> Iterator[Step]:
    for part in proposal.credits:
        yield Step("Net off", documents[part.document].full_number, part.amount)
    for part in proposal.parts:
        number = documents[part.document].full_number
        yield Step("Pay", number, part.amount)
    if proposal.charges:
        yield Step("Of it bank charges", "", proposal.charges)
    if proposal.on_account:
        yield Step("Keep on the payer’s account", "", proposal.on_account)
    if proposal.transfer is not None:
        yield Step(f"Show the payment on its way {proposal.transfer.reference}", "", proposal.transfer.amount)
    if proposal.is_bank_charge:
        yield Step("Book to bank charges", "", line.balance.open_minor)
