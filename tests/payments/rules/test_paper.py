"""What documents say: lines that multiply out, totals that agree, words and figures of the language."""

from __future__ import annotations

import json
import random
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhep.kernel.periods import Month
from payments.rules.paper import LANGUAGES, OutcomeGroup, PaperKind, Party, grouped, month_runs, printed
from tests.payments.rules.papers import fee_line, outcome_line, paper

APRIL = Month(2026, 4)
EVERYTHING = (
    [outcome_line(number) for number in range(12)]
    + [outcome_line(number, term="job-start-16h", clause="Schedule 4, 2.3") for number in range(12, 15)]
    + [outcome_line(15, amount_minor=37_120)]
)


def rows(data: dict[str, object]) -> list[list[str]]:
    """Return the summary's rows as they read: description, note and cells."""
    lines: Any = data["lines"]
    return [[row["description"], row["note"], *row["cells"]] for row in lines["rows"]]


def facts(data: dict[str, object]) -> dict[str, str]:
    strips: Any = data["facts"]
    return {fact["label"]: fact["value"] for strip in strips for fact in strip}


def test_lines_are_grouped_by_term_and_unit_amount_so_that_count_times_price_is_the_amount() -> None:
    data = printed(paper(EVERYTHING))

    assert rows(data) == [
        ["Job start", "Term job-start", "12", "× £1,500.00", "£18,000.00"],
        ["Job start", "Term job-start", "1", "× £371.20", "£371.20"],
        ["Job start", "Term job-start-16h · Schedule 4, 2.3", "3", "× £1,500.00", "£4,500.00"],
    ]


def test_outcomes_stand_in_the_programmes_order_and_fees_by_month_after_them() -> None:
    data = printed(
        paper(
            [
                outcome_line(1, position=1, outcome="Job start"),
                outcome_line(2, position=0, outcome="Zero hours"),
            ],
            [fee_line(Month(2026, 6)), fee_line(Month(2026, 5), description="Travel")],
        )
    )

    assert [row[0] for row in rows(data)] == [
        "Zero hours",
        "Job start",
        "Travel, May 2026",
        "Service fee, June 2026",
    ]
    assert rows(data)[2][1:] == ["Fixed fee block", "1", "× £2,000.00", "£2,000.00"]


amounts = st.integers(min_value=0, max_value=10**15)
lines = st.lists(
    st.builds(
        outcome_line,
        st.integers(0, 999),
        amount_minor=st.sampled_from([0, 1, 150_000]) | amounts,
        outcome=st.sampled_from(["Engagement", "Job start"]),
        term=st.sampled_from("ab"),
        corrects=st.sampled_from(["", "INV-000001", "INV-000002"]),
    )
)


@given(lines)
def test_groups_lose_and_add_nothing(some: list[Any]) -> None:
    groups = grouped(some)

    assert sum(group.amount_minor for group in groups) == sum(line.amount_minor for line in some)
    assert sum(group.count for group in groups) == len(some)
    assert len({replace(group, count=0) for group in groups}) == len(groups)


@given(lines, st.randoms(use_true_random=False))
def test_the_order_in_which_lines_come_changes_nothing(some: list[Any], chance: random.Random) -> None:
    shuffled = chance.sample(some, len(some))
    kind = PaperKind.CREDIT_NOTE

    assert printed(paper(some, kind=kind)) == printed(paper(shuffled, kind=kind))


def test_the_same_term_of_two_outcomes_is_two_groups() -> None:
    assert grouped([outcome_line(1), outcome_line(2, outcome="Training")]) == [
        OutcomeGroup("Job start", "job-start", "", "", unit_minor=150_000, count=1),
        OutcomeGroup("Training", "job-start", "", "", unit_minor=150_000, count=1),
    ]


def test_a_credit_note_names_the_invoice_that_each_line_corrects() -> None:
    corrections = [
        outcome_line(1, corrects="INV-000010"),
        outcome_line(2, corrects="INV-000011"),
        outcome_line(3, corrects="INV-000010"),
    ]
    data: dict[str, Any] = printed(
        paper(
            corrections,
            [fee_line(APRIL, corrects="INV-000009")],
            kind=PaperKind.CREDIT_NOTE,
            number="CRN-000003",
            due_on=None,
        )
    )

    assert data["lines"]["columns"] == ["Description", "Corrects", "Count", "Unit price", "Amount"]
    assert [row[2:] for row in rows(data)] == [
        ["INV-000010", "2", "× £1,500.00", "£3,000.00"],
        ["INV-000011", "1", "× £1,500.00", "£1,500.00"],
        ["INV-000009", "1", "× £2,000.00", "£2,000.00"],
    ]
    assert data["schedule"]["columns"][-2:] == ["Corrects", "Amount"]
    assert data["schedule"]["rows"][0] == [
        "EV-00001", "P-00001", "2 Apr 2026", "Job start", "INV-000010", "£1,500.00",
    ]  # fmt: skip
    assert data["title"] == "Credit note CRN-000003"
    assert "Due date" not in facts(data)


def test_a_remittance_statement_goes_from_the_payer_to_the_provider() -> None:
    data: dict[str, Any] = printed(
        paper(
            [outcome_line(1)],
            kind=PaperKind.REMITTANCE,
            number="REM-000001",
            party=Party("TWN", "Example Provider CIO"),
            agreement="TWN-1",
            po_number="",
            bank=None,
        )
    )

    assert [(party["role"], party["name"]) for party in data["parties"]] == [
        ("Payer", "Health and Employment Partnership Ltd"),
        ("Payee", "Example Provider CIO"),
    ]
    assert facts(data)["Contract"] == "TWN-1"
    assert "PO number" not in facts(data)
    assert data["payment"]["facts"] == []
    assert data["totals"][-1] == {"label": "Total payable to you", "amount": "£1,800.00", "strong": True}


def test_an_invoice_says_whose_it_is_what_it_is_for_and_how_to_pay_it() -> None:
    operator = Party("MHEP", "Health and Employment Partnership Ltd", ("5 Example Street",), "GB 000 0000 00")
    data: dict[str, Any] = printed(paper(EVERYTHING, operator=operator))

    assert data["parties"][0]["role"] == "Supplier"
    assert data["parties"][0]["details"] == ["5 Example Street", "Code MHEP", "VAT number GB 000 0000 00"]
    assert data["parties"][1] == {
        "role": "Buyer",
        "name": "London Borough of Ealing",
        "details": ["Code EALING"],
    }
    assert facts(data) == {
        "Issue date": "6 May 2026",
        "Due date": "5 June 2026",
        "Payment reference": "INV-000012",
        "Period": "April 2026",
        "PO number": "PO-7781",
        "Agreement": "EALING-1",
        "Programme": "West London IPS (WL-IPS)",
    }
    assert [[fact["label"] for fact in strip] for strip in data["payment"]["facts"]] == [
        ["Account name", "Payment reference"],
        ["Sort code", "Account number"],
    ]
    assert data["totals"] == [
        {"label": "Net total", "amount": "£22,871.20", "strong": False},
        {"label": "VAT at 20%", "amount": "£4,574.24", "strong": False},
        {"label": "Total due", "amount": "£27,445.44", "strong": True},
    ]


def test_the_schedule_has_every_line_by_date_and_its_total_leaves_fees_out() -> None:
    data: dict[str, Any] = printed(
        paper([outcome_line(3), outcome_line(2), outcome_line(32)], [fee_line(APRIL)])
    )

    assert [row[0] for row in data["schedule"]["rows"]] == ["EV-00002", "EV-00032", "EV-00003"]
    assert data["schedule"]["total"]["amount"] == "£4,500.00"


def test_a_document_without_lines_says_so() -> None:
    data: dict[str, Any] = printed(paper())

    assert rows(data) == [["No lines", "", "", "", ""]]
    assert data["schedule"]["rows"] == []
    assert data["totals"][-1]["amount"] == "£0.00"


@pytest.mark.parametrize(
    ("language", "currency", "expected"),
    [
        (
            "en",
            "GBP",
            ["6 May 2026", "January\u2009–\u2009March 2026", "× £1,234,567.89", "VAT at 5.5%", "Total due"],
        ),
        (
            "fr",
            "EUR",
            [
                "6 mai 2026",
                "janvier\u2009–\u2009mars 2026",
                "× 1\u202f234\u202f567,89\xa0€",
                "TVA à 5,5\xa0%",
                "Total TTC à payer",
            ],
        ),
        (
            "da",
            "DKK",
            ["6. maj 2026", "januar–marts 2026", "× 1.234.567,89\xa0kr.", "Moms 5,5\xa0%", "I alt at betale"],
        ),
    ],
)
def test_words_dates_and_money_are_those_of_the_language(
    language: str, currency: str, expected: list[str]
) -> None:
    data: dict[str, Any] = printed(
        paper(
            [outcome_line(1, amount_minor=123_456_789)],
            language=language,
            currency=currency,
            vat_rate=Decimal("5.500000"),
            periods=(Month(2026, 3), Month(2026, 1), Month(2026, 2)),
        )
    )

    assert data["lang"] == language
    assert [
        data["facts"][0][0]["value"],
        data["facts"][0][3]["value"],
        data["lines"]["rows"][0]["cells"][1],
        data["totals"][1]["label"],
        data["totals"][2]["label"],
    ] == expected


def test_no_minor_unit_is_lost_however_large_the_amount_or_odd_the_currency() -> None:
    data = printed(paper([outcome_line(1, amount_minor=2**63 - 1)], currency="JPY", vat_rate=Decimal(0)))

    assert rows(data)[0][-1] == "JP¥92,233,720,368,547,758.07"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word_with_the_places_of_the_english_one(language: str) -> None:
    english, other = LANGUAGES["en"], LANGUAGES[language]
    texts = [field.name for field in fields(other) if field.name not in ("titles", "totals", "untaxed")]
    assert {category: text.count("{net}") for category, text in other.untaxed.items()} == dict.fromkeys(
        english.untaxed, 1
    )

    assert all(getattr(other, name) for name in texts)
    assert [
        name for name in texts if getattr(english, name).count("{") != getattr(other, name).count("{")
    ] == []
    assert set(other.titles) == set(other.totals) == set(PaperKind)


def test_gaps_between_periods_are_shown() -> None:
    months = [Month(2026, 2), Month(2025, 12), Month(2026, 1), Month(2026, 5), Month(2026, 5)]

    assert month_runs(months) == [(Month(2025, 12), Month(2026, 2)), (Month(2026, 5), Month(2026, 5))]
    assert month_runs([]) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"net_minor": 149_999}, "net and lines differ: 1499.99, 1500.00"),
        ({"vat_minor": 30_001}, "VAT and its rate on the net differ: 300.01, 300.00"),
        ({"gross_minor": 150_000}, "gross and net with VAT differ: 1500.00, 1800.00"),
        ({"language": "de"}, "a document is in da, en, fr"),
    ],
)
def test_a_document_that_does_not_add_up_cannot_exist(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"INV-000012: {message}"):
        replace(paper([outcome_line(1)]), **changes)


def test_what_is_printed_is_json() -> None:
    data = printed(paper(EVERYTHING, [fee_line(APRIL)], issued_on=date(2026, 5, 6)))

    assert json.loads(json.dumps(data)) == data
