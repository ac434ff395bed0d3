"""What a load refuses: at least one file for each code, and for each clause of bad_value."""

from __future__ import annotations

from typing import Any

import pytest

from funders.rules.faults import CODES
from tests.funders.rules.sample import GONE, found, read

TERM = "agreements[0].terms[0]"
BALANCE = {"ref": "balance", "outcome": "S13", "price": {"balance": True}}
MARGINAL = {"ref": "m", "outcome": "S13", "clawback": "marginal", "price": {"bands": [{"amount": "5.00"}]}}

BAD_VALUES: list[tuple[str, Any]] = [
    ("programme", []),
    ("programme.code", "two words"),
    ("programme.code", "x" * 41),
    ("programme.code", 101),
    ("programme.code", "-a"),
    ("programme.name", 7),
    ("programme.name", " "),
    ("programme.name", "a\u0000b"),
    ("programme.currency", "gbp"),
    ("programme.currency", "XYZ"),
    ("programme.starts_on", "2026-02-30"),
    ("programme.starts_on", "01/04/2026"),
    ("programme.ends_on", "2026-4-1"),
    ("programme.financial_year_starts", "02-29"),
    ("programme.financial_year_starts", "4-1"),
    ("programme.timezone", "Mars/Olympus"),
    ("programme.language", "de"),
    ("programme.operator", "OP"),
    ("cohorts", {}),
    ("cohorts", "X"),
    ("cohorts[1]", "Y"),
    ("cohorts[1]", None),
    ("services[0].areas", "A"),
    ("services[0].areas[1]", 5),
    ("services[0].areas[1]", "two words"),
    ("services[0].fidelity_reviews[0].score", 24),
    ("services[0].fidelity_reviews[0].score", 126),
    ("services[0].fidelity_reviews[0].score", "97"),
    ("outcomes[0].tariff[0].amount", 1000),
    ("outcomes[0].tariff[0].amount", 1000.5),
    ("outcomes[0].tariff[0].amount", "1000.001"),
    ("outcomes[0].tariff[0].amount", "-1.00"),
    ("outcomes[0].tariff[0].amount", "1,000.00"),
    ("outcomes[0].tariff[0].amount", "1e3"),
    ("outcomes[0].tariff[0].amount", "٣"),
    ("outcomes[1].tariff[1].from", "2026-04-01"),
    ("outcomes[0].once_per", "week"),
    ("outcomes[0].requires", "S13"),
    ("outcomes[0].min_days_after", -1),
    ("outcomes[0].min_days_after", 1.0),
    ("outcomes[0].min_days_after", True),
    ("outcomes[0].window_days", 10**40),
    ("outcomes[0].min_hours", -1),
    ("outcomes[0].min_hours", 168.5),
    ("outcomes[0].min_hours", "1e1"),
    ("outcomes[0].min_hours", True),
    ("outcomes[0].evidence_any_of", "payslip"),
    ("outcomes[0].evidence_all_of", {"payslip": True}),
    ("outcomes[0].evidence_one_set_of", "payslip"),
    ("outcomes[1].sustainment", 13),
    ("outcomes[1].sustainment.weeks", 0),
    ("outcomes[1].sustainment.within_weeks", 12),
    ("outcomes[1].sustainment.counts", "leisure"),
    ("outcomes[1].sustainment.same_job", "true"),
    ("funders[0].kind", "private"),
    ("agreements[0].billing", "yearly"),
    ("agreements[0].payment_days", "30"),
    ("agreements[0].vat_rate", "100.1"),
    ("agreements[0].vat_rate", "1.1234567"),
    ("agreements[0].vat_rate", 20),
    ("agreements[0].caps", []),
    ("agreements[0].caps.partial", "no"),
    ("agreements[0].caps.over_cap", "keep"),
    ("agreements[0].approval", "yes"),
    ("agreements[0].caps.financial_year", "2026"),
    ("agreements[0].caps.financial_year.2026", 5),
    ("agreements[0].caps.financial_year.next", "5.00"),
    ("agreements[0].fixed_fees[0].from", "2026-13"),
    ("agreements[0].fixed_fees[0].to", "2026-04-01"),
    ("agreements[0].fixed_fees[0].amount", "x"),
    (f"{TERM}.price", "500.00"),
    (f"{TERM}.price", {"fixed": "1.00", "percent_of_tariff": "5"}),
    (f"{TERM}.priority", -1),
    (f"{TERM}.min_fidelity", 20),
    (f"{TERM}.clawback", "never"),
    (f"{TERM}.max_count", "3"),
    (f"{TERM}.outcome", "job start"),
    (f"{TERM}.price.fixed", 500),
    ("agreements[0].terms[1].price.percent_of_tariff", "101"),
    ("agreements[0].terms[1].price.percent_of_tariff", 38),
    ("agreements[1].terms[0].price.balance", False),
    ("agreements[1].terms[1].price.bands", {}),
    ("agreements[1].terms[1].price.bands[1]", "10.00"),
    ("agreements[1].terms[1].price.bands[0].up_to", -1),
    ("agreements[1].terms[1].price.bands[0].up_to", "5"),
    ("provider_contracts[0].terms[0].price.fixed", "a"),
]


@pytest.mark.parametrize(("place", "value"), BAD_VALUES)
def test_a_value_that_is_none_of_its_kind_is_refused_where_it_stands(place: str, value: object) -> None:
    assert found(read({place: value})) == [(place, "bad_value")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"programme": GONE}, [("programme", "missing_key")]),
        ({"programme": None}, [("programme", "missing_key")]),
        ({"programme.operator": GONE}, [("programme.operator", "missing_key")]),
        ({"programme.operator.name": GONE}, [("programme.operator.name", "missing_key")]),
        ({"areas[0].name": None}, [("areas[0].name", "missing_key")]),
        ({"services[0].provider": GONE}, [("services[0].provider", "missing_key")]),
        (
            {"outcomes[0].tariff": [{}]},
            [("outcomes[0].tariff[0].amount", "missing_key"), ("outcomes[0].tariff[0].from", "missing_key")],
        ),
        ({"outcomes[1].sustainment": {}}, [("outcomes[1].sustainment.weeks", "missing_key")]),
        ({"funders[0].kind": GONE}, [("funders[0].kind", "missing_key")]),
        ({"agreements[0].funder": GONE}, [("agreements[0].funder", "missing_key")]),
        ({f"{TERM}.price": GONE}, [(f"{TERM}.price", "missing_key")]),
        ({f"{TERM}.price": {}}, [(f"{TERM}.price", "missing_key")]),
        ({f"{TERM}.price": {"fixed": None}}, [(f"{TERM}.price", "missing_key")]),
        (
            {"agreements[1].terms[1].price.bands[1]": {}},
            [("agreements[1].terms[1].price.bands[1].amount", "missing_key")],
        ),
        (
            {"agreements[0].fixed_fees[0].amount": GONE},
            [("agreements[0].fixed_fees[0].amount", "missing_key")],
        ),
        ({"outcomes[0].evidence_any_of": [1]}, [("outcomes[0].evidence_any_of[0]", "bad_value")]),
        *(
            (
                {"outcomes[0].evidence_one_set_of": [wrong]},
                [(f"outcomes[0].evidence_one_set_of[0]{place}", "bad_value")],
            )
            for wrong, place in (("payslip", ""), ([], ""), ([1], "[0]"))
        ),
        ({"areas[0].colour": "red"}, [("areas[0].colour", "unknown_key")]),
        ({"extra": 1}, [("extra", "unknown_key")]),
        ({"agreements[0].provider": "P"}, [("agreements[0].provider", "unknown_key")]),
        ({f"{TERM}.price.banded": []}, [(f"{TERM}.price.banded", "unknown_key")]),
        ({"agreements[0].fixed_fees[0].total": "5.00"}, [("agreements[0].fixed_fees[0]", "bad_value")]),
        (
            {f"{TERM}.hours_min": 16, f"{TERM}.hours_below": 16},
            [(f"{TERM}.hours_below", "bad_value")],
        ),
        (
            {"outcomes[1].sustainment.hours_min": "16", "outcomes[1].sustainment.hours_below": 15.5},
            [("outcomes[1].sustainment.hours_below", "bad_value")],
        ),
    ],
)
def test_keys_are_refused_at_their_own_place(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert found(read(changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"areas[1].code": "A", "services": [], "agreements": []}, [("areas[1].code", "duplicate_code")]),
        ({"agreements[1].ref": "F-1"}, [("agreements[1].ref", "duplicate_code")]),
        ({"provider_contracts[0].ref": "F-1"}, []),
        ({"agreements[0].terms[1].ref": "start"}, [("agreements[0].terms[1].ref", "duplicate_code")]),
        ({"agreements[0].fixed_fees[0].ref": "start"}, []),
        ({"services[0].areas": ["A", "A"]}, [("services[0].areas[1]", "duplicate_code")]),
        (
            {"funders": [{"code": "F", "name": "F", "kind": "local"}] * 3, "agreements": []},
            [("funders[1].code", "duplicate_code"), ("funders[2].code", "duplicate_code")],
        ),
        ({"services[0].provider": "Z"}, [("services[0].provider", "unknown_reference")]),
        ({"services[0].areas[1]": "Z"}, [("services[0].areas[1]", "unknown_reference")]),
        ({"services[0].cohorts": ["Z"]}, [("services[0].cohorts[0]", "unknown_reference")]),
        ({"outcomes[1].requires": "Z"}, [("outcomes[1].requires", "unknown_reference")]),
        ({"agreements[0].funder": "P"}, [("agreements[0].funder", "unknown_reference")]),
        ({"provider_contracts[0].provider": "F"}, [("provider_contracts[0].provider", "unknown_reference")]),
        ({f"{TERM}.outcome": "Z"}, [(f"{TERM}.outcome", "unknown_reference")]),
        ({f"{TERM}.areas": ["A", "Z"]}, [(f"{TERM}.areas[1]", "unknown_reference")]),
        ({f"{TERM}.services": ["Z"]}, [(f"{TERM}.services[0]", "unknown_reference")]),
        ({f"{TERM}.cohorts": ["Z"]}, [(f"{TERM}.cohorts[0]", "unknown_reference")]),
        ({"outcomes[1].requires": "S13"}, [("outcomes[1].requires", "prerequisite_cycle")]),
    ],
)
def test_codes_are_unique_and_references_known(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert found(read(changes)) == expected


@pytest.mark.parametrize(
    "bands",
    [
        [],
        [{"up_to": 5, "amount": "1.00"}],
        [{"up_to": 5, "amount": "1.00"}, {"up_to": 5, "amount": "1.00"}, {"amount": "1.00"}],
        [{"up_to": 5, "amount": "1.00"}, {"up_to": 4, "amount": "1.00"}, {"amount": "1.00"}],
        [{"up_to": 0, "amount": "1.00"}, {"amount": "1.00"}],
        [{"amount": "1.00"}, {"up_to": 5, "amount": "1.00"}],
        [{"amount": "1.00"}, {"amount": "1.00"}],
    ],
)
def test_bands_ascend_and_the_last_alone_is_open(bands: list[dict[str, Any]]) -> None:
    place = "agreements[1].terms[1].price.bands"
    assert found(read({place: bands})) == [(place, "bad_bands")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({f"{TERM}.clawback": "marginal"}, [(f"{TERM}.clawback", "bad_bands")]),
        ({"agreements[1].terms[1].clawback": "marginal"}, []),
        (
            {"agreements[1].terms[1].clawback": "marginal", "agreements[1].terms[1].max_amount": "5.00"},
            [("agreements[1].terms[1].clawback", "marginal_with_cap")],
        ),
        ({"agreements[0].terms[2]": MARGINAL}, [("agreements[0].terms[2].clawback", "marginal_with_cap")]),
        ({"agreements[0].terms[2]": MARGINAL, "agreements[0].caps": {"financial_year": {}}}, []),
        (
            {"agreements[0].terms[2]": MARGINAL, "agreements[0].caps": {"per_participant": "5.00"}},
            [("agreements[0].terms[2].clawback", "marginal_with_cap")],
        ),
        ({"agreements[0].terms[2]": MARGINAL, "agreements[0].caps": {"partial": False}}, []),
        (
            {"outcomes[0].tariff": GONE},
            [("agreements[1].terms[0].price", "missing_tariff")],
        ),
        (
            {"outcomes[0].tariff[0].from": "2026-04-02"},
            [("agreements[1].terms[0].price", "missing_tariff")],
        ),
        ({"outcomes[0].tariff[0].from": "2026-04-02", "agreements[1].terms[0].from": "2026-04-02"}, []),
        ({"outcomes[0].tariff[0].from": "2026-04-02", "agreements[1].starts_on": "2026-04-02"}, []),
    ],
)
def test_clawback_and_tariff_fit_the_price(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found(read(changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"programme.ends_on": "2026-03-31"}, ["programme.ends_on"]),
        ({"agreements[0].ends_on": "2026-03-31"}, ["agreements[0].ends_on"]),
        ({"agreements[0].ends_on": "2026-04-01"}, []),
        ({"agreements[1].starts_on": "2029-04-01"}, ["agreements[1].starts_on"]),
        ({"agreements[1].starts_on": "2029-03-31"}, []),
        ({f"{TERM}.from": "2026-05-02", f"{TERM}.to": "2026-05-01"}, [f"{TERM}.to"]),
        ({f"{TERM}.from": "2026-05-01", f"{TERM}.to": "2026-05-01"}, []),
        ({"agreements[0].fixed_fees[0].to": "2026-03"}, ["agreements[0].fixed_fees[0].to"]),
        ({"agreements[0].fixed_fees[0].to": "2026-04"}, []),
    ],
)
def test_an_end_is_not_before_its_start(changes: dict[str, Any], expected: list[str]) -> None:
    assert found(read(changes)) == [(place, "bad_dates") for place in expected]


@pytest.mark.parametrize(
    ("approval", "expected"),
    [
        ({"days": 1}, []),
        ({"days": 365, "silence": "approves"}, []),
        ({"days": 0}, [("agreements[0].approval.days", "bad_value")]),
        ({"days": 366}, [("agreements[0].approval.days", "bad_value")]),
        ({"silence": "waits"}, [("agreements[0].approval.days", "missing_key")]),
        ({"days": 5, "silence": "refuses"}, [("agreements[0].approval.silence", "bad_value")]),
        ({"days": 5, "hours": 2}, [("agreements[0].approval.hours", "unknown_key")]),
    ],
)
def test_an_approval_says_how_many_days_and_what_silence_means(
    approval: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert found(read({"agreements[0].approval": approval})) == expected


def test_a_provider_approves_nothing() -> None:
    changes = {"provider_contracts[0].approval": {"days": 5}}
    assert found(read(changes)) == [("provider_contracts[0].approval", "unknown_key")]


def test_nothing_is_carried_forward_beside_a_balance_term() -> None:
    changes = {"agreements[0].caps.over_cap": "carry_forward"}
    assert found(read(changes)) == [(TERM, "carry_forward_with_balance")]


def test_a_balance_term_of_the_other_side_does_not_hinder_carrying_forward() -> None:
    changes = {"provider_contracts[0].caps": {"over_cap": "carry_forward"}}
    assert found(read(changes)) == []


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ({}, {}, True),
        ({"areas": ["A"]}, {"areas": ["B"]}, False),
        ({"areas": ["A"]}, {"areas": ["B", "A"]}, True),
        ({"areas": ["A"]}, {}, True),
        ({"areas": ["A"]}, {"services": ["T"]}, False),  # T serves B alone
        ({"areas": ["A"], "services": ["S"]}, {"areas": ["A"], "services": ["T"]}, False),
        ({"cohorts": ["X"]}, {"cohorts": ["Y"]}, False),
        ({"cohorts": ["X"]}, {"areas": ["A"]}, True),
        ({"hours_below": 16}, {"hours_min": 16}, False),
        ({"hours_below": "16.000001"}, {"hours_min": 16}, True),
        ({"hours_min": 168}, {"hours_min": 168}, True),
        ({"hours_below": 0}, {}, False),
        ({"to": "2026-12-31"}, {"from": "2027-01-01"}, False),
        ({"to": "2026-12-31"}, {"from": "2026-12-31"}, True),
        ({"min_fidelity": 100, "priority": 1, "max_count": 1}, {"priority": 2}, True),
        ({"to": "2026-03-31"}, {}, False),  # before the agreement begins
        ({"outcome": "START", "areas": ["A"]}, {}, False),
    ],
)
def test_two_balance_terms_that_can_match_one_event_are_ambiguous(
    first: dict[str, Any], second: dict[str, Any], *, clash: bool
) -> None:
    terms = {"agreements[0].terms": [BALANCE | first], "agreements[1].terms": [BALANCE | second]}
    expected = [("agreements[1].terms[0].price", "ambiguous_balance")] if clash else []
    assert found(read(terms)) == expected


def test_contracts_of_two_providers_match_the_same_services_unless_they_name_them() -> None:
    contracts = [
        {"ref": "P-1", "provider": "P", "terms": [BALANCE]},
        {"ref": "Q-1", "provider": "Q", "terms": [BALANCE]},
    ]
    place = "provider_contracts[1].terms[0].price"
    assert found(read({"provider_contracts": contracts})) == [(place, "ambiguous_balance")]
    apart = {"provider_contracts[0].terms[0]": BALANCE | {"services": ["S"]}}
    named = {"provider_contracts": contracts, "provider_contracts[1].terms[0]": BALANCE | {"services": ["T"]}}
    assert found(read(named | apart)) == []


def test_two_balance_terms_of_one_agreement_are_ambiguous_too_and_each_later_one_is_named() -> None:
    terms = [BALANCE, BALANCE | {"ref": "b"}, BALANCE | {"ref": "c"}]
    expected = [(f"agreements[0].terms[{index}].price", "ambiguous_balance") for index in (1, 2)]
    assert found(read({"agreements[0].terms": terms})) == expected


def test_a_faulty_entry_still_declares_its_code() -> None:
    changes = {"areas[0].name": GONE, "outcomes[0].min_hours": "x", "funders[0].kind": "?"}
    assert found(read(changes)) == [
        ("areas[0].name", "missing_key"),
        ("funders[0].kind", "bad_value"),
        ("outcomes[0].min_hours", "bad_value"),
    ]


def test_later_checks_pass_over_an_item_with_a_fault_of_its_own() -> None:
    faulty = {"ref": "m", "outcome": "S13", "price": {"bands": []}, "clawback": "marginal", "priority": -1}
    changes = {
        "agreements[1].terms[1]": faulty,
        "agreements[1].payment_days": -1,
        "agreements[1].ends_on": "2026-01-01",
    }
    assert found(read(changes)) == [
        ("agreements[1].payment_days", "bad_value"),
        ("agreements[1].terms[1].priority", "bad_value"),
    ]


def test_the_fault_of_a_term_is_none_of_its_agreement() -> None:
    changes = {f"{TERM}.priority": -1, "agreements[0].ends_on": "2026-01-01"}
    assert found(read(changes)) == [("agreements[0].ends_on", "bad_dates"), (f"{TERM}.priority", "bad_value")]


@pytest.mark.parametrize(
    "changes",
    [
        {"programme.starts_on": "soon", "programme.ends_on": "2026-01-01"},
        {"agreements[1].starts_on": "soon", "agreements[1].terms[0].areas": ["A"]},
        {"outcomes[0].tariff[0].from": "soon"},
    ],
)
def test_a_date_that_cannot_be_read_raises_no_question_that_hangs_on_it(changes: dict[str, Any]) -> None:
    (unread,) = (place for place, value in changes.items() if value == "soon")
    assert found(read(changes)) == [(unread, "bad_value")]


def test_one_place_gets_the_code_that_comes_first_in_the_list() -> None:
    terms = [BALANCE, BALANCE | {"ref": "later"}]
    changes = {"outcomes[1].tariff": GONE, "agreements[1].terms": terms, "agreements[0].terms": []}
    assert found(read(changes)) == [
        ("agreements[1].terms[0].price", "missing_tariff"),
        ("agreements[1].terms[1].price", "missing_tariff"),
    ]


def test_problems_are_sorted_by_place_as_plain_text() -> None:
    areas = [{"code": f"A{index}"} for index in range(11)]
    result = read({"areas": areas, "services": [], "agreements": []})
    assert [place for place, _ in found(result)][:3] == ["areas[0].name", "areas[10].name", "areas[1].name"]


def test_a_null_is_an_absent_key() -> None:
    changes = {
        "cohorts": None,
        "outcomes[0].requires": None,
        f"{TERM}.max_count": None,
        "agreements[0].caps": None,
    }
    assert found(read(changes)) == []


def test_a_message_names_the_value_and_how_to_mend_it() -> None:
    (problem,) = read({"outcomes[0].tariff[0].amount": 1250}).problems
    assert "1250" in problem.message
    assert '"1250.00"' in problem.message


def test_every_code_of_the_spec_has_its_rank() -> None:
    assert len(CODES) == len(set(CODES)) == 14
