"""A job start from the referral to its verification, as the journey of the same name takes it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from accounts.models import User
from outcomes.enums import EventState
from outcomes.models import OutcomeEvent
from tests.browser.stage import Stage
from tests.cast import PASSWORD
from tests.journeys.browser import PATIENCE, Mouse
from tests.journeys.job_start import UNTIL_VERIFIED, Plan, Story, walk
from tests.journeys.month_close import Visit
from tests.outcomes.drafts import every_file, every_reading

pytestmark = pytest.mark.needs_browser


@pytest.fixture(autouse=True)
def evidence_apart(settings: Any, tmp_path: Path) -> None:
    """Files of evidence of its own, and what looks at them in the demo."""
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    settings.STAND_IN_SCANNER = True


def test_somebody_new_is_referred_started_and_verified_in_a_job(
    open_april: Stage, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    """Referral, consent, start, two outcomes, a photograph and two verifications."""
    today = open_april.cast.programme.local_date(timezone.now())
    open_april.cast.programme.outcome_types.filter(code="JOB_START").update(min_hours=16)

    def visit(user: User, width: int) -> Visit:
        arguments = {**browser_context_args, "viewport": {"width": width, "height": 900}}
        page = browser.new_context(**arguments).new_page()
        page.set_default_timeout(PATIENCE)
        return Visit(Mouse(page), open_april.site, user.email, PASSWORD)

    cast = open_april.cast
    story = Story(
        specialist=visit(cast.specialist, 360),
        analyst=visit(cast.analyst, 1280),
        finance=visit(cast.finance, 1280),
        plan=_plan(today),
    )
    assert len(list(walk(story, UNTIL_VERIFIED))) == len(UNTIL_VERIFIED)

    job_start = OutcomeEvent.objects.get(reference=story.job_start)
    assert (job_start.state, job_start.evidence) == (EventState.VERIFIED, ["contract"])
    assert (job_start.submitted_by, job_start.verified_by) == (cast.specialist, cast.analyst)
    proof = {file.pk for file in every_file() if file.event_id == job_start.pk}
    assert [reading.viewer for reading in every_reading() if reading.file_id in proof] == [cast.analyst]
    assert story.took.keys() == {"Engagement", "Job start"}


def _plan(today: date) -> Plan:
    return Plan(
        referred=today - timedelta(days=30),
        started=today - timedelta(days=26),
        engaged=today - timedelta(days=20),
        employed=today - timedelta(days=4),
        area="Harrow",
    )
