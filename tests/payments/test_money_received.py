"""
The whole life of money as a state machine (M3): after each step everything still adds up to the penny.

``MONEY_EXAMPLES`` and ``MONEY_STEPS`` in the environment make it look longer: 300 and 60 take about an hour.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from funders.models import Agreement
from mhep.kernel.money import to_major
from mhep.kernel.problems import BusinessRuleError
from payments.enums import AllocationKind, DocumentKind, ExportFormat, Settlement
from payments.models import Allocation, BankLine, Document, LineQuery, PaymentOrder, Statement
from payments.selectors.ledger import trial_balances
from payments.selectors.matching import as_open, matched, open_lines
from payments.selectors.reconciliation import Chosen, reconciliation
from payments.services.adjustments import About, approve_adjustment, propose_adjustment
from payments.services.allocations import Use, allocate, spend_from_account, undo_allocation
from payments.services.exports import undo_export
from payments.services.matching import confirm_proposals, token_of
from payments.services.paying import release_batch, return_order
from payments.services.settlements import settle_query
from payments.services.statements import answer_statement, let_silence_speak
from providers.models import Provider
from tests.cast import AT, close
from tests.payments.approving import LATER, REASON, an_approving_cast, another_approver
from tests.payments.attacked import run
from tests.payments.bank import take
from tests.payments.booking import every_code, export
from tests.payments.documents import void
from tests.payments.paying import approved, prepared

TODAY = date(2026, 12, 1)
MONTHS = ("2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09")
EVENTS = ("E-001", "E-002", "E-003")
EXAMPLES = int(os.environ.get("MONEY_EXAMPLES", "8"))
STEPS = int(os.environ.get("MONEY_STEPS", "16"))
amounts = st.integers(1, 400_00)
places = st.integers(0, 9)
# Credits are never more than the funder was invoiced, in all and for an outcome. What an adjustment by hand
# gives back names no outcome type, and counts in all.
TOO_MUCH_CREDITED = """
    SELECT 1 FROM payments_posting p JOIN payments_journal j ON j.id = p.journal_id
    WHERE j.kind = 'DOCUMENT' AND p.account = 'INCOME'
    GROUP BY GROUPING SETS ((p.funder_id), (p.funder_id, p.outcome_type_id))
    HAVING sum(p.amount_minor) > 0 AND (GROUPING(p.outcome_type_id) = 1 OR p.outcome_type_id IS NOT NULL)
"""
EXPORTED_TWICE = """
    SELECT 1 FROM payments_exportedjournal e
    WHERE NOT EXISTS (SELECT FROM payments_exportundo u WHERE u.batch_id = e.batch_id)
    GROUP BY e.journal_id, e.format HAVING count(*) > 1
"""


class Money(RuleBasedStateMachine):
    """
    Close, approve, query, settle, adjust, void, receive, allocate in every way, pay out, export, undo.

    Each example is one transaction. Ealing's silence waits, the foundation's approves.
    """

    def __init__(self) -> None:
        super().__init__()
        self._whole = transaction.atomic()
        self._whole.__enter__()
        self.cast = an_approving_cast()
        self.programme = self.cast.programme
        self.approvers = {"EALING": self.cast.approver, "FOUND": another_approver(self.cast, "FOUND")}
        self.provider = Provider.objects.get(code="TWN", operator=self.programme.operator)
        approved(self.provider, self.cast)
        every_code(self.programme.operator)
        self.received = 0
        self.texts = 0
        self.months = list(MONTHS)
        self.events = list(EVENTS)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._whole.__exit__(None, None, None)

    @initialize()
    def issue_the_first(self) -> None:
        """Close the first quarter; Ealing approves April, May and June wait."""
        for _ in range(3):
            self.close_a_month()
        self.answer(0, 0, query=False)

    @precondition(lambda self: bool(self.months))
    @rule()
    def close_a_month(self) -> None:
        close(self.programme, self.months.pop(0))
        self.programme.refresh_from_db()

    @precondition(lambda self: Statement.objects.filter(state="SENT").exists())
    @rule(which=places, line=places, query=st.booleans())
    def answer(self, which: int, line: int, *, query: bool) -> None:
        """Let a funder approve a statement, all of it or all but a line."""
        waiting = list(Statement.objects.filter(state="SENT").select_related("agreement__funder"))
        if waiting:
            statement = waiting[which % len(waiting)]
            lines = list(statement.lines.order_by("pk").values_list("charge_id", flat=True))
            queries = {lines[line % len(lines)]: REASON} if query else {}
            actor = self.approvers[statement.agreement.funder.code if statement.agreement.funder else ""]
            self._try(
                lambda: answer_statement(
                    statement_id=statement.pk,
                    seen=statement.fingerprint,
                    queries=queries,
                    actor=actor,
                    at=LATER,
                )
            )

    @precondition(lambda self: Statement.objects.filter(state="SENT").exists())
    @rule()
    def let_time_pass(self) -> None:
        for statement in Statement.objects.filter(state="SENT"):
            let_silence_speak(statement_id=statement.pk, at=LATER + timedelta(days=60))

    @precondition(lambda self: LineQuery.objects.filter(settlement="").exists())
    @rule(which=places, settlement=st.sampled_from(Settlement))
    def settle(self, which: int, settlement: Settlement) -> None:
        doubted = list(LineQuery.objects.filter(settlement="").order_by("pk"))
        if doubted:
            key, actor = doubted[which % len(doubted)].pk, self.cast.administrator
            self._try(
                lambda: settle_query(
                    query_id=key, settlement=settlement, reason=REASON, actor=actor, at=LATER
                )
            )

    @rule(which=places, amount=st.integers(-300_00, 300_00))
    def adjust(self, which: int, amount: int) -> None:
        """Add an amount by hand, or take one off an invoice."""
        agreement = Agreement.objects.filter(programme=self.programme, funder__isnull=False)[which % 2]
        invoices = Document.objects.filter(agreement=agreement, kind=DocumentKind.INVOICE)
        corrects = invoices.order_by("pk").last() if amount < 0 else None
        self._try(lambda: self._adjust(agreement, amount, corrects))

    def _adjust(self, agreement: Agreement, amount: int, corrects: Document | None) -> None:
        proposed = propose_adjustment(
            agreement=agreement,
            amount_minor=amount,
            reason=REASON,
            about=About(corrects=corrects),
            actor=self.cast.finance,
            at=AT,
        )
        approve_adjustment(adjustment_id=proposed.pk, actor=self.cast.administrator, at=AT)

    @rule()
    def pay_the_provider(self) -> None:
        self._try(
            lambda: release_batch(
                batch_id=prepared(self.programme, self.provider, self.cast.finance).pk,
                actor=self.cast.administrator,
                at=AT,
            )
        )

    @precondition(lambda self: PaymentOrder.objects.filter(returned_on__isnull=True).exists())
    @rule()
    def send_a_payment_back(self) -> None:
        order = PaymentOrder.objects.filter(returned_on__isnull=True).last()
        if order is not None:
            actor = self.cast.finance
            return_order(order_id=order.pk, on=TODAY, reason="Account closed", actor=actor, at=AT)

    @rule(form=st.sampled_from(ExportFormat))
    def export_the_ledger(self, form: ExportFormat) -> None:
        self._try(lambda: export(self.programme.operator, form))

    @precondition(lambda self: self.programme.operator.exports.filter(undo__isnull=True).exists())
    @rule()
    def take_an_export_back(self) -> None:
        batch = self.programme.operator.exports.filter(undo__isnull=True).first()
        if batch is not None:
            undo_export(batch_id=batch.pk, reason="Not imported", actor=None, at=AT)

    @precondition(lambda self: bool(self.events and self.months))
    @rule(which=st.integers(0, 2))
    def void_an_outcome(self, which: int) -> None:
        if self.events and self.months:
            event = self.events.pop(which % len(self.events))
            void(self.programme, event, date.fromisoformat(f"{self.months[0]}-05"))

    @rule(amount=amounts, named=st.integers(0, 5), went_out=st.booleans())
    def receive(self, amount: int, named: int, *, went_out: bool) -> None:
        documents = self.documents()
        text = documents[named].full_number if named < len(documents) else "CASH"
        self.texts += 1
        signed = -amount if went_out else amount
        take(self.programme, (f"{text} no {self.texts}.", signed), day=date(2026, 8, 1))
        self.received += signed

    @rule(which=st.integers(0, 9))
    def receive_exactly(self, which: int) -> None:
        documents = [each for each in self.documents() if each.balance.open_minor]
        if documents:
            document = documents[which % len(documents)]
            incoming = (document.agreement.funder_id is not None) == (
                document.kind != DocumentKind.CREDIT_NOTE
            )
            amount = document.balance.open_minor if incoming else -document.balance.open_minor
            self.texts += 1
            text = f"BACS {document.full_number} no {self.texts}."
            take(self.programme, (text, amount), day=date(2026, 8, 2))
            self.received += amount

    @rule(
        line=st.integers(0, 9),
        document=st.integers(0, 9),
        amount=amounts,
        kind=st.sampled_from(AllocationKind),
    )
    def allocate_something(self, line: int, document: int, amount: int, kind: AllocationKind) -> None:
        """Ask for anything at all: it is either done in full or refused in words."""
        lines, documents = list(BankLine.objects.order_by("pk")), self.documents()
        if not lines or not documents:
            return
        chosen, other = documents[document % len(documents)], documents[(document + 1) % len(documents)]
        paid = lines[line % len(lines)]
        use = {
            AllocationKind.PAYMENT: Use(kind, amount, line=paid.pk, document=chosen.pk),
            AllocationKind.SHORTFALL: Use(kind, amount, line=paid.pk, document=chosen.pk),
            AllocationKind.SET_OFF: Use(kind, amount, credit=chosen.pk, document=other.pk),
            AllocationKind.ON_ACCOUNT: Use(
                kind, amount, line=paid.pk, funder=self.programme.funders.order_by("pk")[0].pk
            ),
            AllocationKind.ACCOUNT: Use(kind, amount, line=paid.pk, account="BANK_CHARGES"),
        }[kind]
        self._try(lambda: allocate([use], actor=None, at=AT))

    @precondition(lambda self: BankLine.objects.filter(balance__open_minor__gt=0).exists())
    @rule()
    def confirm_all_proposals(self) -> None:
        operator = self.programme.operator
        lines = as_open(open_lines(operator, "GBP"))
        best = [options[0] for options in matched(operator, "GBP", lines).proposals.values()]
        tokens = [token_of(proposal) for proposal in best]
        confirm_proposals(operator=operator, currency="GBP", tokens=tokens, actor=None, at=AT)

    @precondition(lambda self: Allocation.objects.live().exists())
    @rule(which=st.integers(0, 9))
    def undo(self, which: int) -> None:
        live = list(Allocation.objects.live().order_by("pk"))
        if live:
            key = live[which % len(live)].pk
            undo_allocation(allocation_id=key, reason="Wrong", on=TODAY, actor=None, at=AT)

    @precondition(lambda self: Allocation.objects.live().filter(kind="ON_ACCOUNT").exists())
    @rule(amount=amounts)
    def spend_what_is_kept(self, amount: int) -> None:
        kept = Allocation.objects.live().filter(kind=AllocationKind.ON_ACCOUNT).first()
        if kept is not None and kept.line_id is not None:
            use = Use(AllocationKind.PAYMENT, amount, line=kept.line_id, document=self.documents()[0].pk)
            key = kept.pk
            self._try(lambda: spend_from_account(allocation_id=key, uses=[use], on=TODAY, actor=None, at=AT))

    @invariant()
    def everything_adds_up(self) -> None:
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("SET CONSTRAINTS ALL DEFERRED")
        balances = trial_balances(self.programme.operator, TODAY)
        assert [balance.difference for balance in balances] in ([], [0])
        net = {row.account.value: row.debits - row.credits for balance in balances for row in balance.rows}
        assert net.get("BANK", 0) == self.received
        page = reconciliation(self.programme, Chosen(), TODAY)
        assert page.difference == 0, [(tie.name, to_major(tie.difference)) for tie in page.ties]
        assert (page.totals.payer_difference, page.totals.period_difference) == (0, 0)
        assert page.totals.unexplained == 0
        assert all(row.figures.gap == 0 for row in page.rows)
        assert run(TOO_MUCH_CREDITED) == []
        assert run(EXPORTED_TWICE) == []
        assert run("SELECT 1 FROM payments_linebalance WHERE open_minor < 0") == []
        assert run("SELECT 1 FROM payments_documentbalance WHERE open_minor < 0") == []

    def documents(self) -> list[Document]:
        found = Document.objects.filter(operator=self.programme.operator).order_by("pk")
        return list(found.select_related("balance", "agreement"))

    @staticmethod
    def _try(action: Callable[[], object]) -> None:
        """Ask for something that is either done in full or refused in words."""
        with transaction.atomic():
            try:
                action()
            except BusinessRuleError:
                transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.timeout(500)
def test_m3_money_adds_up_after_every_step() -> None:
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
