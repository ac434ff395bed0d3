"""The pages of exports and codes, and their files (F7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from mhep.shared.sealed_ids import Kind, sealed_id
from payments.enums import ExportFormat
from payments.models import BookingCode, ExportBatch
from tests.cast import Cast
from tests.payments.booking import every_code, export, read
from tests.payments.documents import three_months

pytestmark = pytest.mark.django_db
HERE = "/programmes/WL-IPS/exports/"
CODES = "/programmes/WL-IPS/codes/"


@pytest.fixture
def client(cast: Cast, client: Client) -> Client:
    three_months(cast)
    client.force_login(cast.finance)
    return client


def day(name: str, on: str) -> dict[str, str]:
    year, month, number = on.split("-")
    return {f"{name}_day": number, f"{name}_month": month, f"{name}_year": year}


def export_form(form: str = "JOURNAL", first: str = "2026-07-01", last: str = "2026-07-31") -> dict[str, str]:
    return {"format": form, **day("first_day", first), **day("last_day", last)}


def code_form(**changed: str) -> dict[str, str]:
    given = {"thing": "account-income", "code": "4000", "party": "", "outcome": "", "department": "IPS"}
    return given | day("starts_on", "2026-04-01") | changed


def send(client: Client, address: str, form: Mapping[str, str]) -> str:
    answer: Any = client.post(address, form, follow=True)
    assert answer.status_code == 200
    return str(answer.text)


def test_finance_exports_the_month_downloads_it_and_takes_it_back(cast: Cast, client: Client) -> None:
    every_code(cast.programme.operator)
    page = client.get(HERE).text
    assert "Nothing was exported yet" in page
    assert ">5</td>" in page
    page = send(client, HERE, export_form())
    assert "EXP-0001 is made" in page
    assert page.count("<strong>£0.00</strong>") >= 4  # the difference of each account
    batch = ExportBatch.objects.get()
    assert f"{batch.files.get().sha256}" in page
    files = [client.get(f"{HERE}EXP-0001/journal.csv") for _ in range(2)]
    assert files[0].content == files[1].content == bytes(batch.files.get().content)
    assert files[0]["Content-Disposition"] == 'attachment; filename="MHEP-EXP-0001-journal.csv"'
    assert len(read(files[0].content)) == sum(each.journal.posting_count for each in batch.journals.all())

    again = send(client, HERE, export_form())
    assert "exported already, last in EXP-0001 by Example Finance" in again
    assert "Write why the export was not imported" in send(client, f"{HERE}EXP-0001/undo/", {"reason": ""})
    page = send(client, f"{HERE}EXP-0001/undo/", {"reason": "The accounts refused it"})
    assert "The accounts refused it" in page
    assert "Do not import its files" in page
    assert "EXP-0002 is made" in send(client, HERE, export_form())
    listed = read(client.get("/programmes/WL-IPS/exports.csv").content)
    assert [(row["Export"], row["Reason"]) for row in listed] == [
        ("EXP-0002", ""),
        ("EXP-0001", "The accounts refused it"),
    ]


def test_what_has_no_code_is_listed_with_its_day_and_a_way_to_set_it(cast: Cast, client: Client) -> None:
    page = send(client, HERE, export_form("SAGE"))
    assert "These have no code yet" in page
    assert f"{CODES}new/?for=account-income&amp;from=2026-07-03" in page
    assert "London Borough of Ealing" in page
    assert not ExportBatch.objects.exists()
    form = client.get(f"{CODES}new/?for=funder-WL-IPS%2FEALING&from=2026-07-03").text
    assert '<option value="funder-WL-IPS/EALING" selected>' in form
    assert 'value="2026"' in form


def test_a_code_is_set_changed_from_a_day_on_and_withdrawn(cast: Cast, client: Client) -> None:
    assert "The code 4000 is used from 1 April 2026 on." in send(client, f"{CODES}new/", code_form())
    assert "There is a code from 1 April 2026 on already" in send(client, f"{CODES}new/", code_form())
    later = code_form(code="4100", **day("starts_on", "2026-05-01"))
    page = send(client, f"{CODES}new/", later)
    assert "From 1 April 2026, before 1 May 2026" in page
    narrow = code_form(party="funder-WL-IPS/EALING", outcome="WL-IPS/JOB_START", code="4001")
    assert "London Borough of Ealing, Job start" in send(client, f"{CODES}new/", narrow)
    row = BookingCode.objects.get(code="4100")
    address = f"{CODES}{sealed_id(Kind.BOOKING_CODE, row.pk)}/withdraw/"
    assert "Withdrawn by Example Finance" in send(client, address, {})
    assert "This code was withdrawn already." in send(client, address, {})
    rows = read(client.get("/programmes/WL-IPS/codes.csv").content)
    assert {(row["Code"], row["From"], row["Until"], row["Withdrawn by"]) for row in rows} == {
        ("4000", "2026-04-01", "", ""),
        ("4001", "2026-04-01", "", ""),
        ("4100", "2026-05-01", "", "Example Finance"),
    }


def test_all_codes_are_set_on_one_page_all_of_them_or_none(cast: Cast, client: Client) -> None:
    several = f"{CODES}several/"
    assert f"{several}?from=2026-07-03" in send(client, HERE, export_form())
    assert 'value="2026"' in client.get(f"{several}?from=2026-07-03").text
    names = re.findall(r'name="(code-[^"]+)"', client.get(several).text)
    assert len(names) > 20
    assert "Enter at least one code" in send(client, several, day("starts_on", "2026-07-01"))
    given = {name: str(4000 + place) for place, name in enumerate(names)} | day("starts_on", "2026-07-01")
    page = send(client, several, given | {names[-1]: "=1"})
    assert "A code begins with a letter or a digit" in page
    assert not BookingCode.objects.exists()
    assert f"{len(names)} codes are used from 1 July 2026 on." in send(client, several, given)
    again = send(client, several, {names[0]: "1"} | day("starts_on", "2026-07-01"))
    assert "There is a code from 1 July 2026 on already: 4000" in again
    assert "EXP-0001 is made" in send(client, HERE, export_form("SAGE"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"thing": ""}, "Choose what the code is for"),
        ({"code": ""}, "Enter the code as your accounts have it"),
        ({"code": "=1"}, "A code begins with a letter or a digit"),
        ({"department": "@1"}, "A code begins with a letter or a digit"),
        ({"starts_on_day": ""}, "From needs a day, a month and a year"),
        ({"thing": "funder-WL-IPS/EALING", "outcome": "WL-IPS/JOB_START"}, "leave this empty"),
        ({"party": "funder-WL-IPS/NOBODY"}, "Choose one of the list"),
    ],
)
def test_a_wrong_code_is_refused_in_words(client: Client, changed: dict[str, str], words: str) -> None:
    page = send(client, f"{CODES}new/", code_form(**changed))
    assert words in page
    assert "There is a problem" in page
    assert not BookingCode.objects.exists()


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({}, "Choose what your accounts take"),
        (export_form(last="2026-06-30"), "The last day must not lie before the first"),
        (export_form(first="2026-05-01", last="2026-05-31"), "Nothing that General journal takes was posted"),
    ],
)
def test_days_that_cannot_be_exported_are_refused_in_words(
    client: Client, form: dict[str, str], words: str
) -> None:
    assert words in send(client, HERE, form)


def test_an_auditor_sees_and_downloads_and_changes_nothing(cast: Cast, client: Client) -> None:
    every_code(cast.programme.operator)
    export(cast.programme.operator, ExportFormat.XERO)
    client.force_login(cast.auditor)
    page = client.get(HERE).text
    assert "EXP-0001" in page
    assert "Export these days" not in page
    assert client.post(HERE, export_form()).status_code == 403
    assert "was not imported" not in client.get(f"{HERE}EXP-0001/").text
    assert client.get(f"{HERE}EXP-0001/xero-invoices-1.csv").status_code == 200
    assert "Set a code" not in client.get(CODES).text


@pytest.mark.parametrize("number", ["EXP-1", "EXP-0002", "0001", "EXP-000000000000001", "EXP-x", "INV-0001"])
def test_an_export_that_does_not_exist_is_not_found(cast: Cast, client: Client, number: str) -> None:
    every_code(cast.programme.operator)
    export(cast.programme.operator, ExportFormat.XERO)
    assert client.get(f"{HERE}{number}/").status_code == 404
    assert client.get(f"{HERE}EXP-0001/journal.csv").status_code == 404


def test_exports_of_another_operator_are_not_found(cast: Cast, client: Client) -> None:
    every_code(cast.programme.operator)
    export(cast.programme.operator, ExportFormat.JOURNAL)
    client.force_login(cast.outsider)
    assert client.get(f"{HERE}EXP-0001/").status_code == 404
    client.force_login(cast.commissioner)
    assert client.get(HERE).status_code == 403
