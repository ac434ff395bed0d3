"""Evidence rules: all of, one of, and one whole set of (our extension; docs: programme-file)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.rules.evidence import EvidenceRule

KINDS = ("consent_form", "contract", "payslip", "statement")
kinds = st.frozensets(st.sampled_from(KINDS))
rules = st.builds(
    EvidenceRule,
    kinds,
    kinds,
    st.lists(st.frozensets(st.sampled_from(KINDS), min_size=1), max_size=3).map(tuple),
)
DEMANDING = EvidenceRule(
    all_of=frozenset({"consent_form"}),
    any_of=frozenset({"payslip", "employer_letter"}),
    one_set_of=(frozenset({"payslip"}), frozenset({"contract", "bank_statement"})),
)


@pytest.mark.parametrize(
    ("held", "lacking"),
    [
        (
            set(),
            ["consent_form", "employer_letter or payslip", "either payslip, or bank_statement with contract"],
        ),
        ({"consent_form"}, ["employer_letter or payslip", "either payslip, or bank_statement with contract"]),
        ({"consent_form", "payslip"}, []),
        ({"consent_form", "employer_letter", "contract"}, ["either payslip, or bank_statement"]),
        ({"consent_form", "employer_letter", "contract", "bank_statement"}, []),
        ({"payslip", "passport"}, ["consent_form"]),
    ],
)
def test_what_is_lacking_is_named_exactly(held: set[str], lacking: list[str]) -> None:
    assert DEMANDING.lacking(frozenset(held)) == lacking


def test_the_whole_demand_in_words() -> None:
    assert DEMANDING.in_words() == [
        "consent form",
        "employer letter or payslip",
        "either payslip, or bank statement with contract",
    ]
    assert DEMANDING.kinds() == ("consent_form", "bank_statement", "contract", "employer_letter", "payslip")
    assert not EvidenceRule().is_needed


@given(rules, kinds)
def test_nothing_is_lacking_exactly_when_all_three_demands_are_met(
    rule: EvidenceRule, held: frozenset[str]
) -> None:
    met = (
        rule.all_of <= held
        and (not rule.any_of or bool(rule.any_of & held))
        and (not rule.one_set_of or any(kinds <= held for kinds in rule.one_set_of))
    )
    assert (rule.lacking(held) == []) is met


@given(rules)
def test_every_kind_together_always_suffices(rule: EvidenceRule) -> None:
    assert rule.lacking(frozenset(rule.kinds())) == []


@given(rules, kinds, kinds)
def test_more_evidence_never_fails_where_less_passed(
    rule: EvidenceRule, held: frozenset[str], more: frozenset[str]
) -> None:
    assert rule.lacking(held) or not rule.lacking(held | more)
