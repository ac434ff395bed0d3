"""The golden cases through the commands, to the byte (spec: invoicing)."""

from __future__ import annotations

from pathlib import Path

import pytest

from outcomes.models import OutcomeEvent
from participants.models import Participant
from tests.payments.golden import (
    CASES,
    QUICK_CASES,
    Case,
    command,
    look_at_what_waits_for_the_commit,
    rejections,
)

pytestmark = pytest.mark.django_db

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
every_quick_case = pytest.mark.parametrize("case", QUICK_CASES, ids=lambda case: case.name)


def test_the_cases_are_there() -> None:
    assert len(CASES) == 13


@every_case
def test_a_case_comes_out_to_the_byte(case: Case, tmp_path: Path) -> None:
    case.prepare(tmp_path)
    assert rejections(tmp_path / "outcomes.csv") == case.expected("rejections")
    for period in case.periods:
        case.close(period)
    look_at_what_waits_for_the_commit()
    charges, documents = case.exports()
    assert charges == case.expected("charges")
    assert documents == case.expected("documents")


@every_quick_case
def test_catching_up_equals_closing_month_by_month(case: Case, tmp_path: Path) -> None:
    case.prepare(tmp_path)
    command("catch_up", case.code, "--through", case.periods[-1])
    assert case.exports() == case.expected_exports()
    assert command("catch_up", case.code, "--through", case.periods[-1]) == ""
    assert case.exports() == case.expected_exports()


@every_quick_case
def test_a_month_priced_again_is_charged_the_same(case: Case, tmp_path: Path) -> None:
    case.prepare(tmp_path)
    for period in case.periods:
        command("price_month", case.code, period)
        once = command("export_charges", case.code, "--period", period)
        command("price_month", case.code, period)
        assert command("export_charges", case.code, "--period", period) == once
        command("close_month", case.code, period)
        assert command("export_charges", case.code, "--period", period) == once
    assert case.exports() == case.expected_exports()


@every_quick_case
def test_the_same_files_again_store_nothing_and_change_no_charge(case: Case, tmp_path: Path) -> None:
    """Half-way through the months, when the facts could fall in another month than before."""
    case.prepare(tmp_path)
    half = len(case.periods) // 2
    for period in case.periods[:half]:
        case.close(period)
    events, people = OutcomeEvent.objects.count(), Participant.objects.count()

    case.load()
    assert case.import_file("participants", tmp_path / "again.csv").startswith(
        f"0 stored, {people} unchanged"
    )
    assert case.import_file("outcomes", tmp_path / "again.csv").startswith(f"0 stored, {events} unchanged")
    assert (OutcomeEvent.objects.count(), Participant.objects.count()) == (events, people)

    for period in case.periods[half:]:
        case.close(period)
    assert case.exports() == case.expected_exports()


@every_quick_case
def test_a_dry_run_stores_nothing(case: Case, tmp_path: Path) -> None:
    case.load()
    command("import_participants", case.code, case.folder / "participants.csv", "--dry-run")
    assert Participant.objects.count() == 0
    case.import_file("participants", tmp_path / "participants.csv")
    report = tmp_path / "dry.csv"
    command("import_outcomes", case.code, case.folder / "outcomes.csv", "--dry-run", report=report)
    assert OutcomeEvent.objects.count() == 0
    assert rejections(report) == case.expected("rejections")
