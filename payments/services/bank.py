"""Importing bank statements: each line once, into the ledger, matched by itself only without a guess."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from mhep.kernel.money import to_major
from mhep.kernel.problems import BusinessRuleError
from mhep.shared.copying import copy_rows, reserve_keys
from payments.enums import Account, BankFileFormat, JournalKind
from payments.models import BankAccount, BankLine, BankStatement
from payments.rules.bank_csv import ColumnMapping
from payments.rules.bank_files import read_bank_file
from payments.rules.bank_statement import Known, Line, Statement, clean_account, new_lines
from payments.rules.ledger import Entry
from payments.selectors.matching import as_open, matched, open_lines
from payments.services.allocations import allocate
from payments.services.ledger import NewJournal, post_many
from payments.services.matching import uses_of
from providers.models import Operator

LINE_COLUMNS = (
    *("id", "account_id", "statement_id", "booked_on", "amount_minor"),
    *("text", "payer", "reference", "key", "journal_id"),
)


class CannotAddAccount(BusinessRuleError):
    pass


@dataclass(frozen=True, slots=True)
class Preview:
    """What importing a file would do; nothing of it is stored. Balances as on :class:`Statement`."""

    format: BankFileFormat
    statements: tuple[Statement, ...]
    line_count: int
    new_count: int
    warnings: tuple[str, ...]

    @property
    def came_in(self) -> int:
        return sum(max(line.amount, 0) for each in self.statements for line in each.lines)

    @property
    def went_out(self) -> int:
        return -sum(min(line.amount, 0) for each in self.statements for line in each.lines)

    @property
    def repeated_count(self) -> int:
        return self.line_count - self.new_count


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import stored: how many lines the file has, were new, and were taken by themselves."""

    line_count: int
    new_count: int
    matched_count: int

    def __str__(self) -> str:
        repeated = self.line_count - self.new_count
        return (
            f"{self.new_count} of {self.line_count} lines are new, {repeated} were there already, "
            f"{self.matched_count} are matched by themselves."
        )


def add_account(
    *, operator: Operator, name: str, number: str, currency: str, actor: User | None, at: datetime
) -> BankAccount:
    """
    Add a bank account of an operator.

    :raises CannotAddAccount: if the number is none, or there is such an account.
    """
    bare = clean_account(number)
    if not 6 <= len(bare) <= 40:
        raise CannotAddAccount(
            "Enter the IBAN, or the sort code and the account number, in at least 6 signs."
        )
    if BankAccount.objects.filter(operator=operator, number=bare).exists():
        raise CannotAddAccount("There is an account with this number already.")
    account = BankAccount.objects.create(operator=operator, name=name, number=bare, currency=currency)
    record(actor=actor, action="bank.account_added", subject=f"{operator.code}: {account.pk}", at=at)
    return account


def remember_mapping(*, account_id: int, mapping: ColumnMapping) -> None:
    """Remember which column of an account's CSV files is what."""
    BankAccount.objects.filter(pk=account_id).update(csv_mapping=mapping.stored())


def preview(account: BankAccount, content: bytes) -> Preview:
    """
    Return what importing a file for an account would do now.

    :raises UnreadableBankFile: with everything that is wrong with the file.
    """
    form, statements = _read(account, content)
    new_count = 0
    known = _known(account, statements)
    for statement in statements:
        fresh = new_lines(statement.lines, known, form.value)
        new_count += len(fresh)
        known += [Known(line.booked_on, line.amount, key, form.value) for line, key in fresh]
    return Preview(
        format=form,
        statements=tuple(statements),
        line_count=sum(len(statement.lines) for statement in statements),
        new_count=new_count,
        warnings=tuple(_gaps(account, statements)),
    )


@transaction.atomic
def import_bank_file(*, account_id: int, content: bytes, actor: User | None, at: datetime) -> Imported:
    """
    Store the lines of a file that are not there yet, post each, and match what needs nobody to look at it.

    The same file again, or one that overlaps, adds nothing twice.

    :raises UnreadableBankFile: with everything that is wrong with the file; then nothing is stored.
    """
    account = BankAccount.objects.select_for_update().select_related("operator").get(pk=account_id)
    form, statements = _read(account, content)
    digest = hashlib.sha256(content).hexdigest()
    stored: list[int] = []
    for statement in statements:
        fresh = new_lines(statement.lines, _known(account, [statement]), form.value)
        row = BankStatement.objects.create(
            account=account,
            format=form,
            number=statement.number[:60],
            first_day=statement.first_day,
            last_day=statement.last_day,
            opening_minor=statement.opening,
            closing_minor=statement.closing,
            line_count=len(statement.lines),
            new_count=len(fresh),
            sha256=digest,
            imported_at=at,
            imported_by=actor,
        )
        stored += _store(account, row, fresh, actor, at)
    record(actor=actor, action="bank.imported", subject=f"{account.operator.code}: {account.pk}", at=at)
    return Imported(
        line_count=sum(len(statement.lines) for statement in statements),
        new_count=len(stored),
        matched_count=match_by_itself(account.operator, account.currency, stored, actor=actor, at=at),
    )


def match_by_itself(
    operator: Operator, currency: str, lines: Sequence[int], *, actor: User | None, at: datetime
) -> int:
    """Take those of the lines whose reference and amount are exactly an open document's; return how many."""
    opened = as_open(open_lines(operator, currency).filter(pk__in=lines))
    found = matched(operator, currency, opened)
    sure = [
        (line, found.proposals[line.key][0])
        for line in opened
        if line.key in found.proposals and found.proposals[line.key][0].by_itself
    ]
    uses = [use for line, proposal in sure for use in uses_of(proposal, abs(line.amount))]
    return allocate(uses, actor=actor, at=at) if uses else 0


def _read(account: BankAccount, content: bytes) -> tuple[BankFileFormat, list[Statement]]:
    mapping = ColumnMapping.of(account.csv_mapping) if account.csv_mapping else None
    form, statements = read_bank_file(
        content, account=account.number, currency=account.currency, mapping=mapping
    )
    return BankFileFormat(form.name), statements


def _known(account: BankAccount, statements: Sequence[Statement]) -> list[Known]:
    """Return the stored lines of the days that the statements are about."""
    first = min(statement.first_day for statement in statements)
    last = max(statement.last_day for statement in statements)
    rows = BankLine.objects.filter(account=account, booked_on__range=(first, last))
    return [Known(*row) for row in rows.values_list("booked_on", "amount_minor", "key", "statement__format")]


def _gaps(account: BankAccount, statements: Sequence[Statement]) -> list[str]:
    """Return in words where a statement does not begin with what the one before it ended with."""
    warnings = []
    for statement in statements:
        before = (
            BankStatement.objects.filter(
                account=account, last_day__lt=statement.first_day, closing_minor__isnull=False
            )
            .order_by("-last_day", "-pk")
            .first()
        )
        if before is None or statement.opening is None or before.closing_minor == statement.opening:
            continue
        warnings.append(
            f"The statement before ended on {before.last_day} with {to_major(before.closing_minor or 0)}; "
            f"this one begins with {to_major(statement.opening)}. A statement between them is missing."
        )
    return warnings


def _store(
    account: BankAccount,
    statement: BankStatement,
    fresh: Sequence[tuple[Line, str]],
    actor: User | None,
    at: datetime,
) -> list[int]:
    """Store new lines with their journals; return their keys."""
    if not fresh:
        return []
    journals = post_many(
        [
            NewJournal(
                operator_id=account.operator_id,
                kind=JournalKind.BANK_LINE,
                dated_on=line.booked_on,
                currency=account.currency,
                entries=(Entry(Account.BANK, line.amount), Entry(Account.UNALLOCATED, -line.amount)),
            )
            for line, _ in fresh
        ],
        actor=actor,
        at=at,
    )
    keys = reserve_keys("payments_bankline", len(fresh))
    copy_rows(
        "payments_bankline",
        LINE_COLUMNS,
        (
            (
                *(key, account.pk, statement.pk, line.booked_on, line.amount),
                *(line.text, line.payer, line.reference, line_key, journal),
            )
            for key, journal, (line, line_key) in zip(keys, journals, fresh, strict=True)
        ),
    )
    return keys
