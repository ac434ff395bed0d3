"""Two hundred hostile uploads: nothing lands elsewhere, nothing runs, the words are clear."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from mhep.shared import vault
from mhep.shared.received import NAME_LENGTH, receive
from tests.cast import Cast
from tests.outcomes.drafts import draft_of, every_file, pdf, person
from tests.outcomes.hostile import EICAR, NAMES, SCRIPT, SVG, Hostile, hostile_files

MEND = re.compile(r"Choose|Take|Save|Print|larger|Archives", re.IGNORECASE)
HEADER = re.compile(r"attachment; filename(=\"[^\"\r\n;<>/\\]+\"|\*=utf-8''[A-Za-z0-9%._~!$&+^`|-]+)")
SAFE_NAME = re.compile(r"[\w \-()&+,'.]+\.(pdf|jpg|png|docx)")

EDGE = "edge-of-a-part"


def _form(file: Hostile) -> bytes:
    """Return the form as an attacker sends it: the name is not cut to its last part."""
    name = file.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    said = "".join(
        f'--{EDGE}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in (("version", "1"), ("kind", "payslip"), ("then", "more"))
    )
    lead = f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return (said + lead).encode() + file.content + f"\r\n--{EDGE}--\r\n".encode()


@pytest.mark.parametrize("name", NAMES)
def test_f13_what_is_kept_of_a_name_is_safe_however_it_comes(name: str) -> None:
    kept = receive(pdf(), name.format("pdf")).name
    assert SAFE_NAME.fullmatch(kept)
    assert kept.count(".") == 1


def test_there_are_two_hundred_of_them_and_no_two_are_alike() -> None:
    files = list(hostile_files())
    assert len(files) >= 200
    assert len({(file.name, file.content) for file in files}) == len(files)


@pytest.mark.django_db
def test_f10_f12_f13_hostile_uploads_are_refused_in_words_or_kept_harmless(
    cast: Cast,
    client: Client,
    vault_folder: Path,
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    monkeypatch.setattr("outcomes.services.evidence.MOST_FILES", 1_000)
    monkeypatch.chdir(tmp_path)
    draft = draft_of(cast.specialist, person(cast))
    client.force_login(cast.specialist)
    address = f"/programmes/WL-IPS/outcomes/drafts/{draft.token}/evidence/"
    for file in hostile_files():
        before = len(every_file())

        response = client.generic("POST", address, _form(file), f"multipart/form-data; boundary={EDGE}")

        if response.status_code == 302:
            assert file.may_stay, file.title
            continue
        assert response.status_code == 200, file.title
        assert len(every_file()) == before, file.title
        said = re.findall(r"</span> ([^<]+)</p>", response.content.decode())
        assert said, file.title
        assert all(MEND.search(html.unescape(text)) for text in said), (file.title, said)

    kept = every_file()
    assert len(kept) > 40
    for each in kept:
        content = vault.get(each.key)
        assert SAFE_NAME.fullmatch(each.name), each.name
        assert len(each.name) <= NAME_LENGTH + 5
        response = client.get(f"/programmes/WL-IPS/evidence/{each.key}/")
        assert HEADER.fullmatch(response.headers["Content-Disposition"]), each.name
        assert response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert SCRIPT not in content
        assert SVG not in content
        assert EICAR not in content
    written = {Path(folder) / name for folder, _, names in os.walk(tmp_path) for name in names}
    assert written == {vault_folder / each.key.hex[:2] / each.key.hex for each in kept}
    assert not Path("/tmp/run").exists()  # noqa: S108 - what some of the names would make
