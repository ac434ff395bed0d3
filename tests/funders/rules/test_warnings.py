"""The four kinds of warning, given only when nothing is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.funders.rules.sample import GONE, read, warned


def s13(ref: str, price: str = "1.00", **keys: Any) -> dict[str, Any]:
    return {"ref": ref, "outcome": "S13", "price": {"fixed": price}} | keys


def with_terms(*terms: dict[str, Any]) -> dict[str, Any]:
    return {"agreements[0].terms": list(terms), "agreements[0].caps": GONE}


def of_hours(changes: dict[str, Any]) -> list[tuple[str, str]]:
    return [each for each in warned(read(changes)) if each[1].startswith("hours")]


def test_the_sample_gives_no_warning() -> None:
    assert warned(read()) == []


def test_warnings_wait_until_nothing_is_refused() -> None:
    result = read({"agreements": [], "areas[0].name": GONE})
    assert result.warnings == ()
    assert result.definition is None


def test_an_outcome_that_no_agreement_names_is_unfunded() -> None:
    assert warned(read({"agreements[1].terms": [], "agreements[0].terms[1]": GONE})) == [
        ("outcomes[1]", "unfunded_outcome")
    ]
    assert ("outcomes[0]", "unfunded_outcome") in warned(
        read({"agreements": []})
    )  # a provider is paid for it


@pytest.mark.parametrize(
    ("amounts", "warns"), [((5, 5), False), ((5, 4), True), ((0, 9), False), ((1, 3, 2), True)]
)
def test_a_band_below_the_one_before_is_a_cliff(amounts: tuple[int, ...], *, warns: bool) -> None:
    bands: list[dict[str, Any]] = [{"up_to": n + 1, "amount": f"{each}.00"} for n, each in enumerate(amounts)]
    del bands[-1]["up_to"]
    place = "agreements[1].terms[1].price.bands"
    assert warned(read({place: bands})) == ([(place, "band_cliff")] if warns else [])


@pytest.mark.parametrize(
    ("first", "second", "warns"),
    [
        ({}, {}, True),  # 1,200 + 1,000 > 2,000
        ({"price": {"fixed": "1000.00"}}, {}, False),  # 2,000 is its tariff, not more
        ({"price": {"fixed": "1000.01"}}, {}, True),
        ({"price": {"percent_of_tariff": "50"}}, {}, False),
        ({"price": {"percent_of_tariff": "50.001"}}, {}, True),
        ({"price": {"percent_of_tariff": "50.001"}, "from": "2027-04-01"}, {}, False),  # the tariff has risen
        ({"areas": ["A"]}, {"areas": ["B"]}, False),
        ({"areas": ["A"]}, {"services": ["T"]}, False),
        ({"cohorts": ["X"]}, {"areas": ["A"]}, True),
        ({"hours_min": 16}, {"hours_below": 16}, False),
        ({"hours_min": 16}, {"hours_below": 16.5}, True),
        ({"to": "2026-06-30"}, {"from": "2026-07-01"}, False),
        ({"to": "2026-07-01"}, {"from": "2026-07-01"}, True),
    ],
)
def test_terms_that_can_match_one_event_may_exceed_its_tariff(
    first: dict[str, Any], second: dict[str, Any], *, warns: bool
) -> None:
    terms = with_terms(s13("a", "1200.00") | first, s13("b", "1000.00") | second)
    found = [each for each in warned(read(terms)) if each[1] == "may_exceed_tariff"]
    assert found == ([("outcomes[1]", "may_exceed_tariff")] if warns else [])


def test_pairs_that_stay_within_the_tariff_do_not_add_up_across_cells() -> None:
    thirds = [
        s13("a", "900.00", areas=["A"]),
        s13("b", "900.00", areas=["B"]),
        s13("c", "900.00", hours_min=16),
    ]
    assert "may_exceed_tariff" not in [code for _, code in warned(read(with_terms(*thirds)))]


def test_the_tariff_counts_that_is_in_force_when_a_term_still_runs() -> None:
    falling = {
        "outcomes[1].tariff": [
            {"from": "2027-04-01", "amount": "500.00"},
            {"from": "2026-04-01", "amount": "2000.00"},
        ]
    }
    assert warned(read(falling | with_terms(s13("a", "600.00")))) == [("outcomes[1]", "may_exceed_tariff")]
    assert warned(read(falling | with_terms(s13("a", "600.00", to="2027-03-31")))) == []


def test_an_outcome_without_a_tariff_has_none_to_exceed() -> None:
    changes = with_terms(s13("a", "99999.00")) | {"outcomes[1].tariff": GONE}
    assert warned(read(changes)) == []


def test_each_side_is_added_up_by_itself() -> None:
    dear = {"ref": "t", "outcome": "START", "price": {"fixed": "1000.00"}}
    assert warned(read({"provider_contracts[0].terms": [dear]})) == []
    dear["price"] = {"fixed": "1000.01"}
    assert warned(read({"provider_contracts[0].terms": [dear]})) == [("outcomes[0]", "may_exceed_tariff")]


GAP, OVERLAP = "hours_gap", "hours_overlap"


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([{}], []),  # no hours key
        ([{"hours_below": 16}, {"hours_min": 16}], []),
        ([{"hours_min": 16}], [(0, GAP)]),
        ([{"hours_below": 168}], [(0, GAP)]),  # 168 itself is in none
        ([{"hours_below": 16}, {"hours_min": 16.5}], [(0, GAP)]),
        ([{"hours_below": 16.5}, {"hours_min": 16}], [(0, OVERLAP)]),
        ([{}, {"hours_min": 16}], [(0, OVERLAP)]),
        ([{"hours_min": 8, "hours_below": 20}, {"hours_min": 16}], [(0, GAP), (0, OVERLAP)]),
        ([{"hours_below": 16, "areas": ["A"]}, {"hours_min": 16, "areas": ["B"]}], [(0, GAP), (1, GAP)]),
        ([{"areas": ["A"]}, {"hours_min": 16, "areas": ["B"]}], [(1, GAP)]),
        ([{"hours_below": 16}, {"hours_min": 16, "to": "2027-03-31"}], [(0, GAP)]),
        ([{"hours_below": 16, "to": "2027-03-31"}, {"hours_min": 16}], [(1, GAP)]),
        ([{"hours_min": 16, "to": "2026-03-31"}], []),  # never in force
        ([{"hours_min": 16, "price": {"balance": True}}], []),
        ([{"hours_min": 16, "price": {"bands": [{"amount": "1.00"}]}}], [(0, GAP)]),
        ([{"hours_below": 16}, {"hours_min": 16, "price": {"percent_of_tariff": "1"}}], []),
    ],
)
def test_hours_of_one_agreement_leave_no_gap_and_do_not_overlap(
    terms: list[dict[str, Any]], expected: list[tuple[int, str]]
) -> None:
    changes = with_terms(*(s13(f"t{index}") | term for index, term in enumerate(terms)))
    places = [(f"agreements[0].terms[{index}]", code) for index, code in expected]
    assert of_hours(changes) == places


@pytest.mark.parametrize(("min_hours", "expected"), [(16, []), ("15.5", [("agreements[0].terms[0]", GAP)])])
def test_hours_below_what_the_outcome_needs_are_no_gap(
    min_hours: Any, expected: list[tuple[str, str]]
) -> None:
    changes = with_terms(s13("t", hours_min=16)) | {"outcomes[1].min_hours": min_hours}
    assert of_hours(changes) == expected


def test_terms_of_two_agreements_do_not_overlap() -> None:
    changes = with_terms(s13("t", hours_below=16), s13("u", hours_min=16)) | {
        "agreements[1].terms[1]": s13("v")
    }
    assert of_hours(changes) == []
