"""Data that leave: no more than a role may read, as INDIGO writes it, and nothing about few people."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum
from django.test import Client
from jsonschema import Draft7Validator

from mhep.kernel.money import from_major
from payments.models import Charge, Document, Posting
from performance.rules.indigo import WITHHELD, Commitment, Metric, Paid, Project, Provision, written
from performance.selectors.indigo import project_of
from tests.api.callers import caller_as
from tests.cast import AT, Cast, close
from tests.participants.people import started

pytestmark = pytest.mark.django_db
PART_OF_THE_STANDARD = Path(__file__).with_name("indigo_project.json")
YEAR = (date(2026, 4, 1), date(2027, 3, 31))


@pytest.fixture
def closed(cast: Cast) -> Cast:
    close(cast.programme, "2026-04")
    return cast


def opened(content: bytes) -> tuple[dict[str, Any], dict[str, list[dict[str, str]]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        tables = {}
        for entry in manifest["files"]:
            table = archive.read(entry["name"])
            assert sha256(table).hexdigest() == entry["sha256"]
            tables[entry["name"]] = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
            headings = next(csv.reader(io.StringIO(table.decode("utf-8-sig"))))
            assert (len(tables[entry["name"]]), headings) == (entry["rows"], entry["columns"])
        assert set(archive.namelist()) == {"manifest.json", *tables}
    return manifest, tables


@pytest.mark.parametrize(
    ("person", "files"),
    [
        ("specialist", {"participants", "outcomes"}),
        ("commissioner", {"charges", "documents", "statements", "queries"}),
        (
            "auditor",
            {"participants", "outcomes", "charges", "documents", "statements", "queries", "adjustments"}
            | {"provider-payments"},
        ),
    ],
)
def test_the_export_holds_what_the_role_may_read_and_no_more(
    closed: Cast, client: Client, person: str, files: set[str]
) -> None:
    client.force_login(getattr(closed, person))
    manifest, tables = opened(client.get("/programmes/WL-IPS/export.zip").content)
    assert set(tables) == {f"{name}.csv" for name in files}
    assert manifest["programme"] == "WL-IPS"


def test_the_export_of_a_funder_holds_its_own_rows_and_adds_up(closed: Cast) -> None:
    content = caller_as(closed.commissioner).get("programmes/WL-IPS/export").content
    _, tables = opened(content)
    assert {row["Agreement"] for row in tables["charges.csv"]} == {"EALING-1"}
    total = sum(from_major(row["Amount"]) for row in tables["charges.csv"] if row["Document"])
    assert total == Document.objects.get(agreement__ref="EALING-1").net_minor
    assert len(tables["charges.csv"]) == Charge.objects.filter(agreement__ref="EALING-1").count()


def test_the_export_holds_no_name(closed: Cast, client: Client) -> None:
    started(closed.programme.services.get(), closed.specialist, name="Canary Ours")
    for person in (closed.specialist, closed.administrator):
        client.force_login(person)
        with zipfile.ZipFile(io.BytesIO(client.get("/programmes/WL-IPS/export.zip").content)) as archive:
            assert all(b"Canary" not in archive.read(name) for name in archive.namelist())


def faults(project: dict[str, Any], schema: Path) -> list[str]:
    validator = Draft7Validator(json.loads(schema.read_text()))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(project)]


def test_what_is_published_is_as_the_standard_writes_it(closed: Cast, client: Client) -> None:
    """Our own reading of the parts that we write; ``INDIGO_SCHEMA`` names the standard's own file."""
    client.force_login(closed.analyst)
    project = client.get("/programmes/WL-IPS/indigo.json").json()
    for schema in (PART_OF_THE_STANDARD, os.environ.get("INDIGO_SCHEMA")):
        assert not schema or faults(project, Path(schema)) == []
    assert faults(project | {"stage_development": {"value": "Unknown"}}, PART_OF_THE_STANDARD)
    assert {each["id"] for each in project["outcome_metrics"]} == {
        "ENGAGED",
        "JOB_START",
        "SUSTAINED",
    }


def test_few_people_are_not_published_nor_what_they_brought(closed: Cast) -> None:
    project = written(project_of(closed.programme, AT.date()))
    assert all(row.get("notes") == WITHHELD for row in project["results"])
    assert all("money" not in row for row in project["outcome_payments"] if row.get("notes"))
    ealing = project["outcome_payment_commitments"][0]
    assert (ealing["notes"], "total_outcome_payments" in ealing) == (WITHHELD, False)


def test_published_totals_are_those_of_the_ledger(closed: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from performance.rules.disclosure import EXACT  # noqa: PLC0415
    from performance.selectors import indigo  # noqa: PLC0415

    monkeypatch.setattr(indigo, "PUBLISHED", EXACT)
    project = project_of(closed.programme, AT.date())
    paid = sum(each.net_minor or 0 for row in project.commitments for each in row.paid)
    income = Posting.objects.filter(journal__programme=closed.programme, account="INCOME")
    assert paid == -income.aggregate(total=Sum("amount_minor"))["total"] > 0
    assert faults(written(project), PART_OF_THE_STANDARD) == []


def test_one_withheld_year_withholds_the_total_too() -> None:
    paid = (Paid(*YEAR, 100_000), Paid(*YEAR, None))
    commitment = Commitment("EALING", "Other", *YEAR, 500_000, paid)
    project = Project(
        name="Synthetic",
        currency="GBP",
        operator="MHEP",
        starts_on=YEAR[0],
        ends_on=YEAR[1],
        has_ended=True,
        metrics=[Metric("JOB", "A job", "Verified", 250_050, ((*YEAR, 12),))],
        commitments=[commitment],
        provisions=[Provision("WL-1", "TWN", "IPS", *YEAR)],
    )
    said = written(project)
    assert "total_outcome_payments" not in said["outcome_payment_commitments"][0]
    assert said["outcome_pricings"][0]["price_per_unit"]["amount"] == {"value": 2500.5}
    assert faults(said, PART_OF_THE_STANDARD) == []
    whole = written(replace(project, commitments=[replace(commitment, paid=paid[:1])]))
    total = whole["outcome_payment_commitments"][0]["total_outcome_payments"]
    assert total["amount"] == {"value": 1000.0}
