"""The main journeys, each in all the ways in which people use a browser (B2, B3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import walks_of_newcomers as newcomers
from tests.browser import walks_of_offices as offices
from tests.browser import walks_of_specialists as specialists
from tests.browser.stage import Stage
from tests.browser.ways import WAYS, Scene, Way

pytestmark = [pytest.mark.needs_browser, pytest.mark.django_db(transaction=True)]

# As docs/accessibility.md names them.
JOURNEYS: dict[str, Callable[[Scene], None]] = {
    "Sign in with a password and a code": newcomers.sign_in_with_a_code,
    "Accept an invitation": newcomers.accept_an_invitation,
    "Refer and start a person": specialists.refer_and_start,
    "Record consent and its withdrawal": specialists.give_and_withdraw_consent,
    "Log a job start with a photograph": specialists.log_a_job_start,
    "Answer a question about an outcome": specialists.answer_a_question,
    "Verify, query and reject outcomes": offices.verify_query_and_reject,
    "Audit a sample": offices.audit_a_sample,
    "Import a spreadsheet": offices.import_a_spreadsheet,
    "Close a month": offices.close_a_month,
    "Read why an amount is what it is": offices.read_why_an_amount_is_what_it_is,
}


def test_the_accessibility_statement_names_the_journeys() -> None:
    text = (Path(__file__).parents[2] / "docs" / "accessibility.md").read_text()
    section = text.partition("## The main journeys")[2].partition("\n## ")[0]
    assert re.findall(r"^\d+\. (.+)$", section, re.MULTILINE) == list(JOURNEYS)


@pytest.fixture(params=WAYS, ids=[way.name for way in WAYS])
def scene(
    request: pytest.FixtureRequest,
    open_april: Stage,
    browser: Browser,
    browser_context_args: dict[str, Any],
    tmp_path: Path,
) -> Iterator[Scene]:
    """The stage for one journey, taken in one way."""
    way: Way = request.param
    scene = Scene(open_april, browser, way, tmp_path, browser_context_args)
    yield scene
    scene.leave()


@pytest.mark.parametrize("name", JOURNEYS)
def test_a_main_journey_is_finished_in_every_way(name: str, scene: Scene) -> None:
    """B2, B3: to its end, at both widths, with every stop of the focus in sight, and without scripts."""
    JOURNEYS[name](scene)
