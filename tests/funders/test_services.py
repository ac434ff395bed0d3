"""Storing a programme's definition."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from funders.models import Agreement, AgreementVersion, Programme
from funders.rules.agreement_json import agreement_from_json
from funders.rules.definition import ProgrammeDefinition
from funders.rules.programme_file import read_programme
from funders.selectors import definition_of
from funders.services import CannotStoreProgramme, store_programme

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/programme.yaml"))
AT = datetime(2026, 4, 1, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def golden(name: str) -> ProgrammeDefinition:
    definition = read_programme((GOLDEN / name / "programme.yaml").read_bytes()).definition
    assert definition is not None
    return definition


@pytest.mark.parametrize("name", CASES)
def test_what_is_stored_is_what_the_file_says(name: str) -> None:
    definition = golden(name)

    programme = store_programme(definition, at=AT)

    assert definition_of(Programme.objects.get(pk=programme.pk)) == definition
