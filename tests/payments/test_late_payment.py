"""Claims for late payment: proposed by one, charged by another, never by themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from funders.models import BuyerFacts, Funder
from payments.enums import Account, AllocationKind, LateClaimState
from payments.models import Allocation, LateClaim, Posting
from payments.rules.late_payment import MissingRate, UnknownRegime, stretches_from
from payments.selectors.exports import charges_csv, documents_csv
from payments.selectors.late_debts import debts_of, late_invoices
from payments.services.adjustments import About, approve_adjustment, propose_adjustment
from payments.services.allocations import CannotAllocate, Use, allocate, undo_allocation
from payments.services.late_payment import (
    CannotClaim,
    charge_claim,
    refuse_claim,
    waive_claim,
    withdraw_claim,
)
from payments.services.reference_rates import CannotEnterRate
from tests.cast import close
from tests.payments.approving import void
from tests.payments.bank import line_of, take
from tests.payments.late import LATER, TODAY, WHY, a_rate, april_late, charged, pay, proposed

pytestmark = pytest.mark.django_db


def on_account(account: Account) -> int:
    return sum(Posting.objects.filter(account=account).values_list("amount_minor", flat=True))


def test_an_unpaid_invoice_is_owed_interest_at_eight_points_over_the_rate_and_a_fixed_sum() -> None:
    cast, invoice = april_late()
    claim = proposed(invoice, cast.analyst)
    (stretch,) = stretches_from(claim.working)
    days = (TODAY - invoice.due_on).days
    assert (stretch.days, str(stretch.rate), stretch.owed_minor) == (days, "12.25", invoice.gross_minor)
    assert stretch.reference.is_synthetic
    assert claim.interest_minor == round(invoice.gross_minor * days * 12.25 / 36_500)
    assert (claim.fixed_minor, claim.state, claim.number) == (70_00, "PROPOSED", None)


def test_a_proposal_and_a_charge_change_no_invoice_no_export_and_no_receivable() -> None:
    cast, invoice = april_late()
    before = (charges_csv(cast.programme), documents_csv(cast.programme), on_account(Account.RECEIVABLES))
    claim = charged(cast, invoice)
    invoice.balance.refresh_from_db()
    assert invoice.balance.open_minor == invoice.gross_minor
    after = (charges_csv(cast.programme), documents_csv(cast.programme), on_account(Account.RECEIVABLES))
    assert after == before
    assert on_account(Account.LATE_CLAIMS) == claim.total_minor
    assert on_account(Account.LATE_INCOME) == -claim.total_minor


def test_a_charge_needs_a_second_person_and_gives_numbers_without_gaps() -> None:
    cast, invoice = april_late()
    claim = proposed(invoice, cast.finance)
    with pytest.raises(CannotClaim, match="You proposed this claim"):
        charge_claim(claim_id=claim.pk, on=TODAY, actor=cast.finance, at=LATER)
    refuse_claim(claim_id=claim.pk, reason="First a telephone call", actor=cast.finance, at=LATER)
    assert [charged(cast, invoice).ref, LateClaim.objects.count()] == ["LPC-000001", 2]
    later = charged(cast, invoice, on=TODAY + timedelta(days=10))
    assert (later.ref, later.since, later.fixed_minor) == ("LPC-000002", TODAY + timedelta(days=1), 0)


def test_a_payment_recorded_after_the_proposal_asks_for_a_new_one() -> None:
    cast, invoice = april_late()
    claim = proposed(invoice, cast.analyst)
    pay(cast.programme, invoice, 100_00, days_late=3)
    with pytest.raises(CannotClaim, match="has changed since it was proposed"):
        charge_claim(claim_id=claim.pk, on=TODAY, actor=cast.finance, at=LATER)
    refuse_claim(claim_id=claim.pk, reason="Paid in part", actor=cast.finance, at=LATER)
    again = charged(cast, invoice)
    owed = [each.owed_minor for each in stretches_from(again.working)]
    assert owed == [invoice.gross_minor, invoice.gross_minor - 100_00]


def test_one_claim_waits_at_a_time_and_nothing_is_owed_twice() -> None:
    cast, invoice = april_late()
    claim = proposed(invoice, cast.analyst)
    with pytest.raises(CannotClaim, match="waits for a second person"):
        proposed(invoice, cast.finance)
    charge_claim(claim_id=claim.pk, on=TODAY, actor=cast.finance, at=LATER)
    with pytest.raises(CannotClaim, match="decided already"):
        charge_claim(claim_id=claim.pk, on=TODAY, actor=cast.administrator, at=LATER)
    with pytest.raises(CannotClaim, match="Nothing is owed"):
        proposed(invoice, cast.analyst)


def test_an_invoice_paid_in_time_or_not_due_owes_nothing() -> None:
    cast, invoice = april_late()
    with pytest.raises(CannotClaim, match="Nothing is owed"):
        proposed(invoice, cast.analyst, on=invoice.due_on)
    pay(cast.programme, invoice, invoice.gross_minor, days_late=0)
    with pytest.raises(CannotClaim, match="Nothing is owed"):
        proposed(invoice, cast.analyst)
    assert not late_invoices(cast.programme.pk, TODAY).filter(pk=invoice.pk).exists()


def test_waiving_is_for_good_with_a_reason_and_can_be_withdrawn() -> None:
    cast, invoice = april_late()
    with pytest.raises(CannotClaim, match="Write why"):
        waive_claim(document_id=invoice.pk, reason=" ", on=TODAY, actor=cast.finance, at=LATER)
    claim = waive_claim(document_id=invoice.pk, reason=WHY, on=TODAY, actor=cast.finance, at=LATER)
    with pytest.raises(CannotClaim, match="was waived"):
        proposed(invoice, cast.analyst, on=TODAY + timedelta(days=90))
    assert on_account(Account.LATE_CLAIMS) == 0
    withdraw_claim(claim_id=claim.pk, reason="A slip", on=TODAY, actor=cast.finance, at=LATER)
    assert proposed(invoice, cast.analyst).state == LateClaimState.PROPOSED


def test_a_withdrawn_charge_is_reversed_and_keeps_its_number() -> None:
    cast, invoice = april_late()
    claim = charged(cast, invoice)
    withdraw_claim(claim_id=claim.pk, reason=WHY, on=TODAY, actor=cast.finance, at=LATER)
    assert (on_account(Account.LATE_CLAIMS), on_account(Account.LATE_INCOME)) == (0, 0)
    again = charged(cast, invoice)
    assert (again.ref, again.total_minor) == ("LPC-000002", claim.total_minor)


def test_a_payment_can_be_for_a_claim_and_never_for_more_than_it_comes_to() -> None:
    cast, invoice = april_late()
    claim = charged(cast, invoice)
    take(cast.programme, ("Interest", claim.total_minor + 1))
    line = line_of("Interest")

    def use(amount: int) -> Use:
        account = Account.LATE_CLAIMS
        return Use(AllocationKind.ACCOUNT, amount, line=line.pk, account=account, late_claim=claim.pk)

    with pytest.raises(CannotAllocate, match="is open of LPC-000001"):
        allocate([use(claim.total_minor + 1)], actor=None, at=LATER)
    allocate([use(claim.total_minor)], actor=None, at=LATER)
    paid = Allocation.objects.get(late_claim=claim)
    assert (claim.open_minor, on_account(Account.LATE_CLAIMS), paid.taken_for) == (0, 0, "LPC-000001")
    with pytest.raises(CannotClaim, match="was paid for LPC-000001"):
        withdraw_claim(claim_id=claim.pk, reason=WHY, on=TODAY, actor=cast.finance, at=LATER)
    undo_allocation(allocation_id=paid.pk, reason="Slip", on=TODAY, actor=None, at=LATER)
    assert (claim.open_minor, on_account(Account.LATE_CLAIMS)) == (claim.total_minor, claim.total_minor)


def test_what_is_voided_or_given_back_bears_no_interest() -> None:
    cast, invoice = april_late()
    assert debts_of([invoice])[invoice.pk].excluded_minor == 0
    adjustment = propose_adjustment(
        agreement=invoice.agreement,
        amount_minor=-100_00,
        reason=WHY,
        about=About(corrects=invoice),
        actor=cast.analyst,
        at=LATER,
    )
    assert debts_of([invoice])[invoice.pk].excluded_minor == 120_00
    approve_adjustment(adjustment_id=adjustment.pk, actor=cast.finance, at=LATER)
    void("E-002", TODAY)
    assert debts_of([invoice])[invoice.pk].excluded_minor == 120_00 + 300_00
    close(cast.programme, "2026-05")
    assert debts_of([invoice])[invoice.pk].excluded_minor == 120_00 + 300_00


def test_the_statute_is_that_of_the_payers_country() -> None:
    cast, invoice = april_late()
    facts = BuyerFacts.objects.create(funder=Funder.objects.get(code="EALING"), country="NO")
    with pytest.raises(UnknownRegime, match="payers in NO"):
        proposed(invoice, cast.analyst)
    facts.country = "DK"
    facts.save()
    with pytest.raises(MissingRate, match="Nationalbank lending rate for the second half of 2026"):
        proposed(invoice, cast.analyst)


def test_the_latest_entry_of_a_rate_counts_and_what_was_claimed_stays() -> None:
    cast, invoice = april_late()
    first = charged(cast, invoice)
    a_rate(cast.programme, "4.00")
    second = proposed(invoice, cast.analyst, on=TODAY + timedelta(days=5))
    assert [str(each.rate) for each in stretches_from(second.working)] == ["12.00"]
    first.refresh_from_db()
    assert [str(each.rate) for each in stretches_from(first.working)] == ["12.25"]
    with pytest.raises(CannotEnterRate, match="between -5 and 50"):
        a_rate(cast.programme, "425")


ATTACKS = {
    "delete": "DELETE FROM payments_lateclaim",
    "amount": "UPDATE payments_lateclaim SET interest_minor = 1",
    "unwind": "UPDATE payments_lateclaim SET state = 'PROPOSED', number = NULL",
    "rate": "UPDATE payments_referencerate SET percent = 1",
    "paid for nothing": "UPDATE payments_lateclaim SET state = 'WITHDRAWN', withdrawn_by_id = proposed_by_id,"
    " withdrawn_at = now(), withdrawal_reason = 'x'; SET CONSTRAINTS ALL IMMEDIATE",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_the_database_refuses_to_change_a_charged_claim(attack: str) -> None:
    cast, invoice = april_late()
    charged(cast, invoice)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


def test_the_database_refuses_a_charge_by_the_proposer_and_one_without_its_entry() -> None:
    cast, invoice = april_late()
    claim = proposed(invoice, cast.analyst)
    journal = Posting.objects.latest("pk").journal_id

    def attack(by: int) -> Callable[[], None]:
        def run() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE payments_lateclaim SET state = 'CHARGED', number = 1, charged_on = now(),"
                    " decided_by_id = %s, decided_at = now(), journal_id = %s WHERE id = %s",
                    [by, journal, claim.pk],
                )
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

        return run

    for by, refusal in ((cast.analyst.pk, "charged_by_another"), (cast.finance.pk, "is not in the ledger")):
        with pytest.raises(DatabaseError, match=refusal):
            attack(by)()


def test_the_database_refuses_a_claim_before_the_due_date_and_a_day_twice() -> None:
    cast, invoice = april_late()
    claim = charged(cast, invoice)
    row = {
        field.attname: getattr(claim, field.attname)
        for field in LateClaim._meta.local_fields
        if field.attname not in {"id", "number", "journal_id", "charged_on", "decided_by_id", "decided_at"}
    }
    for changed, refusal in (
        ({"state": "PROPOSED"}, "no_day_twice"),
        ({"state": "PROPOSED", "since": invoice.due_on}, "after its due date"),
        ({"state": "CHARGED"}, "begins as a proposal"),
    ):
        with pytest.raises(DatabaseError, match=refusal), transaction.atomic():
            LateClaim.objects.create(**{**row, **changed})
