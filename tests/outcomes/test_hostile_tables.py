"""F1, F3, F5, F13: two hundred hostile tables, sent as files are; nothing lands half, nothing fails."""

from __future__ import annotations

import html
import os
import re
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from outcomes.models import FileImport
from participants.models import Participant
from tests.cast import Cast
from tests.outcomes.hostile_tables import RUNNING, hostile_tables
from tests.outcomes.test_views_imports import IMPORTS

EDGE = "edge-of-a-part"
SLOWEST = 10.0  # seconds of a refusal, on a machine that does other things too
SAID = re.compile(r"</span> ([^<]+)</p>")
MEND = re.compile(
    r"A cell in|Choose|Save|Send|Split|Delete|Open it|Copy|Shorten|Name or|Did you|Add the|Keep one|headings"
)


def _form(name: str, content: bytes) -> bytes:
    """Return the form as an attacker sends it: the name is not cut to its last part."""
    quoted = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    lead = f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n\r\n'
    return lead.encode() + content + f"\r\n--{EDGE}--\r\n".encode()


def test_there_are_two_hundred_of_them_and_no_two_are_alike() -> None:
    tables = list(hostile_tables())
    assert len({(table.name, table.content) for table in tables}) == len(tables) >= 200


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        assert not isinstance(address, tuple) or address[1] != 9, "something was asked for over the network"
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.mark.django_db
@pytest.mark.usefixtures("_no_network")
def test_f1_f3_f5_f13_hostile_tables_are_refused_in_words_or_judged_row_by_row(
    cast: Cast, client: Client, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    monkeypatch.chdir(tmp_path)
    client.force_login(cast.analyst)
    refused = stored = 0
    for table in hostile_tables():
        people, files = Participant.objects.count(), FileImport.objects.count()
        began = time.monotonic()
        answer = client.generic(
            "POST",
            f"{IMPORTS}participants/",
            _form(table.name, table.content),
            f"multipart/form-data; boundary={EDGE}",
        )
        assert time.monotonic() - began < SLOWEST, table.title
        assert Participant.objects.count() == people, table.title
        if answer.status_code == 200:
            said = [html.unescape(text) for text in SAID.findall(answer.content.decode())]
            assert said, table.title
            assert all(MEND.search(text) for text in said), (table.title, said)
            assert FileImport.objects.count() == files, table.title
            refused += 1
            continue
        assert answer.status_code == 302, table.title
        page = client.get(answer.headers["Location"], follow=True)
        assert page.status_code == 200, table.title
        for form in ("csv", "xlsx") if table.title.startswith("cell") else ("csv",):
            mend = client.get(f"{answer.headers['Location']}to-mend.{form}")
            assert mend.status_code == 200, table.title
            assert re.fullmatch(r'attachment; filename="[\w.-]+"', mend.headers["Content-Disposition"])
        done = client.post(f"{answer.headers['Location']}store/", follow=True)
        assert done.status_code == 200, table.title
        file = FileImport.objects.order_by("-pk")[0]
        assert Participant.objects.count() == people + (file.good if file.state == "STORED" else 0), (
            table.title
        )
        stored += 1

    assert refused > 100
    assert stored > 50
    for file in FileImport.objects.all():
        assert file.name.isprintable()
        assert not set(file.name) & set("/\\\r\n\0")
        assert len(file.name) <= 120
    written = {Path(folder) for folder, _, names in os.walk(tmp_path) if names}
    assert written <= {tmp_path / "data" / "uploads"}
    assert not Path("/tmp/run").exists()  # noqa: S108 - what some of the names would make


@pytest.mark.django_db
@pytest.mark.parametrize("text", RUNNING)
def test_x1_nothing_in_a_list_of_files_runs(
    cast: Cast, client: Client, tmp_path: Path, settings: Any, text: str
) -> None:
    settings.DATA_DIR = tmp_path
    client.force_login(cast.analyst)
    client.generic(
        "POST",
        f"{IMPORTS}participants/",
        _form(
            f"{text.replace('/', '')}.csv",
            b"participant,service,area,cohort,referred_on,started_on,consented_on\n",
        ),
        f"multipart/form-data; boundary={EDGE}",
    )
    assert f",{text[0]}" not in client.get(f"{IMPORTS}list.csv").content.decode()
