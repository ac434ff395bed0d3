"""A small sound programme file as data, and how to change it at a place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from funders.rules.programme_file import ReadProgramme, read_programme

GONE = object()

_SAMPLE = {
    "programme": {
        "code": "TEST",
        "name": "A programme",
        "currency": "GBP",
        "starts_on": "2026-04-01",
        "ends_on": "2029-03-31",
        "operator": {"code": "OP", "name": "Operator"},
    },
    "areas": [{"code": "A", "name": "Area A"}, {"code": "B", "name": "Area B"}],
    "cohorts": [{"code": "X", "name": "Cohort X"}, {"code": "Y", "name": "Cohort Y"}],
    "providers": [{"code": "P", "name": "Provider"}, {"code": "Q", "name": "Another provider"}],
    "services": [
        {
            "code": "S",
            "provider": "P",
            "name": "Service S",
            "areas": ["A", "B"],
            "starts_on": "2026-04-01",
            "fidelity_reviews": [{"date": "2026-10-01", "score": 97}],
        },
        {"code": "T", "provider": "Q", "name": "Service T", "areas": ["B"], "starts_on": "2026-04-01"},
    ],
    "outcomes": [
        {"code": "START", "name": "Job start", "tariff": [{"from": "2026-04-01", "amount": "1000.00"}]},
        {
            "code": "S13",
            "name": "Thirteen weeks",
            "tariff": [
                {"from": "2026-04-01", "amount": "2000.00"},
                {"from": "2027-04-01", "amount": "2100.00"},
            ],
            "requires": "START",
            "sustainment": {"weeks": 13, "within_weeks": 16},
        },
    ],
    "funders": [
        {"code": "F", "name": "Funder", "kind": "local"},
        {"code": "G", "name": "Another funder", "kind": "health"},
    ],
    "agreements": [
        {
            "ref": "F-1",
            "funder": "F",
            "caps": {"total": "90000.00", "financial_year": {"2026": "40000.00"}},
            "fixed_fees": [{"ref": "fee", "from": "2026-04", "to": "2027-03", "amount": "100.00"}],
            "terms": [
                {"ref": "start", "outcome": "START", "price": {"fixed": "500.00"}},
                {"ref": "s13", "outcome": "S13", "price": {"percent_of_tariff": "38"}},
            ],
        },
        {
            "ref": "G-1",
            "funder": "G",
            "terms": [
                {"ref": "start", "outcome": "START", "price": {"balance": True}},
                {
                    "ref": "s13",
                    "outcome": "S13",
                    "price": {"bands": [{"up_to": 5, "amount": "0.00"}, {"amount": "10.00"}]},
                },
            ],
        },
    ],
    "provider_contracts": [
        {
            "ref": "P-1",
            "provider": "P",
            "terms": [{"ref": "t", "outcome": "START", "price": {"fixed": "1.00"}}],
        }
    ],
}


def changed(changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a copy of the sample with values put at places such as ``agreements[0].terms[1].price``."""
    sample = json.loads(json.dumps(_SAMPLE))
    for place, value in (changes or {}).items():
        _put(sample, place, value)
    return dict(sample)


def _put(sample: Any, place: str, value: Any) -> None:
    *steps, last = [int(step) if step.isdigit() else step for step in re.findall(r"[^.\[\]]+", place)]
    for step in steps:
        sample = sample[_key(sample, step)]
    last = _key(sample, last)
    if value is GONE:
        del sample[last]
    elif isinstance(sample, list) and last == len(sample):
        sample.append(value)
    else:
        sample[last] = value


def _key(sample: Any, step: int | str) -> int | str:
    return step if isinstance(sample, list) else str(step)


def read(changes: Mapping[str, Any] | None = None) -> ReadProgramme:
    """Read the changed sample. It is handed over as JSON, which is YAML too."""
    return read_programme(json.dumps(changed(changes)).encode())


def found(result: ReadProgramme) -> list[tuple[str, str]]:
    return [(problem.place, problem.code) for problem in result.problems]


def warned(result: ReadProgramme) -> list[tuple[str, str]]:
    return [(problem.place, problem.code) for problem in result.warnings]
