"""The guides to files name every key and every code that the code knows, and no other."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from funders.rules.entries import Entry
from funders.rules.faults import CODES
from funders.rules.programme_file import read_programme
from mhep.shared.tables import read_table
from outcomes.rules.acceptance import HEADINGS as OUTCOME_HEADINGS
from outcomes.rules.acceptance import Person, judge_events, outcome_rules
from participants.rules.acceptance import HEADINGS as PARTICIPANT_HEADINGS
from participants.rules.acceptance import ProgrammeScope, ServiceScope, judge_participants
from participants.rules.work import HEADINGS as WORK_HEADINGS
from participants.rules.work import judge_work
from tests.docs.pages import DOCS, code_spans, read, section
from tests.docs.source import snake_case_words

PROGRAMME_PAGE = read(DOCS / "programme-file.md")
IMPORT_PAGE = read(DOCS / "import-files.md")
# One empty entry of everything: every key is looked for and none is there.
_SIDE: list[dict[str, Any]] = [
    {
        "caps": {},
        "approval": {},
        "vat": [{}],
        "purchase_orders": [{}],
        "fixed_fees": [{}],
        "terms": [{"price": {"bands": [{}]}}, {}],
    }
]
_EMPTY: dict[str, Any] = {
    "programme": {"operator": {}},
    "areas": [{}],
    "cohorts": [{}],
    "providers": [{}],
    "services": [{"fidelity_reviews": [{}]}],
    "outcomes": [{"tariff": [{}], "sustainment": {}}],
    "funders": [{"invoicing": {"e_address": {}}, "succeeds": {}}],
    "agreements": _SIDE,
    "provider_contracts": _SIDE,
}
_CONTENTS: tuple[dict[str, Any], ...] = ({}, {"programme": {}}, _EMPTY)
FILES = [json.dumps(content).encode() for content in _CONTENTS]
EXAMPLE = section(PROGRAMME_PAGE, "A small example").block("yaml")


DEFINITION = read_programme(EXAMPLE.encode()).definition or pytest.fail("the example is refused")
SCOPE = ProgrammeScope(
    services={each.code: ServiceScope(each.areas, each.cohorts) for each in DEFINITION.services},
    areas={each.code for each in DEFINITION.areas},
)


def test_the_example_is_sound_and_gives_no_warning() -> None:
    result = read_programme(EXAMPLE.encode())
    assert (result.problems, result.warnings) == ((), ())


def test_the_table_of_keys_names_every_key_of_a_programme_file(monkeypatch: pytest.MonkeyPatch) -> None:
    known: set[str] = set()

    def note(entry: Entry) -> None:
        known.update(re.sub(r"\[\d+\]", "[]", entry.at(key)) for key in entry._known)

    monkeypatch.setattr(Entry, "close", note)
    for content in FILES:
        read_programme(content)

    one_side = {key for key in known if not key.startswith("provider_contracts[]")}
    documented = _codes_of("Every key", "key")
    assert documented == one_side | {"provider_contracts[].provider"}
    assert {key.replace("provider_contracts", "agreements") for key in known - one_side} - documented == {
        "agreements[].provider"
    }


def test_the_required_keys_are_those_whose_absence_is_a_problem() -> None:
    table = section(PROGRAMME_PAGE, "Every key").table("key")
    required = {
        code_spans(row["key"])[0] for row in table.rows if row["required, or its default"] == "required"
    }
    refused = {
        re.sub(r"\[\d+\]", "[]", problem.place)
        for content in FILES
        for problem in read_programme(content).problems
        if problem.code == "missing_key"
    }
    repeated = {key for key in refused if key.startswith("provider_contracts[]")}
    assert refused - repeated - {"agreements[].fixed_fees[].amount"} == required - repeated


def test_every_refusal_of_a_programme_file_is_explained() -> None:
    in_use = snake_case_words("funders/services/rows.py") & {"in_use"}
    assert _codes_of("When a file is refused", "code") == {*CODES, *in_use}


def test_every_warning_is_explained() -> None:
    price_kinds = {"percent_of_tariff"}
    assert _codes_of("Warnings", "code") == snake_case_words("funders/rules/cautions.py") - price_kinds


@pytest.mark.parametrize(
    ("title", "module", "headings"),
    [
        ("Participants", "participants/rules/acceptance.py", PARTICIPANT_HEADINGS),
        ("Outcomes", "outcomes/rules/acceptance.py", OUTCOME_HEADINGS),
        ("Jobs", "participants/rules/work.py", WORK_HEADINGS),
    ],
)
def test_every_heading_and_every_code_of_an_import_is_explained(
    title: str, module: str, headings: tuple[str, ...]
) -> None:
    part = section(IMPORT_PAGE, title)
    assert tuple(code_spans(row["heading"])[0] for row in part.table("heading").rows) == headings
    codes = {code_spans(row["code"])[0] for row in part.table("code").rows}
    assert codes - {"overlap"} == snake_case_words(module) - set(headings)  # the only code of one word


def test_every_refusal_of_a_whole_file_is_explained() -> None:
    table = section(IMPORT_PAGE, "When a file cannot be read at all").table("code")
    modules = ("mhep/shared/tables.py", "mhep/shared/workbooks.py")
    assert {code_spans(row["code"])[0] for row in table.rows} == set().union(*map(snake_case_words, modules))


def test_the_rows_shown_are_taken() -> None:
    people = read_table(section(IMPORT_PAGE, "Participants").block("csv").encode(), PARTICIPANT_HEADINGS)
    taken = judge_participants(people.rows, scope=SCOPE, stored={})
    assert (len(taken.accepted), taken.rejections) == (2, [])

    events = read_table(section(IMPORT_PAGE, "Outcomes").block("csv").encode(), OUTCOME_HEADINGS)
    judged = judge_events(
        events.rows,
        rules=outcome_rules(DEFINITION.outcomes),
        people={each.reference: Person(each.started_on, each.consented_on) for each in taken.accepted},
        stored=(),
    )
    assert (len(judged.accepted), judged.rejections) == (1, [])

    jobs = read_table(section(IMPORT_PAGE, "Jobs").block("csv").encode(), WORK_HEADINGS)
    worked = judge_work(jobs.rows, people={each.reference for each in taken.accepted}, stored=())
    assert (len(worked.accepted), worked.rejections) == (1, [])


def _codes_of(title: str, column: str) -> set[str]:
    return {code_spans(row[column])[0] for row in section(PROGRAMME_PAGE, title).table(column).rows}
