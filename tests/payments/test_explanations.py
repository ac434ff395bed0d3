"""Every amount can be explained: the steps of each charge of every golden case come to what is stored."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funders.enums import Direction
from funders.rules.programme_file import read_programme
from funders.services import store_programme
from mhep.kernel.money import percent_of
from payments.models import Charge
from payments.rules.explanation import explain
from payments.rules.explanation.case import Case
from payments.rules.explanation.page import (
    Addition,
    Amount,
    BandTable,
    CapTable,
    Explanation,
    InstalmentSum,
    Lesser,
    Percentage,
    Step,
    Working,
)
from payments.selectors.explanations import case_of, cases_of, decisions_of
from tests.cast import AT, PROGRAMME, Cast, close, price
from tests.payments.golden import CASES
from tests.payments.golden import Case as GoldenCase
from tests.payments.rules.cases import in_words, step

pytestmark = pytest.mark.django_db


def steps_by_title(explanation: Explanation) -> dict[str, Step]:
    return {step.title: step for step in explanation.steps}


def price_of(step: Step) -> int:
    """Work out what the step of the price shows."""
    working = step.working
    if isinstance(working, Percentage):
        assert working.exact.value * 10_000 == working.of_minor * working.percent
        assert abs(Decimal(working.total_minor) / 100 - working.exact.value) <= Decimal("0.005")
        assert working.total_minor == percent_of(working.of_minor, working.percent)
        return working.total_minor
    if isinstance(working, Addition):
        return sum_of(working)
    if isinstance(working, BandTable):
        (applies,) = [line.minor for line in working.lines if line.applies]
        return applies
    amounts = [part.minor for part in step.says[0] if isinstance(part, Amount)]
    return amounts[0] if amounts else 0


def sum_of(addition: Addition) -> int:
    total = max(sum(line.minor for line in addition.lines), 0)
    assert addition.total_minor == total
    return total


def room_of(working: Working | None) -> int | None:
    """Work out the least room that the caps leave, never below 0."""
    if working is None:
        return None
    assert isinstance(working, CapTable)
    for line in working.lines:
        assert line.cap_minor - line.charged_minor == line.room_minor
    least = min(line.room_minor for line in working.lines)
    assert [line.room_minor for line in working.lines if line.decides] == [
        line.room_minor for line in working.lines if line.room_minor == least
    ]
    return max(least, 0)


def worked_out(case: Case, explanation: Explanation) -> int:
    """Follow the steps of an explanation as a reader would, and return the amount that they come to."""
    steps = steps_by_title(explanation)
    if case.row.kind == "FEE":
        return fee_of(steps["The amount"])
    if case.row.kind == "CREDIT":
        return -credit_of(steps)
    if "The price" not in steps or not (due := price_of(steps["The price"])):
        return 0
    if "What earlier months charged" in steps:
        before = steps["What earlier months charged"].working
        assert isinstance(before, Addition)
        assert before.lines[0].minor == due
        due = sum_of(before)
    room = room_of(steps["The room under each cap"].working)
    decision = steps["The decision"].working
    assert isinstance(decision, Lesser)
    assert (decision.due_minor, decision.room_minor) == (due, room)
    over = room if decision.partial else 0
    amount = due if room is None or due <= room else over or 0
    assert decision.total_minor == amount
    return amount


def fee_of(step: Step) -> int:
    working = step.working
    if isinstance(working, InstalmentSum):
        assert working.each_minor * working.count + working.left_over_minor == working.whole_minor
        amount = working.each_minor + (working.left_over_minor if working.number == 1 else 0)
        assert working.total_minor == amount
        return amount
    return next(part.minor for part in step.says[0] if isinstance(part, Amount))


def credit_of(steps: dict[str, Step]) -> int:
    amount = steps["The amount"]
    if isinstance(amount.working, BandTable):
        return price_of(amount)
    return next(part.minor for part in steps["What is reversed"].says[0] if isinstance(part, Amount))


def cap_keys(charge: Charge) -> list[tuple[object, ...]]:
    """Return what each cap that the charge looked at counts, in the order in which the page shows them."""
    assert charge.event is not None
    rooms = (
        (("term", charge.term_id), charge.room_term_minor),
        (("total", charge.agreement_id), charge.room_total_minor),
        (("year", charge.agreement_id, charge.financial_year), charge.room_year_minor),
        (("person", charge.agreement_id, charge.event.participant_id), charge.room_person_minor),
    )
    return [key for key, room in rooms if room is not None]


class Before:
    """What was charged before, net of credits, under whatever a cap may count."""

    def __init__(self) -> None:
        self._net: dict[tuple[object, ...], int] = defaultdict(int)

    def check(self, charge: Charge, explanation: Explanation) -> None:
        """Compare with what the caps of the page show as charged before."""
        caps = steps_by_title(explanation).get("The room under each cap")
        if caps is not None and isinstance(caps.working, CapTable):
            shown = [line.charged_minor for line in caps.working.lines]
            assert shown == [self._net[key] for key in cap_keys(charge)], charge

    def add(self, charge: Charge) -> None:
        if charge.event is not None:
            for key in (
                ("term", charge.term_id),
                ("total", charge.agreement_id),
                ("year", charge.agreement_id, charge.financial_year),
                ("person", charge.agreement_id, charge.event.participant_id),
            ):
                self._net[key] += charge.amount_minor


@pytest.mark.parametrize("golden", CASES, ids=lambda case: case.name)
def test_the_steps_of_every_charge_come_to_its_amount(golden: GoldenCase, tmp_path: Path) -> None:
    golden.prepare(tmp_path)
    for period in golden.periods:
        golden.close(period)
    charges = list(
        Charge.objects.filter(month__programme__code=golden.code).select_related("event").order_by("pk")
    )
    cases = cases_of(charges, sees_all=True)
    before = Before()

    for charge in charges:
        explanation = explain(cases[charge.pk])
        assert worked_out(cases[charge.pk], explanation) == charge.amount_minor, charge
        assert in_words(explanation.answer).endswith(".")
        before.check(charge, explanation)
        before.add(charge)

    assert charges


def the_charge(cast: Cast, event: str, agreement: str) -> Charge:
    return Charge.objects.get(
        event__reference=event, agreement__ref=agreement, agreement__programme=cast.programme
    )


def test_a_balance_hides_from_a_funder_who_the_others_are(cast: Cast) -> None:
    price(cast.programme, "2026-04")
    charge = the_charge(cast, "E-001", "FOUND-1")

    seen = step(explain(case_of(charge, sees_all=True)), "The price").working
    hidden = step(explain(case_of(charge, sees_all=False)), "The price").working

    assert isinstance(seen, Addition)
    assert isinstance(hidden, Addition)
    assert [in_words(line.label) for line in seen.lines] == ["Tariff", "London Borough of Ealing, April 2026"]
    assert [in_words(line.label) for line in hidden.lines] == [
        "Tariff",
        "Charged to the other funders of this outcome",
    ]
    assert sum_of(seen) == sum_of(hidden) == charge.amount_minor


def test_an_amount_is_explained_by_the_agreement_as_it_stood(cast: Cast) -> None:
    """What a later version of the agreement says does not reach a charge of a closed month."""
    close(cast.programme, "2026-04")
    charge = the_charge(cast, "E-001", "EALING-1")
    changed = read_programme(PROGRAMME.replace(b"Schedule 4, 2.3", b"Schedule 5, 1.1"))
    assert changed.definition is not None
    store_programme(changed.definition, at=AT)

    says = step(explain(case_of(charge, sees_all=True)), "Which term applies, and why").says

    assert in_words(says[0]).startswith("Term job-start of agreement EALING-1, version 1,")
    assert in_words(says[1]) == "In the contract: Schedule 4, 2.3."


def test_everybody_who_decided_about_an_event_is_listed_with_the_nil_ones(cast: Cast) -> None:
    price(cast.programme, "2026-04")
    charge = the_charge(cast, "E-001", "EALING-1")
    assert charge.event is not None

    receivable, payable = decisions_of(charge.event, cast.finance)

    assert [made.agreement.ref for made in receivable.charges] == ["EALING-1", "FOUND-1"]
    assert (receivable.net_minor, receivable.tariff_minor) == (125_000, 125_000)
    assert payable.direction == Direction.PAYABLE
    assert [made.amount_minor for made in payable.charges] == [90_000]


def test_a_funder_sees_of_an_event_its_own_decisions_only(cast: Cast) -> None:
    price(cast.programme, "2026-04")
    charge = the_charge(cast, "E-001", "EALING-1")
    assert charge.event is not None

    (side,) = decisions_of(charge.event, cast.commissioner)

    assert [made.pk for made in side.charges] == [charge.pk]
    assert decisions_of(charge.event, cast.outsider) == []


def test_explaining_many_charges_takes_as_many_queries_as_explaining_one(cast: Cast) -> None:
    close(cast.programme, "2026-04")
    charges = list(Charge.objects.filter(event__isnull=False))
    assert len(charges) > 5

    with CaptureQueriesContext(
        connection,
    ) as one:
        cases_of(charges[:1], sees_all=True)
    with CaptureQueriesContext(connection) as many:
        cases_of(charges, sees_all=True)

    assert len(one) == len(many) <= 10


def test_nothing_to_explain_is_no_fault() -> None:
    assert cases_of([], sees_all=True) == {}
