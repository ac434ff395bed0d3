"""What an investor lends, how it is paid back, and what the ledger says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum

from accounts.models import User
from funders.models import Agreement
from investment.models import Distribution, Facility, InvestorMovement
from investment.rules.projection import Ahead, Peak
from investment.selectors.outlook import Certainty, outlook_of, pipeline_of
from investment.selectors.waterfall import cash_in_hand, owed_to_providers, standing_of
from investment.services import facilities
from investment.services.facilities import Wanted
from mhep.kernel.periods import Month
from mhep.kernel.problems import BusinessRuleError
from payments.enums import Account, JournalKind
from payments.models import Posting
from payments.rules.ledger import Entry
from payments.services.ledger import NewJournal, post
from tests.cast import AT, Cast, a_cast, close
from tests.investment.facilities import TERMS, agreed

TODAY = AT.date()


@pytest.fixture
def facility(cast: Cast) -> Facility:
    return agreed(cast.programme, cast.finance)


def drawn(facility: Facility, cast: Cast, amount: int, on: date = date(2026, 4, 1)) -> InvestorMovement:
    return facilities.record_drawdown(
        facility_id=facility.pk, on=on, amount_minor=amount, actor=cast.finance, at=AT
    )


def received(cast: Cast, amount: int, on: date = TODAY) -> None:
    """Let money of a funder arrive at the bank."""
    entries = (Entry(Account.BANK.value, amount), Entry(Account.UNALLOCATED.value, -amount))
    programme = cast.programme
    post(
        NewJournal(
            operator_id=programme.operator_id,
            kind=JournalKind.BANK_LINE,
            dated_on=on,
            currency="GBP",
            entries=entries,
            programme_id=programme.pk,
        ),
        actor=cast.finance,
        at=AT,
    )


def proposed(facility: Facility, actor: User, costs: int = 0, at_most: int | None = None) -> Distribution:
    return facilities.propose_distribution(
        facility_id=facility.pk, wanted=Wanted(TODAY, costs, at_most), actor=actor, at=AT
    )


def released(distribution: Distribution, actor: User) -> Distribution:
    return facilities.release_distribution(distribution_id=distribution.pk, actor=actor, at=AT)


def on_account(account: Account) -> int:
    return Posting.objects.filter(account=account.value).aggregate(sum=Sum("amount_minor"))["sum"] or 0


def deferred() -> None:
    """Run the checks of the end of the transaction now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_a_drawdown_is_a_debt_in_the_ledger_and_cash_on_its_way(facility: Facility, cast: Cast) -> None:
    drawn(facility, cast, 40_000_00)
    assert on_account(Account.INVESTOR_FACILITY) == -40_000_00
    assert cash_in_hand(facility, TODAY) == 40_000_00
    assert standing_of(facility, TODAY).principal == 40_000_00
    deferred()


def test_no_more_is_drawn_than_is_lent(facility: Facility, cast: Cast) -> None:
    drawn(facility, cast, 90_000_00)
    with pytest.raises(facilities.CannotDraw, match=r"Only 10000\.00"):
        drawn(facility, cast, 10_000_01)
    drawn(facility, cast, 10_000_00)


@pytest.mark.parametrize("on", [date(2026, 3, 31), TODAY + timedelta(days=1)])
def test_a_drawdown_is_on_a_day_of_the_facility_that_has_come(
    facility: Facility, cast: Cast, on: date
) -> None:
    with pytest.raises(facilities.CannotDraw):
        drawn(facility, cast, 1, on)


def test_the_waterfall_pays_providers_first_and_then_the_investor(facility: Facility, cast: Cast) -> None:
    close(cast.programme, "2026-04")
    assert owed_to_providers(facility, TODAY) == 2_700_00
    drawn(facility, cast, 1_000_00)
    received(cast, 3_000_00)
    distribution = proposed(facility, cast.finance, costs=200_00)
    interest = standing_of(facility, TODAY).interest_due
    steps = {step.step: step.paid_minor for step in distribution.steps.all()}
    assert steps == {
        "COSTS": 200_00,
        "PROVIDERS": 2_700_00,
        "INTEREST": interest,
        "PRINCIPAL": 1_000_00,
    }
    assert distribution.residual_minor == 4_000_00 - 3_900_00 - interest
    released(distribution, cast.administrator)
    deferred()
    assert standing_of(facility, TODAY).owed == 0
    assert on_account(Account.INVESTOR_FACILITY) == 0
    assert on_account(Account.INVESTOR_INTEREST) == interest
    assert cash_in_hand(facility, TODAY) == 4_000_00 - 1_000_00 - interest


def test_a_share_of_what_is_left_goes_to_the_investor_if_that_was_agreed(cast: Cast) -> None:
    terms = replace(TERMS, residual_percent=Decimal(25))
    facility = agreed(cast.programme, cast.finance, terms)
    received(cast, 1_000_00)
    released(proposed(facility, cast.finance), cast.administrator)
    deferred()
    assert on_account(Account.INVESTOR_CAPITAL) == 250_00
    assert standing_of(facility, TODAY).residual_paid == 250_00


def test_a_distribution_needs_two_people(facility: Facility, cast: Cast) -> None:
    """Catalogue A12."""
    received(cast, 100)
    distribution = proposed(facility, cast.administrator)
    with pytest.raises(facilities.CannotDistribute, match="Another person"):
        released(distribution, cast.administrator)
    released(distribution, cast.finance)
    with pytest.raises(facilities.CannotDistribute, match="released already"):
        released(distribution, cast.finance)


def test_money_that_has_moved_since_the_proposal_stops_the_release(facility: Facility, cast: Cast) -> None:
    drawn(facility, cast, 1_000_00)
    received(cast, 500_00)
    distribution = proposed(facility, cast.finance)
    drawn(facility, cast, 1_00, TODAY)
    with pytest.raises(facilities.CannotDistribute, match="Money has moved"):
        released(distribution, cast.administrator)
    facilities.discard_distribution(distribution_id=distribution.pk, actor=cast.finance, at=AT)
    with pytest.raises(facilities.CannotDistribute, match="was discarded"):
        released(distribution, cast.administrator)
    released(proposed(facility, cast.finance), cast.administrator)


def test_less_can_be_distributed_than_there_is_and_never_more(facility: Facility, cast: Cast) -> None:
    drawn(facility, cast, 1_000_00)
    with pytest.raises(facilities.CannotDistribute, match=r"Only 1000\.00"):
        proposed(facility, cast.finance, at_most=1_000_01)
    assert proposed(facility, cast.finance, at_most=10_00).available_minor == 10_00
    with pytest.raises(facilities.CannotDistribute, match="waits already"):
        proposed(facility, cast.finance)


def test_a_programme_has_one_facility_of_an_investor_of_its_operator(facility: Facility, cast: Cast) -> None:
    with pytest.raises(facilities.CannotAgree, match="has a facility already"):
        agreed(cast.programme, cast.finance)


def test_the_pipeline_holds_what_is_invoiced_charged_and_waiting(facility: Facility, cast: Cast) -> None:
    close(cast.programme, "2026-04")
    coming = pipeline_of(cast.programme, TODAY)
    sums = {certainty: sum(each.amounts[certainty] for each in coming) for certainty in Certainty}
    assert sums[Certainty.INVOICED] == on_account(Account.RECEIVABLES)
    assert sums[Certainty.CHARGED] > 0  # the foundation is billed at the end of the quarter
    assert all(each.month >= Month.of(TODAY) for each in coming)


def test_the_outlook_adds_the_forecast_to_the_pipeline_and_gives_a_return(
    facility: Facility, cast: Cast
) -> None:
    drawn(facility, cast, 10_000_00)
    before = outlook_of(facility, TODAY)
    assert before.rate_so_far is None
    facilities.store_forecast(
        facility_id=facility.pk,
        months=[Ahead(Month(2026, 12), received=30_000_00, costs=1_000_00)],
        note="Plan of July",
        actor=cast.finance,
        at=AT,
    )
    after = outlook_of(facility, TODAY)
    assert after.projected[-1].ahead.month == Month(2026, 12)
    assert after.projected[-1].principal == 0
    assert after.rate_ahead is not None
    assert after.multiple_ahead is not None
    assert after.multiple_ahead >= 1


def test_what_is_owed_to_providers_already_counts_as_cash_that_would_be_missing(
    facility: Facility, cast: Cast
) -> None:
    Agreement.objects.update(payment_days=90)
    close(cast.programme, "2026-04")
    assert outlook_of(facility, TODAY).peak == Peak(Month.of(TODAY), owed_to_providers(facility, TODAY))


def test_an_investor_sees_its_own_facility_and_nobody_else_of_funders_and_providers_does(
    facility: Facility, cast: Cast
) -> None:
    seeing = {name for name in cast.__slots__ if name != "programme" and _sees(getattr(cast, name))}
    assert seeing == {"analyst", "finance", "administrator", "auditor", "investor"}


def _sees(user: User) -> bool:
    return Facility.objects.visible_to(user).exists()


ATTACKS = {
    "the limit is raised": "UPDATE investment_facility SET limit_minor = limit_minor * 2",
    "a facility is deleted": "DELETE FROM investment_facility",
    "a movement is changed": "UPDATE investment_investormovement SET amount_minor = 1",
    "a movement is deleted": "DELETE FROM investment_investormovement",
    "a release is taken back": "UPDATE investment_distribution SET released_at = NULL, released_by_id = NULL",
    "a released distribution is deleted": "DELETE FROM investment_distribution",
    "a step is changed": "UPDATE investment_distributionstep SET paid_minor = 0",
    "a step is taken away": "DELETE FROM investment_distributionstep",
    "a repayment is booked twice": """INSERT INTO investment_investormovement (facility_id, kind, "on",
        amount_minor, distribution_id, journal_id, recorded_by_id, recorded_at)
        SELECT facility_id, kind, "on", amount_minor, distribution_id, journal_id, recorded_by_id, recorded_at
        FROM investment_investormovement WHERE kind = 'PRINCIPAL'""",
    "a drawdown is made up": """INSERT INTO investment_investormovement (facility_id, kind, "on",
        amount_minor, journal_id, recorded_by_id, recorded_at) SELECT facility_id, 'DRAWDOWN', "on", 5,
        (SELECT min(id) FROM payments_journal WHERE kind = 'BANK_LINE'), recorded_by_id, recorded_at
        FROM investment_investormovement LIMIT 1""",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_the_database_refuses_that(facility: Facility, cast: Cast, attack: str) -> None:
    drawn(facility, cast, 1_000_00)
    received(cast, 500_00)
    released(proposed(facility, cast.finance), cast.administrator)
    deferred()
    with pytest.raises(DatabaseError):
        _attacked(attack)


def _attacked(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        deferred()


@pytest.mark.django_db(transaction=True)
def test_two_drawdowns_at_once_do_not_pass_the_limit_together() -> None:
    cast = a_cast()
    facility = agreed(cast.programme, cast.finance)
    together, results = Barrier(2), []

    def draw() -> None:
        together.wait()
        try:
            results.append(drawn(facility, cast, 60_000_00).amount_minor)
        except (BusinessRuleError, DatabaseError):
            results.append(0)
        finally:
            connection.close()

    threads = [Thread(target=draw) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [0, 60_000_00]
