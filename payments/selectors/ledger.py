"""The ledger as people read it: the trial balance, an account, a journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from funders.models import Funder
from mhep.kernel.money import Money
from mhep.kernel.periods import Month
from mhep.shared.sheets import Cell, Sheet
from payments.enums import Account, JournalKind
from payments.models import Journal, Posting
from payments.rules.ledger import Balance
from providers.models import Operator, Provider

DEBIT, CREDIT = Q(amount_minor__gt=0), Q(amount_minor__lt=0)
BALANCE_HEADINGS = ("Currency", "Account", "Debits", "Credits", "Debit balance", "Credit balance")
POSTING_HEADINGS = (
    *("Date", "Journal", "What", "Document", "Funder or provider", "Outcome", "Debit", "Credit", "Currency"),
)


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """What stands on an account; one of the last two is nothing. Minor units."""

    account: Account
    debits: int
    credits: int

    @property
    def slug(self) -> str:
        return self.account.slug

    @property
    def debit(self) -> int:
        return max(self.debits - self.credits, 0)

    @property
    def credit(self) -> int:
        return max(self.credits - self.debits, 0)


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """All accounts of an operator in one currency through a day; both columns add up to the same."""

    currency: str
    rows: tuple[AccountBalance, ...]

    @property
    def debits(self) -> int:
        return sum(row.debits for row in self.rows)

    @property
    def credits(self) -> int:
        return sum(row.credits for row in self.rows)

    @property
    def debit(self) -> int:
        return sum(row.debit for row in self.rows)

    @property
    def credit(self) -> int:
        return sum(row.credit for row in self.rows)

    @property
    def difference(self) -> int:
        """What the two sides are apart: nothing, or the ledger is broken."""
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which postings of an account to list; the months are inclusive, and an empty value leaves all in."""

    account: Account
    currency: str
    first: Month | None = None
    last: Month | None = None
    party: str = ""  # "f-CODE" of a funder or "p-CODE" of a provider


@dataclass(frozen=True, slots=True)
class AccountPage:
    """An account over a time: what stood on it before, what came, what stands on it."""

    chosen: AccountFilter
    opening: int
    debits: int
    credits: int
    parties: tuple[tuple[str, str], ...]
    currencies: tuple[str, ...]
    months: tuple[Month, ...]

    @property
    def slug(self) -> str:
        return self.chosen.account.slug

    @property
    def closing(self) -> int:
        return self.opening + self.debits - self.credits


def trial_balances(operator: Operator, on: date) -> list[TrialBalance]:
    """Return the trial balance at the end of a day, one for each currency, of accounts with movements."""
    rows = (
        Posting.objects.filter(journal__operator=operator, journal__dated_on__lte=on)
        .values("journal__currency", "account")
        .annotate(
            debits=Coalesce(Sum("amount_minor", filter=DEBIT), 0),
            credits=Coalesce(Sum("amount_minor", filter=CREDIT), 0),
        )
    )
    found = {
        (row["journal__currency"], row["account"]): Balance(row["account"], row["debits"], -row["credits"])
        for row in rows
    }
    return [
        TrialBalance(
            currency,
            tuple(
                AccountBalance(account, balance.debits, balance.credits)
                for account in Account
                if (balance := found.get((currency, account.value))) is not None
            ),
        )
        for currency in sorted({currency for currency, _ in found})
    ]


def trial_balance_sheet(operator: Operator, on: date) -> Sheet:
    """Return the trial balance as a table, with a last row of totals for each currency."""
    rows: list[tuple[Cell, ...]] = []
    for balance in trial_balances(operator, on):
        lines: list[tuple[str, AccountBalance | TrialBalance]] = [
            *((row.account.label, row) for row in balance.rows),
            ("Total", balance),
        ]
        for label, row in lines:
            amounts = (row.debits, row.credits, row.debit, row.credit)
            rows.append((balance.currency, label, *(Money(amount, balance.currency) for amount in amounts)))
    return Sheet(f"Trial balance {on.isoformat()}", BALANCE_HEADINGS, rows)


def account_page(user: User, operator: Operator, chosen: AccountFilter) -> AccountPage:
    """Return the sums of an account under a filter, and whom it can be narrowed to."""
    every = _postings(user, operator, chosen)
    before = every.filter(journal__dated_on__lt=chosen.first.first_day) if chosen.first else every.none()
    sums = _within(every, chosen).aggregate(
        debits=Coalesce(Sum("amount_minor", filter=DEBIT), 0),
        credits=Coalesce(Sum("amount_minor", filter=CREDIT), 0),
    )
    return AccountPage(
        chosen=chosen,
        opening=before.aggregate(total=Coalesce(Sum("amount_minor"), 0))["total"],
        debits=sums["debits"],
        credits=-sums["credits"],
        parties=_parties(operator, chosen),
        currencies=tuple(currencies_of(operator)),
        months=_months(operator),
    )


def postings_matching(user: User, operator: Operator, chosen: AccountFilter) -> QuerySet[Posting]:
    """Return the postings that the filter lets through, the latest first, with what they are about."""
    return (
        _within(_postings(user, operator, chosen), chosen)
        .select_related("journal", "funder", "provider", "outcome_type", "document__agreement__programme")
        .order_by("-journal__dated_on", "-journal_id", "pk")
    )


def postings_sheet(user: User, operator: Operator, chosen: AccountFilter) -> Sheet:
    """Return the listed postings as a table, all pages of them; debits and credits are both positive."""
    rows = []
    for posting in postings_matching(user, operator, chosen):
        rows.append(
            (
                posting.journal.dated_on,
                posting.journal_id,
                JournalKind(posting.journal.kind).label,
                posting.document.full_number if posting.document else posting.journal.note,
                posting.party_name,
                posting.outcome_type.code if posting.outcome_type else "",
                Money(max(posting.amount_minor, 0), chosen.currency),
                Money(max(-posting.amount_minor, 0), chosen.currency),
                chosen.currency,
            )
        )
    return Sheet(chosen.account.label, POSTING_HEADINGS, rows)


def journal_postings(journal: Journal) -> QuerySet[Posting]:
    """Return a journal's postings in their order, with what they are about."""
    about = ("funder", "provider", "outcome_type", "document__agreement__programme")
    return journal.postings.select_related(*about).order_by("pk")


def currencies_of(operator: Operator) -> list[str]:
    """Return the currencies in which the operator has programmes or movements."""
    used = Journal.objects.filter(operator=operator).values_list("currency", flat=True).distinct()
    return sorted(set(used) | set(operator.programmes.values_list("currency", flat=True)))


def _months(operator: Operator) -> tuple[Month, ...]:
    """Return every month from the operator's first movement through its last."""
    days = Journal.objects.filter(operator=operator).aggregate(first=Min("dated_on"), last=Max("dated_on"))
    if days["first"] is None:
        return ()
    return tuple(Month.of(days["first"]).until(Month.of(days["last"])))


def _postings(user: User, operator: Operator, chosen: AccountFilter) -> QuerySet[Posting]:
    journals = Journal.objects.visible_to(user).filter(operator=operator, currency=chosen.currency)
    postings = Posting.objects.filter(account=chosen.account, journal__in=journals)
    side, _, code = chosen.party.partition("-")
    if side == "f":
        postings = postings.filter(funder__code=code)
    elif side == "p":
        postings = postings.filter(provider__code=code)
    return postings


def _within(postings: QuerySet[Posting], chosen: AccountFilter) -> QuerySet[Posting]:
    if chosen.first:
        postings = postings.filter(journal__dated_on__gte=chosen.first.first_day)
    if chosen.last:
        postings = postings.filter(journal__dated_on__lte=chosen.last.last_day)
    return postings


def _parties(operator: Operator, chosen: AccountFilter) -> tuple[tuple[str, str], ...]:
    """Return who has postings on the account, as a value of the filter and a name."""
    posted = Posting.objects.filter(
        journal__operator=operator, account=chosen.account, journal__currency=chosen.currency
    )
    funders = Funder.objects.filter(pk__in=posted.values("funder")).values_list("code", "name")
    providers = Provider.objects.filter(pk__in=posted.values("provider")).values_list("code", "name")
    named = {(f"f-{code}", name) for code, name in funders} | {
        (f"p-{code}", name) for code, name in providers
    }
    return tuple(sorted(named, key=lambda option: (option[1], option[0])))
