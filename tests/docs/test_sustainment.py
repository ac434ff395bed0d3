"""The figures of ``docs/algorithms/sustainment.md`` are those that the clock gives."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from funders.rules.definition import SustainmentDefinition
from mhep.shared import tables
from outcomes.rules.sustainment import clock_at
from participants.rules.work import HEADINGS, judge_work
from tests.docs.pages import DOCS, Row, Section, read, section, sections

PAGE = read(DOCS / "algorithms" / "sustainment.md")
JOB_START = date(2026, 3, 2)
EXAMPLES = [
    pytest.param(each, id=each.title)
    for each in sections(PAGE)
    if any("state" in table.columns for table in each.tables)
]
TERMS = {
    row["outcome"]: SustainmentDefinition(
        weeks=int(row["weeks"]),
        within_weeks=int(row["within_weeks"]) if row["within_weeks"] else None,
        max_gap_days=int(row["max_gap_days"]),
        hours_min=Decimal(row["hours_min"]) if row["hours_min"] else None,
        same_job=row["same_job"] == "true",
    )
    for row in section(PAGE, "The programme of the examples").table("outcome").rows
}


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_figure_of_an_example_is_what_the_clock_says(example: Section) -> None:
    told = example.table("kind").rows
    rows = [
        tables.Row(number, ("P", *(row[heading] for heading in HEADINGS[1:])))
        for number, row in enumerate(told)
    ]
    judgement = judge_work(rows, people={"P"}, stored=())
    assert judgement.rejections == []

    def asked(row: Row) -> Row:
        clock = clock_at(
            judgement.accepted,
            TERMS[row["outcome"]],
            as_of=date.fromisoformat(row["day"]),
            not_before=JOB_START,
        )
        date_of = str(clock.outcome_date or "")
        return row | {"state": str(clock.state), "days": str(clock.days), "date": date_of}

    questions = example.table("state").rows
    assert [asked(row) for row in questions] == questions
