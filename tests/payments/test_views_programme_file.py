"""Loading a programme file from the page."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from funders.models import Agreement, Programme
from tests.cast import PROGRAMME, Cast

ADDRESS = "/programmes/load/"


def sent(content: bytes) -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile("programme.yaml", content)}


@pytest.mark.parametrize("who", ["analyst", "finance", "auditor", "commissioner"])
def test_only_administrators_load(cast: Cast, client: Client, who: str) -> None:
    client.force_login(getattr(cast, who))

    assert client.get(ADDRESS).status_code == 403
    assert client.post(ADDRESS, sent(PROGRAMME)).status_code == 403


def test_a_changed_file_is_stored_and_its_warnings_are_shown(cast: Cast, client: Client) -> None:
    client.force_login(cast.administrator)

    page = client.post(ADDRESS, sent(PROGRAMME.replace(b"PO-7781", b"PO-9000"))).text

    assert Agreement.objects.get(ref="EALING-1").po_number == "PO-9000"
    assert "West London IPS is stored" in page
    assert "unfunded_outcome" in page


def test_the_same_file_changes_nothing(cast: Cast, client: Client) -> None:
    client.force_login(cast.administrator)

    assert "Nothing to change in West London IPS" in client.post(ADDRESS, sent(PROGRAMME)).text


@pytest.mark.parametrize(
    ("content", "place", "code"),
    [
        (PROGRAMME.replace(b"currency: GBP", b"currency: pounds"), "programme.currency", "bad_value"),
        (b"\x00\xff", "", "syntax"),
        (b"", "The whole file", "bad_value"),
        (
            PROGRAMME.replace(b"code: WL-IPS", b"code: NEW").replace(b"code: MHEP", b"code: OTHER"),
            "",
            "not_allowed",
        ),
    ],
)
def test_a_bad_file_is_answered_with_places_and_codes_and_stores_nothing(
    cast: Cast, client: Client, content: bytes, place: str, code: str
) -> None:
    client.force_login(cast.administrator)

    page = client.post(ADDRESS, sent(content))

    assert page.status_code == 200
    assert "<title>Error: Load a programme file – MHEP</title>" in page.text
    assert place in page.text
    assert code in page.text
    assert Programme.objects.count() == 1


def test_no_file_is_answered_beside_the_field(cast: Cast, client: Client) -> None:
    client.force_login(cast.administrator)

    assert client.post(ADDRESS).text.count("Choose a file") == 2


def test_another_operators_administrator_cannot_take_a_programme_over(cast: Cast, client: Client) -> None:
    client.force_login(cast.outsider)

    page = client.post(ADDRESS, sent(PROGRAMME.replace(b"code: MHEP", b"code: OTHER"))).text

    assert "not_allowed" in page
    assert Programme.objects.get().operator.code == "MHEP"
