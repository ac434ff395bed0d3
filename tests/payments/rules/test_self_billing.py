"""When an operator may bill itself in a provider's place (domain: finance practice, self-billing)."""

from __future__ import annotations

from datetime import date

import pytest

from payments.rules.self_billing import Agreed, period_problem, read_vat_number, refusal, wording

YEAR = Agreed(date(2026, 4, 1), date(2027, 3, 31), "GB999999973")


@pytest.mark.parametrize("day", [YEAR.starts_on, YEAR.ends_on])
def test_both_days_of_an_agreement_are_covered(day: date) -> None:
    assert refusal([YEAR], day, 100, "Example Provider") == ""


def test_without_an_agreement_or_after_its_end_it_says_so_with_the_day() -> None:
    assert refusal([], date(2026, 7, 3), 0, "Example Provider") == (
        "There is no self-billing agreement with Example Provider for 3 July 2026."
    )
    assert refusal([YEAR], date(2026, 3, 31), 0, "Example Provider").startswith("There is no self-billing")
    assert refusal([YEAR], date(2027, 4, 1), 0, "Example Provider") == (
        "The self-billing agreement with Example Provider ended on 31 March 2027, before 1 April 2027. "
        "Agree on a new one first."
    )


def test_vat_needs_a_vat_number_and_no_vat_needs_none() -> None:
    unregistered = Agreed(YEAR.starts_on, YEAR.ends_on)
    assert "gives no VAT number" in refusal([unregistered], YEAR.starts_on, 1, "Example Provider")
    assert refusal([unregistered], YEAR.starts_on, 0, "Example Provider") == ""


@pytest.mark.parametrize(
    ("text", "stored", "is_wrong"),
    [
        ("", "", False),
        ("999 9999 73", "GB999999973", False),
        ("gb999999973", "GB999999973", False),
        ("GB999999974", "GB999999974", True),
        ("DK13585628", "DK13585628", False),
        ("nonsense", "NONSENSE", True),
    ],
)
def test_a_vat_number_is_checked_by_its_check_digits(text: str, stored: str, *, is_wrong: bool) -> None:
    found, problem = read_vat_number(text)
    assert (found, bool(problem)) == (stored, is_wrong)


def test_an_agreement_is_for_twelve_months_at_most() -> None:
    assert period_problem(YEAR.starts_on, YEAR.ends_on) == ""
    assert "before the first" in period_problem(YEAR.starts_on, date(2026, 3, 31))
    assert "twelve months" in period_problem(YEAR.starts_on, date(2027, 4, 2))


def test_the_words_about_output_tax_stand_only_where_there_is_vat() -> None:
    assert any("output tax" in sentence for sentence in wording(1))
    assert not any("output tax" in sentence for sentence in wording(0))
    assert all("self-billing agreement" in wording(vat)[0] for vat in (0, 1))
