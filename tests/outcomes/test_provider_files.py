"""Files of a provider's manager: about its own people only, and never more than a claim (A4)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from outcomes.models import OutcomeEvent
from participants.models import Participant
from tests.cast import OUTCOMES, Cast
from tests.outcomes.test_file_imports import NEW, figures
from tests.outcomes.test_views_imports import IMPORTS, checked, sent
from tests.participants.people import another_service

CLAIMS = b"event,participant,outcome,outcome_date,hours_per_week,job,evidence\n"
JOBS = b"participant,job,kind,from,to,hours_per_week\n"
A_KNOWN_ONE = b"P-001,WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06\n"


@pytest.fixture(autouse=True)
def _uploads(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def manager(cast: Cast, client: Client) -> Client:
    """The manager of the first provider, beside whose people another provider has one."""
    rival = another_service(cast)
    cast.programme.participants.create(reference="R-001", service=rival)
    client.force_login(cast.manager)
    return client


def test_a_manager_takes_over_people_of_the_own_services(cast: Cast, manager: Client) -> None:
    rival = Participant.objects.get(reference="R-001").service
    others = f"P-012,{rival.code},,,,,\nR-001,WL-1,EAL,,,,\n".encode()

    address = checked(manager, NEW + others + A_KNOWN_ONE)
    page = manager.get(address).text

    assert figures(page) == ["2", "1", "2"]
    assert "unknown_service" in page
    assert "The reference R-001 is taken already" in page
    manager.post(f"{address}store/")
    assert Participant.objects.helped_by(cast.manager).filter(reference="P-010").exists()


def test_to_a_manager_others_people_do_not_exist(manager: Client) -> None:
    jobs = JOBS + b"R-001,A,work,2026-04-10,,20\nP-001,A,work,2026-04-10,,20\n"
    page = manager.get(checked(manager, jobs, "jobs")).text
    assert figures(page) == ["1", "0", "1"]
    assert "The programme has no participant R-001" in page


def test_a_managers_outcomes_are_submitted_on_the_day_on_which_they_come(cast: Cast, manager: Client) -> None:
    rows = CLAIMS + b"M-001,P-003,ENGAGED,2026-05-02,,,\nM-002,R-001,ENGAGED,2026-05-02,,,\n"
    rows += b"E-001,P-002,ENGAGED,2026-05-02,,,\n"
    address = checked(manager, rows, "outcomes")
    assert figures(manager.get(address).text) == ["1", "0", "2"]

    manager.post(f"{address}store/")

    event = OutcomeEvent.objects.get(reference="M-001")
    assert (event.state, event.submitted_by, event.verified_on) == ("SUBMITTED", cast.manager, None)
    assert event.submitted_on == cast.programme.local_date(datetime.now(UTC))
    assert figures(manager.get(checked(manager, rows, "outcomes")).text)[1] == "1"


def test_a_manager_cannot_bring_a_verification_or_a_date_of_submission(manager: Client) -> None:
    address = checked(manager, OUTCOMES.replace(b"E-0", b"N-0"), "outcomes")
    page = manager.get(address, follow=True).text
    assert "never stored: submitted_on, verified_on, voided_on." in page


def test_an_event_of_others_is_merely_taken_and_tells_nothing_of_itself(cast: Cast, manager: Client) -> None:
    rival = Participant.objects.get(reference="R-001")
    OutcomeEvent.objects.filter(reference="E-005").update(participant=rival)
    page = manager.get(checked(manager, CLAIMS + b"E-005,P-002,ENGAGED,2026-05-02,,,\n", "outcomes")).text
    assert "The reference E-005 is taken already in this programme" in page
    assert "another participant" not in page


def test_a_manager_sees_the_own_files_and_the_operator_that_they_came(
    cast: Cast, manager: Client, client: Client
) -> None:
    theirs = checked(manager, NEW)
    client.force_login(cast.analyst)
    ours = checked(client, NEW)

    office = client.get(IMPORTS).text
    assert f'href="{theirs}"' not in office
    assert "Example Provider CIO" in office
    assert "no longer here" in client.get(theirs, follow=True).text
    client.force_login(cast.manager)
    page = client.get(IMPORTS).text
    assert f'href="{ours}"' not in page
    assert f'href="{theirs}"' in page
    assert "no longer here" in client.get(ours, follow=True).text


def test_a_specialist_sends_no_files(cast: Cast, client: Client) -> None:
    client.force_login(cast.specialist)
    assert client.post(f"{IMPORTS}participants/", sent(NEW)).status_code == 403
    assert "Imports</a>" not in client.get("/programmes/WL-IPS/people/").text
