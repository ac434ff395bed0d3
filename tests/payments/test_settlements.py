"""Settling a funder's query: upheld, waived or dismissed, with its effect shown before (ADR 0020)."""

from __future__ import annotations

from datetime import date

import pytest

from funders.enums import Direction
from funders.models import Programme
from mhep.kernel.money import to_major
from mhep.kernel.periods import Month
from outcomes.models import OutcomeEvent
from payments.enums import ChargeReason, Settlement
from payments.models import Charge, Document, LineQuery, Statement, TermStanding, Unbilled
from payments.selectors.exports import charges_csv
from payments.selectors.settling import settlement_effect, ways_to_settle
from payments.services.settlements import CannotSettle, settle_query
from payments.services.statements import answer_statement
from tests.cast import Cast, close
from tests.payments.approving import LATER, a_query, another_approver, answer, statement_of, void

pytestmark = pytest.mark.django_db
MONTHS = ("2026-05", "2026-06", "2026-07")
WHY = "The employer's letter confirms the day."


def settle(cast: Cast, query: LineQuery, settlement: Settlement) -> LineQuery:
    return settle_query(query_id=query.pk, settlement=settlement, reason=WHY, actor=cast.finance, at=LATER)


def close_all(programme: Programme, *months: str) -> None:
    for month in months or MONTHS:
        close(programme, month)


def test_dismissed_goes_on_the_next_statement_and_cannot_be_queried_again() -> None:
    cast, query = a_query()
    settle(cast, query, Settlement.DISMISSED)
    close_all(cast.programme, "2026-05")
    statement = statement_of("EALING-1", "2026-05-01")
    assert (statement.line_count, statement.charges_net_minor) == (1, 75_000)
    with pytest.raises(Exception, match="queried before"):
        answer(statement, cast.approver, "E-001")
    answer(statement, cast.approver)
    assert Document.objects.get(agreement__ref="EALING-1", month__first_day="2026-05-01").net_minor == 75_000


def test_waived_takes_the_charge_off_for_good_and_the_event_still_counts() -> None:
    cast, query = a_query()
    before = Charge.objects.filter(event__reference="E-001").exclude(agreement__ref="EALING-1").count()
    settle(cast, query, Settlement.WAIVED)
    close_all(cast.programme)
    credit = Charge.objects.get(credits=query.charge)
    assert (credit.reason, credit.amount_minor) == (ChargeReason.WAIVED, -75_000)
    assert "2026-05,receivable,EALING-1,job-start,E-001,credit,-750.00,waived" in charges_csv(cast.programme)
    assert not Unbilled.objects.filter(charge__in=[query.charge, credit]).exists()
    assert not Statement.objects.filter(agreement__ref="EALING-1", month__first_day__gt="2026-04-01").exists()
    assert OutcomeEvent.objects.get(reference="E-001").voided_on is None
    others = Charge.objects.filter(event__reference="E-001").exclude(agreement__ref="EALING-1")
    assert others.count() == before


def test_waived_gives_headroom_back_and_keeps_the_place() -> None:
    cast, query = a_query()
    settle(cast, query, Settlement.WAIVED)
    close_all(cast.programme, "2026-05")
    standing = TermStanding.objects.get(term__agreement__ref="EALING-1", term__ref="job-start")
    assert (standing.places, standing.net_minor) == (2, 25_000)


def test_a_waived_charge_whose_event_is_voided_later_is_credited_once_and_gives_up_its_place() -> None:
    cast, query = a_query()
    settle(cast, query, Settlement.WAIVED)
    void("E-001", date(2026, 6, 5))
    close_all(cast.programme)
    assert Charge.objects.filter(credits=query.charge).count() == 1
    assert TermStanding.objects.get(term__agreement__ref="EALING-1", term__ref="job-start").places == 1


def test_waived_and_voided_in_one_month_is_credited_once() -> None:
    cast, query = a_query()
    settle(cast, query, Settlement.WAIVED)
    void("E-001", date(2026, 5, 5))
    close_all(cast.programme, "2026-05")
    assert Charge.objects.get(credits=query.charge).reason == ChargeReason.WAIVED
    assert TermStanding.objects.get(term__agreement__ref="EALING-1", term__ref="job-start").places == 1


def test_upheld_voids_the_event_and_credits_everybody_by_the_normal_rules() -> None:
    cast, query = a_query()
    settle(cast, query, Settlement.UPHELD)
    event = OutcomeEvent.objects.get(reference="E-001")
    assert (event.voided_on, event.void_reason) == (date(2026, 7, 6), WHY)
    close_all(cast.programme, "2026-05", "2026-06")
    # Voided in July: until July is priced the line waits, and is on no statement.
    assert not Statement.objects.filter(agreement__ref="EALING-1", month__first_day__gt="2026-04-01").exists()
    close_all(cast.programme, "2026-07")
    credited = Charge.objects.filter(event=event, kind="CREDIT").values_list("agreement__ref", "amount_minor")
    assert set(credited) == {("EALING-1", -75_000), ("FOUND-1", -50_000), ("TWN-1", -90_000)}
    assert not Unbilled.objects.filter(agreement__ref="EALING-1").exists()
    assert Document.objects.filter(agreement__ref="EALING-1").count() == 1


def test_what_upholding_would_do_is_what_it_does() -> None:
    cast, query = a_query()
    cast.programme.refresh_from_db()
    effect = settlement_effect(query.charge, Settlement.UPHELD, cast.programme, date(2026, 7, 6))
    assert effect.effect is not None
    shown = {(line.ref, -line.credited_minor) for line in effect.effect.lines}
    settle(cast, query, Settlement.UPHELD)
    close_all(cast.programme)
    made = Charge.objects.filter(event__reference="E-001", kind="CREDIT")
    assert shown == set(made.values_list("agreement__ref", "amount_minor"))
    assert {line.is_cancelled for line in effect.effect.lines if line.ref == "EALING-1"} == {True}
    assert effect.month == Month(2026, 7)


def test_a_void_for_another_reason_upholds_the_query_by_itself() -> None:
    cast, query = a_query()
    void("E-001", date(2026, 5, 5))
    assert ways_to_settle(Charge.objects.get(pk=query.charge_id)) == (Settlement.UPHELD,)
    close_all(cast.programme, "2026-05")
    query.refresh_from_db()
    assert (query.settlement, query.settled_by, query.settled_at is None) == ("UPHELD", None, False)


@pytest.mark.parametrize("settlement", Settlement)
def test_a_query_is_settled_once_with_a_reason_and_not_by_who_raised_it(settlement: Settlement) -> None:
    cast, query = a_query()
    with pytest.raises(CannotSettle, match="You raised"):
        settle_query(query_id=query.pk, settlement=settlement, reason=WHY, actor=cast.approver, at=LATER)
    with pytest.raises(CannotSettle, match="Write the reason"):
        settle_query(query_id=query.pk, settlement=settlement, reason=" ", actor=cast.finance, at=LATER)
    settle(cast, query, settlement)
    with pytest.raises(CannotSettle, match="settled already"):
        settle(cast, query, Settlement.DISMISSED)


def test_a_fee_can_be_waived_and_not_upheld() -> None:
    cast, _ = a_query()
    for month in MONTHS[:2]:
        close(cast.programme, month)
    statement = statement_of("FOUND-1", "2026-06-01")
    fee = Charge.objects.get(statement_lines__statement=statement, kind="FEE", fee_month="2026-04-01")
    assert ways_to_settle(fee) == (Settlement.WAIVED, Settlement.DISMISSED)
    assert fee.agreement.direction == Direction.RECEIVABLE
    answer_statement(
        statement_id=statement.pk,
        seen=statement.fingerprint,
        queries={fee.pk: "Not agreed"},
        actor=another_approver(cast, "FOUND"),
        at=LATER,
    )
    settle(cast, LineQuery.objects.get(charge=fee), Settlement.WAIVED)
    close_all(cast.programme, "2026-07")
    credit = Charge.objects.get(credits=fee)
    assert (credit.reason, credit.amount_minor, credit.fee) == ("WAIVED", -fee.amount_minor, fee.fee)
    row = f"2026-07,receivable,FOUND-1,set-up,2026-04,credit,{to_major(-fee.amount_minor)},waived"
    assert row in charges_csv(cast.programme)
