"""Why an amount is what it is: the sentence, the steps and the sums (spec: pricing, "can be explained")."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from funders.rules.definition import Band, CapsDefinition, FixedFeeDefinition, Price
from mhep.kernel.periods import Month, YearStart
from payments.rules.explanation import explain
from payments.rules.explanation.case import Case, Conditions, Share
from payments.rules.explanation.page import (
    Addition,
    BandTable,
    CapTable,
    InstalmentSum,
    Lesser,
    Link,
    Percentage,
    SourceKind,
)
from payments.rules.explanation.phrases import financial_year
from tests.payments.rules.cases import APRIL, EVENT, MAY, case, in_words, rooms, row, step

PERCENT = Price("percent_of_tariff", percent=Decimal("33.335"))
BALANCE = Price("balance")
BANDS = Price("bands", bands=(Band(2, 0), Band(6, 12_000), Band(None, 8_000)))
TOTAL_CAP = CapsDefinition(total_minor=1_000_000)
ALL_OR_NOTHING = replace(TOTAL_CAP, partial=False)
CARRIES = replace(TOTAL_CAP, over_cap="carry_forward")


@pytest.mark.parametrize(
    ("charge", "answer"),
    [
        (
            case(),
            "Ealing Council pays £1,500.00 for “Job start” on 6 April 2026, because its agreement pays "
            "£1,500.00 for each.",
        ),
        (
            case(price=PERCENT, tariff=100_000, entitlement=33_335, amount=33_335),
            "Ealing Council pays £333.35 for “Job start” on 6 April 2026, because its agreement pays "
            "33.335% of the £1,000.00 tariff.",
        ),
        (
            case(price=BANDS, entitlement=12_000, amount=12_000),
            "Ealing Council pays £120.00 for “Job start” on 6 April 2026, because it is number 4 under "
            "this term, and its agreement pays £120.00 for numbers 3 to 6.",
        ),
        (
            case(price=BALANCE, tariff=200_000, entitlement=150_000),
            "Ealing Council pays £1,500.00 for “Job start” on 6 April 2026, because its agreement pays "
            "what the others leave of the £2,000.00 tariff.",
        ),
        (
            case(caps=TOTAL_CAP, reason="PARTIAL_CAP", amount=40_000, rooms=rooms(total=40_000)),
            "Ealing Council pays £400.00 of the £1,500.00 due for “Job start” on 6 April 2026, because "
            "the cap for the whole agreement had only £400.00 left.",
        ),
        (
            case(caps=CARRIES, reason="PARTIAL_CAP", amount=40_000, rooms=rooms(total=40_000)),
            "Ealing Council pays £400.00 of the £1,500.00 due for “Job start” on 6 April 2026, because "
            "the cap for the whole agreement had only £400.00 left; the rest is carried forward.",
        ),
        (
            case(
                caps=TOTAL_CAP, kind="NIL", reason="CAP_REACHED", amount=0, place=None, rooms=rooms(total=0)
            ),
            "Ealing Council pays nothing of the £1,500.00 due for “Job start” on 6 April 2026, because "
            "the cap for the whole agreement was used up.",
        ),
        (
            case(
                caps=ALL_OR_NOTHING,
                kind="NIL",
                reason="CAP_REACHED",
                amount=0,
                place=None,
                rooms=rooms(total=40_000),
            ),
            "Ealing Council pays nothing of the £1,500.00 due for “Job start” on 6 April 2026, because "
            "the cap for the whole agreement had only £400.00 left and the agreement pays all or nothing.",
        ),
        (
            case(terms={"max_count": 3}, kind="NIL", reason="COUNT_CAP", amount=0, entitlement=0, place=None),
            "Ealing Council pays nothing for “Job start” on 6 April 2026, because its agreement pays "
            "for at most 3 under this term and these were reached.",
        ),
        (
            case(
                price=BANDS, kind="NIL", reason="ZERO_PRICE", amount=0, entitlement=0, place_before=0, place=1
            ),
            "Ealing Council pays nothing for “Job start” on 6 April 2026, because it is number 1 under "
            "this term, and its agreement pays £0.00 for numbers 1 to 2.",
        ),
        (
            case(price=BALANCE, kind="NIL", reason="ZERO_PRICE", amount=0, entitlement=0, tariff=200_000),
            "Ealing Council pays nothing for “Job start” on 6 April 2026, because the other terms "
            "already pay the whole £2,000.00 tariff.",
        ),
        (
            case(price=PERCENT, kind="NIL", reason="ZERO_PRICE", amount=0, entitlement=0, tariff=None),
            "Ealing Council pays nothing for “Job start” on 6 April 2026, because no tariff was in "
            "force on that day.",
        ),
        (
            case(
                caps=CARRIES,
                month=MAY,
                reason="CARRIED",
                amount=20_000,
                charged_before=40_000,
                rooms=rooms(total=20_000),
                first=row(key=3, reason="PARTIAL_CAP", amount=40_000),
            ),
            "Ealing Council pays £200.00 more for “Job start” on 6 April 2026, because a cap held back "
            "part of the £1,500.00 due in April 2026 and it was carried forward.",
        ),
        (
            case(payable=True, party="Example Provider"),
            "Example Provider is paid £1,500.00 for “Job start” on 6 April 2026, because its contract pays "
            "£1,500.00 for each.",
        ),
    ],
)
def test_the_answer_is_one_sentence_that_says_why(charge: Case, answer: str) -> None:
    assert in_words(explain(charge).answer) == answer


def test_a_percentage_shows_the_amount_before_rounding_and_rounds_a_half_up() -> None:
    explained = explain(case(price=PERCENT, tariff=1_500, entitlement=500, amount=500))

    working = step(explained, "The price").working

    assert isinstance(working, Percentage)
    assert (working.of_minor, working.percent) == (1_500, Decimal("33.335"))
    assert working.exact.value == Decimal("5.00025")
    assert working.total_minor == 500


def test_half_a_penny_before_rounding_becomes_a_whole_one() -> None:
    price = Price("percent_of_tariff", percent=Decimal(50))

    working = step(
        explain(case(price=price, tariff=100_001, entitlement=50_001, amount=50_001)), "The price"
    ).working

    assert isinstance(working, Percentage)
    assert working.exact.value == Decimal("500.005")
    assert working.total_minor == 50_001


def test_a_balance_lists_each_share_with_its_link() -> None:
    shares = (Share(5, "National fund", APRIL, 40_000), Share(6, "Health board", APRIL, 10_000))
    explained = explain(case(price=BALANCE, tariff=200_000, entitlement=150_000, shares=shares))

    working = step(explained, "The price").working

    assert isinstance(working, Addition)
    assert [(in_words(line.label), line.minor) for line in working.lines] == [
        ("Tariff", 200_000),
        ("National fund, April 2026", -40_000),
        ("Health board, April 2026", -10_000),
    ]
    links = [line.label[0] for line in working.lines[1:]]
    assert [link.source.key for link in links if isinstance(link, Link)] == ["5", "6"]


def test_what_other_funders_were_charged_is_one_sum_without_names_where_it_is_hidden() -> None:
    shares = (Share(None, "National fund", APRIL, 40_000), Share(None, "Health board", APRIL, 10_000))
    explained = explain(case(price=BALANCE, tariff=200_000, entitlement=150_000, shares=shares))

    working = step(explained, "The price").working

    assert isinstance(working, Addition)
    assert [(in_words(line.label), line.minor) for line in working.lines] == [
        ("Tariff", 200_000),
        ("Charged to the other funders of this outcome", -50_000),
    ]


def test_bands_show_every_price_and_mark_the_one_that_applies() -> None:
    working = step(explain(case(price=BANDS, entitlement=12_000, amount=12_000)), "The price").working

    assert isinstance(working, BandTable)
    assert [(line.places, line.minor, line.applies) for line in working.lines] == [
        ("1 to 2", 0, False),
        ("3 to 6", 12_000, True),
        ("7 and after", 8_000, False),
    ]


def test_the_least_of_several_rooms_is_marked_and_decides() -> None:
    caps = CapsDefinition(total_minor=1_000_000, financial_year_minor=((2025, 1), (2026, 300_000)))
    charge = case(
        caps=caps,
        terms={"max_amount_minor": 500_000},
        reason="PARTIAL_CAP",
        amount=40_000,
        rooms=rooms(term=350_000, total=900_000, year=40_000),
    )

    explained = explain(charge)

    working = step(explained, "The room under each cap").working
    assert isinstance(working, CapTable)
    assert [
        (line.label, line.cap_minor, line.charged_minor, line.room_minor, line.decides)
        for line in working.lines
    ] == [
        ("this term", 500_000, 150_000, 350_000, False),
        ("the whole agreement", 1_000_000, 100_000, 900_000, False),
        ("the financial year 2026/27", 300_000, 260_000, 40_000, True),
    ]
    assert step(explained, "The decision").working == Lesser(
        150_000, 40_000, partial=True, total_minor=40_000
    )


def test_a_cap_that_was_lowered_below_what_it_paid_leaves_no_room() -> None:
    charge = case(
        caps=TOTAL_CAP, kind="NIL", reason="CAP_REACHED", amount=0, place=None, rooms=rooms(total=-5_000)
    )

    explained = explain(charge)

    assert "was used up" in in_words(explained.answer)
    working = step(explained, "The room under each cap").working
    assert isinstance(working, CapTable)
    assert (working.lines[0].charged_minor, working.lines[0].room_minor) == (1_005_000, -5_000)


def test_without_caps_the_page_says_so() -> None:
    explained = explain(case())

    assert in_words(step(explained, "The room under each cap").says[0]) == (
        "No cap of the agreement limits this amount."
    )
    assert step(explained, "The decision").working == Lesser(150_000, None, partial=True, total_minor=150_000)


def test_each_thing_that_the_term_asks_stands_beside_what_the_event_has() -> None:
    terms = {
        "areas": ("EAL", "HRW"),
        "services": ("WL-1",),
        "cohorts": ("SUD",),
        "hours_min": Decimal(16),
        "hours_below": Decimal("37.5"),
        "min_fidelity": 100,
        "starts_on": date(2026, 4, 5),
        "ends_on": date(2030, 1, 1),
    }
    event = replace(EVENT, review=(date(2026, 3, 1), 103))

    explained = explain(case(terms=terms, event=event))

    asked = {
        each.name: (in_words(each.asks), in_words(each.has))
        for each in step(explained, "Which term applies, and why").conditions
    }
    assert asked == {
        "Outcome": ("Job start", "Job start"),
        "Outcome date": ("5 April 2026 to 31 March 2029", "6 April 2026"),
        "Area": ("Ealing or HRW", "Ealing"),
        "Service": ("WL-1", "WL-1"),
        "Cohort": ("SUD", "None recorded"),
        "Hours a week": ("At least 16 and below 37.5", "20"),
        "Fidelity score of the service": ("At least 100", "103, reviewed on 1 March 2026"),
    }


def test_the_term_is_named_with_its_agreement_version_and_clause() -> None:
    says = step(explain(case(terms={"clause": "Schedule 4, 2.3"})), "Which term applies, and why").says

    assert [in_words(sentence) for sentence in says] == [
        "Term job-start of agreement EALING-1, version 2, applies because the event meets all that it asks.",
        "In the contract: Schedule 4, 2.3.",
    ]
    assert [part.source.key for part in says[0] if isinstance(part, Link)] == [
        "EALING-1:job-start",
        "EALING-1",
    ]


def test_a_remainder_is_explained_by_the_first_decision_and_what_was_charged_since() -> None:
    first = row(key=3, reason="PARTIAL_CAP", amount=40_000, place_before=1, place=2)
    now = row(
        key=30,
        month=MAY,
        reason="CARRIED",
        amount=50_000,
        charged_before=40_000,
        place_before=9,
        place=2,
        rooms=rooms(total=50_000),
    )
    charge = replace(case(caps=CARRIES), row=now, first=first, siblings=(first, now))

    explained = explain(charge)

    assert in_words(step(explained, "Its place in the count").says[0]).startswith(
        "This outcome has been number 2"
    )
    working = step(explained, "What earlier months charged").working
    assert isinstance(working, Addition)
    assert [line.minor for line in working.lines] == [150_000, -40_000]
    assert working.total_minor == 110_000
    assert (
        in_words(step(explained, "What happened since").says[-1]) == "Still due when a cap has room: £600.00."
    )


def test_a_credit_names_what_it_reverses_and_where_that_was_billed() -> None:
    credit = row(
        key=40, kind="CREDIT", reason="VOIDED", month=MAY, amount=-150_000, place_before=None, place=None
    )
    event = replace(EVENT, voided_on=date(2026, 5, 2))
    charge = replace(
        case(event=event), row=credit, credited=row(), credited_on="INV-000004", document="CRN-000001"
    )

    explained = explain(charge)

    assert in_words(explained.answer) == (
        "Ealing Council gets back £1,500.00 for “Job start” on 6 April 2026, because that outcome was "
        "voided on 2 May 2026."
    )
    says = [in_words(sentence) for sentence in step(explained, "What is reversed").says]
    assert says[:2] == [
        "The outcome no longer counts, so its charge of April 2026 over £1,500.00 is reversed.",
        "It was on INV-000004.",
    ]
    assert explained.amount_minor == -150_000


def test_a_marginal_credit_gives_back_the_price_of_the_last_place() -> None:
    credit = row(key=40, kind="CREDIT", reason="VOIDED", month=MAY, amount=-8_000, place_before=7, place=None)
    event = replace(EVENT, voided_on=date(2026, 5, 2))
    charge = replace(
        case(price=BANDS, terms={"clawback": "marginal"}, event=event),
        row=credit,
        credited=row(amount=12_000),
    )

    explained = explain(charge)

    assert in_words(explained.answer).endswith("voided on 2 May 2026 and number 7 was the last one counted.")
    working = step(explained, "The amount").working
    assert isinstance(working, BandTable)
    assert [line.minor for line in working.lines if line.applies] == [8_000]


def fee_case(amount: int, month: Month, fee: FixedFeeDefinition) -> Case:
    charge = row(
        kind="FEE",
        reason="FIXED_FEE",
        amount=amount,
        month=MAY,
        fee_month=month,
        place_before=None,
        place=None,
    )
    conditions = Conditions(case().conditions.agreement, 1, fee=fee)
    return replace(case(), row=charge, conditions=conditions, event=None)


@pytest.mark.parametrize(("month", "amount", "number"), [(APRIL, 33_334, 1), (MAY, 33_333, 2)])
def test_an_instalment_shows_the_division_and_the_remainder_in_the_first(
    month: Month, amount: int, number: int
) -> None:
    fee = FixedFeeDefinition("set-up", "Setting up", APRIL, Month(2026, 6), total_minor=100_000)

    explained = explain(fee_case(amount, month, fee))

    working = step(explained, "The amount").working
    assert working == InstalmentSum(100_000, 3, 33_333, 1, number, amount)
    assert ("When it was charged" in [each.title for each in explained.steps]) == (month == APRIL)


def test_a_monthly_fee_is_what_was_agreed() -> None:
    fee = FixedFeeDefinition("block", None, APRIL, Month(2026, 6), amount_minor=200_000)

    explained = explain(fee_case(200_000, MAY, fee))

    assert in_words(explained.answer) == (
        "Ealing Council pays £2,000.00 as the “block” of May 2026, a fixed fee of its agreement."
    )
    assert (
        in_words(step(explained, "The amount").says[0])
        == "The fee is £2,000.00 a month. Caps do not limit it."
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"document": "INV-000007"}, "It is on INV-000007."),
        ({"waits": True}, "It waits for the agreement’s next document."),
        (
            {"month_closed": False},
            "April 2026 is still open: this may change until the month is closed.",
        ),
        (
            {},
            "It is on no document: the charge and its credit cancelled each other before either was billed.",
        ),
    ],
)
def test_the_last_step_says_where_the_amount_went(changes: dict[str, Any], says: str) -> None:
    explained = explain(case(**changes))

    assert in_words(step(explained, "What happened since").says[0]) == says


def test_a_charge_says_when_it_was_credited() -> None:
    credit = row(key=40, kind="CREDIT", reason="VOIDED", month=MAY, amount=-150_000)

    explained = explain(case(document="INV-000007", credit=credit))

    assert in_words(step(explained, "What happened since").says[-1]) == (
        "In May 2026 it was credited: £1,500.00 given back, because the outcome was voided."
    )


def test_a_provider_contract_is_linked_as_a_contract() -> None:
    explained = explain(case(payable=True, party="Example Provider"))

    links = [
        part for part in step(explained, "Which term applies, and why").says[0] if isinstance(part, Link)
    ]

    assert {link.source.kind for link in links} == {SourceKind.CONTRACT}


@pytest.mark.parametrize(
    ("start", "name"),
    [(YearStart(4, 1), "2026/27"), (YearStart(1, 1), "2026"), (YearStart(10, 1), "2026/27")],
)
def test_a_financial_year_is_named_as_people_name_it(start: YearStart, name: str) -> None:
    assert financial_year(2026, start) == name
    assert financial_year(2099, YearStart(4, 1)) == "2099/00"
