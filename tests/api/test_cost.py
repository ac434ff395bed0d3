"""What a request costs in statements, whatever the history; and the same key from several sides at once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mhep.shared.models import ApiAnswer
from outcomes.models import OutcomeEvent
from tests.api.callers import Caller, caller_as
from tests.cast import Cast, a_cast, close
from tests.shared.sessions import at_once

PATH = "programmes/WL-IPS/outcomes"
ENGAGED = {"participant": "P-003", "outcome": "ENGAGED", "outcome_date": "2026-06-30"}
SUSTAINED = {
    "participant": "P-001",
    "outcome": "SUSTAINED",
    "outcome_date": "2026-07-02",
    "hours_per_week": "20",
    "evidence": ["payslip"],
}
MINIMAL = {"Prefer": "return=minimal"}


def statements(caller: Caller, sent: Any, path: str = PATH, **headers: str) -> int:
    """Return how many statements a POST takes, those of savepoints left out."""
    with CaptureQueriesContext(connection) as seen:
        answer = caller.post(path, sent, **headers)
    assert answer.status_code in {200, 201}, answer.json()
    return len([each for each in seen.captured_queries if "SAVEPOINT" not in each["sql"]])


@pytest.mark.django_db
def test_logging_an_outcome_takes_the_same_statements_whatever_was_logged_before(cast: Cast) -> None:
    caller = caller_as(cast.analyst)
    first = statements(caller, ENGAGED, **MINIMAL)
    close(cast.programme, "2026-04")
    later = statements(caller, SUSTAINED, **MINIMAL)
    assert first == later <= 17


@pytest.mark.django_db
def test_a_hundred_outcomes_take_no_more_statements_than_one(cast: Cast) -> None:
    caller = caller_as(cast.specialist)
    row = ENGAGED | {"participant": "P-999"}
    several = {"outcomes": [ENGAGED, *({**row, "reference": f"X-{number}"} for number in range(99))]}
    assert statements(caller, several, f"{PATH}/batch", **MINIMAL) <= 19


@pytest.mark.django_db(transaction=True)
def test_n9_the_same_request_from_eight_sides_at_once_makes_one_record() -> None:
    cast = a_cast()
    callers = [caller_as(cast.analyst)] * 8
    answers = at_once([partial(each.post, PATH, ENGAGED, key="k-1") for each in callers])
    statuses = sorted(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    made = OutcomeEvent.objects.filter(participant__reference="P-003", outcome_type__code="ENGAGED")
    assert made.count() == 1
    assert ApiAnswer.objects.count() == 1
    again = callers[0].post(PATH, ENGAGED, key="k-1")
    first = next(answer for answer in answers if answer.status_code == 201)
    assert (again.status_code, again.content) == (201, first.content)
