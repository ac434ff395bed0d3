"""Exports as people read them: what is in each, and how that ties to the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Case, CharField, Exists, OuterRef, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from accounts.models import User
from mhep.kernel.money import Money
from mhep.shared.sheets import Cell, Sheet
from payments.enums import Account, ExportFormat
from payments.models import ExportBatch, ExportedJournal, Posting
from payments.selectors.ledger import CREDIT, DEBIT, trial_balances
from providers.models import Operator

THIS, OTHER, NONE = "THIS", "OTHER", "NONE"
HEADINGS = (
    *("Export", "Format", "From", "To", "Movements", "Files", "Debits", "Credits", "Currency", "Made by"),
    *("Made on", "Taken back", "Reason"),
)


@dataclass(frozen=True, slots=True)
class AccountMoved:
    """
    What an account moved by over the days of an export; minor units, a debit positive.

    ``debits`` and ``credits``, both positive, are what the export itself holds of it, ``others`` are other
    exports of the format in force, ``left`` is in none, and ``ledger`` is what the trial balance moved by.
    """

    account: Account
    debits: int
    credits: int
    others: int
    left: int
    ledger: int

    @property
    def slug(self) -> str:
        return self.account.slug

    @property
    def net(self) -> int:
        return self.debits - self.credits

    @property
    def difference(self) -> int:
        """What the ledger moved by and no column says: nothing, or something is broken."""
        return self.ledger - self.net - self.others - self.left


@dataclass(frozen=True, slots=True)
class ExportPage:
    """An export by accounts, with its sums."""

    accounts: tuple[AccountMoved, ...]

    @property
    def debits(self) -> int:
        return sum(each.debits for each in self.accounts)

    @property
    def credits(self) -> int:
        return sum(each.credits for each in self.accounts)

    @property
    def difference(self) -> int:
        return sum(abs(each.difference) for each in self.accounts)


def exports_matching(user: User, operator: Operator) -> QuerySet[ExportBatch]:
    """Return an operator's exports, the latest first."""
    return (
        ExportBatch.objects.visible_to(user)
        .filter(operator=operator)
        .select_related("made_by", "undo__undone_by")
    )


def export_page(batch: ExportBatch) -> ExportPage:
    """
    Return an export by accounts, tied to the trial balance.

    The movement of the trial balance is that from the end of the day before to the end of the last day.
    """
    sums = _sums(batch)
    ledger = _moved(batch)
    accounts = [
        AccountMoved(
            account,
            debits=sums.get((account.value, THIS), (0, 0))[0],
            credits=sums.get((account.value, THIS), (0, 0))[1],
            others=_net(sums, account, OTHER),
            left=_net(sums, account, NONE),
            ledger=ledger.get(account, 0),
        )
        for account in Account
        if account in ledger or any((account.value, place) in sums for place in (THIS, OTHER, NONE))
    ]
    return ExportPage(tuple(accounts))


def export_sheet(user: User, operator: Operator) -> Sheet:
    """Return every export of an operator as a table."""
    rows: list[tuple[Cell, ...]] = []
    for batch in exports_matching(user, operator):
        amount = Money(batch.amount_minor, batch.currency)
        undo = getattr(batch, "undo", None)
        rows.append(
            (
                batch.reference,
                ExportFormat(batch.format).label,
                batch.first_day,
                batch.last_day,
                batch.journal_count,
                batch.file_count,
                amount,
                amount,
                batch.currency,
                batch.made_by.name if batch.made_by else "",
                batch.made_at.date(),
                undo.undone_at.date() if undo else "",
                undo.reason if undo else "",
            )
        )
    return Sheet("Exports", HEADINGS, rows)


def _net(sums: Mapping[tuple[str, str], tuple[int, int]], account: Account, place: str) -> int:
    debits, credit = sums.get((account.value, place), (0, 0))
    return debits - credit


def _sums(batch: ExportBatch) -> dict[tuple[str, str], tuple[int, int]]:
    """Return debits and credits, both positive, by account and by where the movement was exported."""
    exported = ExportedJournal.objects.filter(format=batch.format, journal=OuterRef("journal"))
    rows = (
        Posting.objects.filter(
            journal__operator=batch.operator_id,
            journal__currency=batch.currency,
            journal__dated_on__range=(batch.first_day, batch.last_day),
        )
        .annotate(
            place=Case(
                When(Exists(exported.filter(batch=batch)), then=Value(THIS)),
                When(Exists(exported.filter(batch__undo__isnull=True)), then=Value(OTHER)),
                default=Value(NONE),
                output_field=CharField(),
            )
        )
        .values("account", "place")
        .annotate(
            debits=Coalesce(Sum("amount_minor", filter=DEBIT), 0),
            credits=Coalesce(Sum("amount_minor", filter=CREDIT), 0),
        )
    )
    return {(row["account"], row["place"]): (row["debits"], -row["credits"]) for row in rows}


def _moved(batch: ExportBatch) -> dict[Account, int]:
    """Return by how much the trial balance moved over the days of an export, by account."""
    moved: dict[Account, int] = {}
    for day, side in ((batch.last_day, 1), (batch.first_day - timedelta(days=1), -1)):
        for balance in trial_balances(batch.operator, day):
            if balance.currency == batch.currency:
                for row in balance.rows:
                    moved[row.account] = moved.get(row.account, 0) + side * (row.debits - row.credits)
    return {account: amount for account, amount in moved.items() if amount}
