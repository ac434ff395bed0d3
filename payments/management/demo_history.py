"""
What happened in the demo until now: each month closed, its statements answered, its money in the bank.

In the demo it is for ever the programme's last day, 30 September 2022. July was closed late, a week before,
so that its statements are out for approval. Everything here is made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from accounts.models import User
from funders.enums import Direction, FunderRole
from funders.models import FunderMember, Programme
from mhep.kernel.periods import Month
from payments.enums import AllocationKind, DocumentKind, StatementState
from payments.models import BankAccount, BankStatement, Document, Statement
from payments.rules.credit_transfer import Account
from payments.rules.matching import Basis
from payments.selectors.demo_statement import Movement, camt_of
from payments.selectors.matching import as_open, matched, open_lines
from payments.services.allocations import Use, allocate
from payments.services.bank import add_account, import_bank_file
from payments.services.matching import confirm_proposals, token_of
from payments.services.months import close_month, months_to_close
from payments.services.paying import Wanted, approve_account, enter_account, prepare_batch, release_batch
from payments.services.statements import answer_statement

FIRST_OPEN = Month(2022, 8)
INVOICED_ON_DAY = 5  # of the month after
CLOSED_LATE = {Month(2022, 7): date(2022, 9, 23)}
LAST_BANK_DAY = date(2022, 9, 28)
BANK_ACCOUNT = "00-00-00 00000000"
PAYEE = Account(holder="West London Provider", sort_code="000000", number="00000001")

# What the investor's bank says of money lent, which load_demo_investment takes for its drawdowns.
LENT_AS = "EXAMPLE SOCIAL INVESTOR LOAN"
LENT = ((date(2019, 1, 15), 200_000_00), (date(2019, 7, 1), 120_000_00))

ANSWERED_AFTER, PROVIDER_PAID_AFTER = 5, 28  # days
PAID_AFTER = {"LB-HIL-1": 44, "CCG-EAL-1": 38, "LB-KEN-1": 33, "JCP-WL-1": 19, "JCP-BAR-1": 17}
USUALLY_PAID_AFTER = 23
PAID_BACK_AFTER = timedelta(days=120)  # what no invoice was left to be set off against
PAID_IN_PARTS, PAID_SHORT = 17, 23  # every 17th and every 23rd invoice
SHORT_BY = 12_50  # minor units
ADVANCE = ("CCG-CLO", 1_500_00)  # paid before anything was due
LOOKED_AT = {Basis.REFERENCES, Basis.PART, Basis.CHARGES}

# What still waits when the demo is loaded.
OPEN_STATEMENTS = {
    ("LB-EAL-1", Month(2022, 6)),
    ("CCG-HRW-1", Month(2022, 7)),
    ("CCG-EAL-1", Month(2022, 7)),
}
QUERIED = {("LCF-WL", Month(2022, 6)): "Our records show another day. Please send the evidence. (demo)"}
UNPAID = {
    ("CCG-BRE-1", Month(2022, 4)),
    ("CCG-BRE-1", Month(2022, 5)),
    ("LB-HRW-1", Month(2022, 6)),
    ("PROV-1", Month(2022, 6)),  # it is in the batch that is on its way
}


@dataclass(frozen=True, slots=True)
class Team:
    """Who did what an operator's people do: one prepares, the other is the second person."""

    finance: User
    second: User


def load_history(programme: Programme, team: Team) -> Iterator[Month]:
    """
    Close every open month before ``FIRST_OPEN``, with all that followed; give each when it is done.

    Each month is its own transaction: started again after a crash, it goes on where it stopped.
    """
    account = _account(programme)
    for month in months_to_close(programme, FIRST_OPEN - 1):
        with transaction.atomic():
            _live_through(programme, month, account, team)
        yield month


def _live_through(programme: Programme, month: Month, account: BankAccount, team: Team) -> None:
    """Close a month, have its statements answered, and import what the bank did until the next close."""
    at = _closed_at(month)
    is_last = month + 1 == FIRST_OPEN
    if is_last:
        _pay_provider(programme, team, at - timedelta(days=4))
    close_month(programme_id=programme.pk, month=month, issued_on=at.date(), actor=team.finance, at=at)
    _answer(programme, month, at + timedelta(days=0 if is_last else ANSWERED_AFTER))
    until = _morning(LAST_BANK_DAY) if is_last else _closed_at(month + 1) - timedelta(days=1)
    movements = sorted(_movements(account, until.date()), key=lambda each: each.day)
    if is_last:
        movements.append(Movement(until.date(), f"{ADVANCE[0]} PAYMENT IN ADVANCE", ADVANCE[1]))
    if movements:
        content = camt_of(account, movements)
        import_bank_file(account_id=account.pk, content=content, actor=team.finance, at=until)
        _confirm(programme, account, team.finance, until)
    if is_last:
        _keep_advance(programme, account, team.finance, until)


def _closed_at(month: Month) -> datetime:
    return _morning(CLOSED_LATE.get(month) or month.last_day + timedelta(days=INVOICED_ON_DAY))


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(9), tzinfo=UTC)


def _account(programme: Programme) -> BankAccount:
    """Return the operator's bank account, opened with the programme if there is none."""
    found = BankAccount.objects.filter(operator=programme.operator).first()
    return found or add_account(
        operator=programme.operator,
        name="Current account (demo)",
        number=BANK_ACCOUNT,
        currency=programme.currency,
        actor=None,
        at=_morning(programme.starts_on),
    )


def _answer(programme: Programme, month: Month, at: datetime) -> None:
    """Let each funder's approver answer the statements of a month, but for those that still wait."""
    sent = Statement.objects.filter(agreement__programme=programme, state=StatementState.SENT)
    for statement in sent.filter(month__first_day=month.first_day).select_related("agreement"):
        if (statement.agreement.ref, month) in OPEN_STATEMENTS:
            continue
        approver = FunderMember.objects.get(
            funder=statement.agreement.funder_id, role=FunderRole.FINANCE_APPROVER
        )
        reason = QUERIED.get((statement.agreement.ref, month))
        doubted = statement.lines.order_by("-charge__amount_minor", "pk")[:1] if reason else ()
        answer_statement(
            statement_id=statement.pk,
            seen=statement.fingerprint,
            queries={line.charge_id: reason for line in doubted if reason},
            actor=approver.user,
            at=at,
        )


def _movements(account: BankAccount, until: date) -> Iterator[Movement]:
    """Yield what the bank booked since its last statement and through a day."""
    last = BankStatement.objects.filter(account=account).order_by("-last_day").first()
    begins = last.last_day + timedelta(days=1) if last else date.min
    for day, amount in LENT:
        if begins <= day <= until:
            yield Movement(day, LENT_AS, amount)
    due = [each for each in _open_documents(account) if max(_paid_on(each), begins) <= until]
    notes = {each.agreement_id: each for each in due if each.kind == DocumentKind.CREDIT_NOTE}
    for document in due:
        if document.kind != DocumentKind.CREDIT_NOTE:
            note = notes.get(document.agreement_id)
            fits = note is not None and note.balance.open_minor < document.balance.open_minor
            day = max(_paid_on(document), begins)
            yield _payment(document, notes.pop(document.agreement_id) if fits else None, day)
    for note in notes.values():
        day = note.issued_on + PAID_BACK_AFTER
        if note.agreement.direction == Direction.RECEIVABLE and begins <= day <= until:
            yield Movement(day, f"REFUND {note.full_number}", -note.balance.open_minor)


def _open_documents(account: BankAccount) -> list[Document]:
    """Return what is open and not left unpaid, the first issued first."""
    found = Document.objects.filter(operator=account.operator, balance__open_minor__gt=0)
    return [
        document
        for document in found.select_related("agreement", "balance", "month").order_by("pk")
        if (document.agreement.ref, document.month.period) not in UNPAID
    ]


def _paid_on(document: Document) -> date:
    """Return the day on which a document is paid, a few days around what its payer is used to."""
    ref = document.agreement.ref
    usual = PAID_AFTER.get(ref, USUALLY_PAID_AFTER)
    if document.kind == DocumentKind.REMITTANCE:
        usual = PROVIDER_PAID_AFTER
    return document.issued_on + timedelta(days=usual + document.number % 5)


def _payment(document: Document, note: Document | None, day: date) -> Movement:
    """Return what the bank says of a document's payment, from which its payer may take a credit note off."""
    number, left = document.full_number, document.balance.open_minor
    less = f" LESS {note.full_number}" if note else ""
    amount = left - (note.balance.open_minor if note else 0)
    if document.kind == DocumentKind.REMITTANCE:
        return Movement(day, f"WEST LONDON PROVIDER {number}{less}", -amount)
    if note is not None:
        return Movement(day, f"BACS {number}{less}", amount)
    if left < document.gross_minor:
        return Movement(day, f"BACS {number} PART 2 OF 2", left)
    if document.number % PAID_IN_PARTS == 0:
        return Movement(day, f"BACS {number} PART 1 OF 2", left // 2)
    if document.number % PAID_SHORT == 0:
        return Movement(day, f"SWIFT {number} CHARGES SHARED", left - SHORT_BY)
    return Movement(day, f"BACS {number}", left)


def _confirm(programme: Programme, account: BankAccount, actor: User, at: datetime) -> None:
    """Confirm what was paid in part, short or less a credit note, as a person would who looked at it."""
    operator, currency = programme.operator, account.currency
    found = matched(operator, currency, as_open(open_lines(operator, currency)))
    sure = [
        options[0]
        for options in found.proposals.values()
        if options[0].basis in {Basis.REFERENCES, Basis.PART, Basis.CHARGES}
    ]
    tokens = [token_of(proposal) for proposal in sure]
    confirm_proposals(operator=operator, currency=currency, tokens=tokens, actor=actor, at=at)


def _keep_advance(programme: Programme, account: BankAccount, actor: User, at: datetime) -> None:
    """Keep what a funder paid before anything was due on its account."""
    line = account.lines.order_by("pk").last()
    funder = programme.funders.get(code=ADVANCE[0])
    if line is not None:
        use = Use(AllocationKind.ON_ACCOUNT, ADVANCE[1], line=line.pk, funder=funder.pk)
        allocate([use], actor=actor, at=at)


def _pay_provider(programme: Programme, team: Team, at: datetime) -> None:
    """Pay the provider what is open by a batch, which the bank has yet to show."""
    provider = programme.services.get().provider
    entered = enter_account(provider_id=provider.pk, account=PAYEE, actor=team.finance, at=at)
    approve_account(account_id=entered.pk, actor=team.second, at=at)
    wanted = Wanted([provider.pk], at.date() + timedelta(days=2))
    batch = prepare_batch(programme_id=programme.pk, wanted=wanted, actor=team.finance, at=at)
    release_batch(batch_id=batch.pk, actor=team.second, at=at)
