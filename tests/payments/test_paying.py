"""Paying providers: accounts that a second person approves, batches that a second person releases."""

from __future__ import annotations

from datetime import date
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Sum

from accounts.models import User
from audit.models import AuditEvent
from mhep.kernel.problems import BusinessRuleError
from payments.enums import Account
from payments.models import (
    Document,
    PaidDocument,
    PayeeAccount,
    PaymentBatch,
    PaymentOrder,
    Posting,
)
from payments.rules import credit_transfer
from payments.selectors.paying import bank_batch, open_documents, open_providers
from payments.services import paying
from providers.models import Provider
from tests.cast import AT, Cast, a_cast, close
from tests.payments.paying import DAY, GOOD, OTHER, approved, prepared


@pytest.fixture
def closed(cast: Cast) -> Cast:
    """April is closed: the provider is owed three job starts at 900.00."""
    close(cast.programme, "2026-04")
    return cast


def the_provider() -> Provider:
    return Provider.objects.get(code="TWN")


def released(cast: Cast) -> PaymentBatch:
    approved(the_provider(), cast)
    batch = prepared(cast.programme, the_provider(), cast.finance)
    return paying.release_batch(batch_id=batch.pk, actor=cast.administrator, at=AT)


def deferred() -> None:
    """Run the checks of the end of the transaction now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_a_provider_is_paid_all_that_is_open_for_it(closed: Cast) -> None:
    (row,) = open_providers(closed.programme)
    assert (row.amount_minor, row.is_payable) == (2_700_00, False)
    batch = released(closed)
    (order,) = batch.orders.all()
    assert batch.amount_minor == order.amount_minor == 2_700_00
    assert batch.reference == "WL-IPS-PAY-0001"
    assert not open_documents(closed.programme).exists()
    deferred()
    assert AuditEvent.objects.filter(action="payment_batch.released", actor=closed.administrator).exists()


def attacked(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        deferred()


def forged(cast: Cast, document: Document, amount: int) -> None:
    """Write a batch past the services: one order of ``amount`` for a document."""
    account = approved(the_provider(), cast)
    with transaction.atomic():
        batch = PaymentBatch.objects.create(
            programme=cast.programme,
            number=1,
            pays_on=DAY,
            amount_minor=amount,
            prepared_by=cast.finance,
            prepared_at=AT,
        )
        order = PaymentOrder.objects.create(
            batch=batch, provider=account.provider, account=account, amount_minor=amount
        )
        PaidDocument.objects.create(order=order, document=document, amount_minor=document.gross_minor)
        deferred()


def on_account(account: Account) -> int:
    return Posting.objects.filter(account=account.value).aggregate(sum=Sum("amount_minor"))["sum"] or 0


def test_the_ledger_shows_what_is_paid_as_on_its_way_and_a_return_takes_it_back(closed: Cast) -> None:
    assert on_account(Account.PAYABLES) == -2_700_00
    order = released(closed).orders.get()
    assert (on_account(Account.PAYABLES), on_account(Account.IN_TRANSIT)) == (0, -2_700_00)
    paying.return_order(order_id=order.pk, on=DAY, reason="Account closed", actor=closed.finance, at=AT)
    deferred()
    assert (on_account(Account.PAYABLES), on_account(Account.IN_TRANSIT)) == (-2_700_00, 0)


def test_the_bank_gets_the_payments_with_the_numbers_of_their_documents(closed: Cast) -> None:
    batch = released(closed)
    (transfer,) = bank_batch(batch).transfers
    assert (transfer.amount, transfer.reference) == (2_700_00, "REM-000001")
    assert transfer.payee.number == "55779911"
    assert bank_batch(batch).payer.holder == "Health and Employment Partnership Ltd"


def test_nothing_is_paid_into_an_account_that_one_person_alone_entered(closed: Cast) -> None:
    entered = paying.enter_account(provider_id=the_provider().pk, account=GOOD, actor=closed.finance, at=AT)
    with pytest.raises(paying.CannotApprove, match="Another person"):
        paying.approve_account(account_id=entered.pk, actor=closed.finance, at=AT)
    with pytest.raises(paying.CannotPrepare, match="no approved account of Example Provider CIO"):
        prepared(closed.programme, the_provider(), closed.finance)


def test_a_batch_needs_two_people(closed: Cast) -> None:
    """Catalogue A12."""
    approved(the_provider(), closed)
    batch = prepared(closed.programme, the_provider(), closed.administrator)
    with pytest.raises(paying.CannotRelease, match="Another person"):
        paying.release_batch(batch_id=batch.pk, actor=closed.administrator, at=AT)
    paying.release_batch(batch_id=batch.pk, actor=closed.finance, at=AT)


def test_a_document_is_paid_once(closed: Cast) -> None:
    approved(the_provider(), closed)
    prepared(closed.programme, the_provider(), closed.finance)
    with pytest.raises(paying.CannotPrepare, match="Nothing is open"):
        prepared(closed.programme, the_provider(), closed.finance)


def test_a_discarded_batch_leaves_its_documents_open(closed: Cast) -> None:
    approved(the_provider(), closed)
    batch = prepared(closed.programme, the_provider(), closed.finance)
    paying.discard_batch(batch_id=batch.pk, actor=closed.finance, at=AT)
    assert open_documents(closed.programme).count() == 1
    with pytest.raises(paying.CannotRelease, match="was discarded"):
        paying.release_batch(batch_id=batch.pk, actor=closed.administrator, at=AT)
    prepared(closed.programme, the_provider(), closed.finance)


def test_what_was_released_is_not_discarded(closed: Cast) -> None:
    batch = released(closed)
    with pytest.raises(paying.CannotRelease, match="released already"):
        paying.discard_batch(batch_id=batch.pk, actor=closed.finance, at=AT)


def test_an_account_that_changed_after_the_preparation_stops_the_release(closed: Cast) -> None:
    approved(the_provider(), closed)
    batch = prepared(closed.programme, the_provider(), closed.finance)
    approved(the_provider(), closed, OTHER)
    with pytest.raises(paying.CannotRelease, match="account of Example Provider CIO has changed"):
        paying.release_batch(batch_id=batch.pk, actor=closed.administrator, at=AT)


def test_a_payment_that_the_bank_sent_back_can_be_made_again(closed: Cast) -> None:
    batch = released(closed)
    order = batch.orders.get()
    with pytest.raises(paying.CannotReturn, match="before it was paid"):
        paying.return_order(
            order_id=order.pk, on=date(2026, 7, 5), reason="Closed", actor=closed.finance, at=AT
        )
    paying.return_order(order_id=order.pk, on=DAY, reason="Account closed", actor=closed.finance, at=AT)
    deferred()
    with pytest.raises(paying.CannotReturn, match="recorded already"):
        paying.return_order(order_id=order.pk, on=DAY, reason="Again", actor=closed.finance, at=AT)
    again = prepared(closed.programme, the_provider(), closed.finance)
    assert again.number == 2
    assert again.amount_minor == 2_700_00


def test_a_payment_that_was_not_sent_cannot_come_back(closed: Cast) -> None:
    approved(the_provider(), closed)
    order = prepared(closed.programme, the_provider(), closed.finance).orders.get()
    with pytest.raises(paying.CannotReturn, match="not released"):
        paying.return_order(order_id=order.pk, on=DAY, reason="x", actor=closed.finance, at=AT)


@pytest.mark.parametrize(
    ("account", "field"),
    [
        (credit_transfer.Account("", sort_code="200000", number="55779911"), "holder"),
        (credit_transfer.Account("X", sort_code="20000", number="55779911"), "sort_code"),
        (credit_transfer.Account("X", sort_code="200000", number="5577991"), "number"),
        (credit_transfer.Account("X", iban="GB33BUKB20201555555556"), "iban"),
        (credit_transfer.Account("X", iban="GB33BUKB20201555555555", sort_code="200000"), "iban"),
        (credit_transfer.Account("X", iban="GB33BUKB20201555555555", bic="BUK"), "bic"),
        (credit_transfer.Account("X", bic="BUKBGB22", sort_code="200000", number="55779911"), "bic"),
        (credit_transfer.Account("X"), "sort_code"),
    ],
)
def test_an_account_that_cannot_be_right_is_refused_at_its_field(
    cast: Cast, account: credit_transfer.Account, field: str
) -> None:
    with pytest.raises(paying.WrongAccount) as refusal:
        paying.enter_account(provider_id=the_provider().pk, account=account, actor=cast.finance, at=AT)
    assert field in refusal.value.problems
    assert not PayeeAccount.objects.exists()


def test_an_account_is_stored_without_blanks_and_hyphens(cast: Cast) -> None:
    assert approved(the_provider(), cast).sort_code == "200000"
    assert approved(the_provider(), cast, OTHER).iban == "GB33BUKB20201555555555"


def test_the_last_account_entered_is_the_one_that_waits(cast: Cast) -> None:
    first = paying.enter_account(provider_id=the_provider().pk, account=GOOD, actor=cast.finance, at=AT)
    paying.enter_account(provider_id=the_provider().pk, account=OTHER, actor=cast.finance, at=AT)
    with pytest.raises(paying.CannotApprove, match="does not wait"):
        paying.approve_account(account_id=first.pk, actor=cast.administrator, at=AT)


def test_a_refused_account_is_not_approved(cast: Cast) -> None:
    entered = paying.enter_account(provider_id=the_provider().pk, account=GOOD, actor=cast.finance, at=AT)
    paying.refuse_account(account_id=entered.pk, actor=cast.administrator, at=AT)
    with pytest.raises(paying.CannotApprove):
        paying.approve_account(account_id=entered.pk, actor=cast.administrator, at=AT)


ATTACKS = {
    "an account is changed": "UPDATE payments_payeeaccount SET account_number = '00000000'",
    "an account is deleted": "DELETE FROM payments_payeeaccount",
    "an approval is taken back": "UPDATE payments_payeeaccount SET approved_at = NULL, approved_by_id = NULL",
    "an account approves itself": """INSERT INTO payments_payeeaccount (provider_id, holder, iban, bic,
        sort_code, account_number, entered_by_id, entered_at, approved_by_id, approved_at, ended_at)
        SELECT provider_id, holder, iban, bic, sort_code, account_number, entered_by_id, now(), entered_by_id,
        now(), now() FROM payments_payeeaccount""",
    "a released batch is changed": "UPDATE payments_paymentbatch SET amount_minor = amount_minor + 1",
    "a release is taken back": "UPDATE payments_paymentbatch SET released_at = NULL, released_by_id = NULL",
    "a released batch is deleted": "DELETE FROM payments_paymentbatch",
    "an order is changed": "UPDATE payments_paymentorder SET amount_minor = amount_minor + 1",
    "an order is added": """INSERT INTO payments_paymentorder (batch_id, provider_id, account_id,
        amount_minor, return_reason)
        SELECT batch_id, provider_id, account_id, 1, '' FROM payments_paymentorder""",
    "an order is deleted": "DELETE FROM payments_paymentorder",
    "an order half comes back": """UPDATE payments_paymentorder SET returned_on = '2026-07-09',
        return_reason = 'x', returned_by_id = (SELECT min(id) FROM accounts_user)""",
    "a document is taken off": "DELETE FROM payments_paiddocument",
    "a document is opened again": "UPDATE payments_paiddocument SET is_returned = true",
    "a document is paid twice": """INSERT INTO payments_paiddocument (order_id, document_id, amount_minor,
        is_returned) SELECT order_id, document_id, amount_minor, false FROM payments_paiddocument""",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_the_database_refuses_that(closed: Cast, attack: str) -> None:
    released(closed)
    deferred()
    with pytest.raises(DatabaseError):
        attacked(attack)


def test_the_database_refuses_a_batch_that_does_not_add_up(closed: Cast) -> None:
    document = Document.objects.get(kind="REMITTANCE")
    with pytest.raises(DatabaseError, match="does not add up"):
        forged(closed, document, document.gross_minor + 1)
    forged(closed, document, document.gross_minor)


def test_the_database_refuses_a_funders_document_on_a_payment(closed: Cast) -> None:
    invoice = Document.objects.filter(kind="INVOICE").first()
    assert invoice is not None
    with pytest.raises(DatabaseError, match="one of the provider"):
        forged(closed, invoice, invoice.gross_minor)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_prepare_at_once_make_one_batch() -> None:
    """Catalogue R: one wins, the other is told."""
    cast = a_cast()
    close(cast.programme, "2026-04")
    approved(the_provider(), cast)
    together, results = Barrier(2), []

    def prepare(actor: User) -> None:
        together.wait()
        try:
            results.append(prepared(cast.programme, the_provider(), actor).reference)
        except (BusinessRuleError, IntegrityError) as refusal:
            results.append(type(refusal).__name__)
        finally:
            connection.close()

    threads = [Thread(target=prepare, args=[actor]) for actor in (cast.finance, cast.administrator)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["CannotPrepare", "WL-IPS-PAY-0001"]
