"""No page, file or export that a role can ask for holds a word of an organisation that is not theirs (A3)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client

from tests.access.table import API, ROLES, TABLE
from tests.access.test_matrix import address_of
from tests.access.worlds import Worlds
from tests.api.callers import token_for

pytestmark = pytest.mark.django_db

# Who somebody is, for each provider, and the names of everything of another operator.
OURS, BESIDE, FOREIGN = b"Canary Ours", b"Canary Beside", b"Faraway"
OTHERS = (BESIDE, b"Canary Foreign", FOREIGN)


@pytest.mark.parametrize("letter", ROLES)
def test_a3_no_answer_holds_a_foreign_canary(letter: str, worlds: Worlds) -> None:
    client = Client()
    client.force_login(worlds.people[ROLES[letter]])
    unwanted = OTHERS if letter in "sm" else (OURS, *OTHERS)
    found = [
        (view, canary)
        for view, content in _answers(client, ROLES[letter], worlds)
        for canary in unwanted
        if canary in content
    ]
    assert found == []


def test_a_canary_would_be_found(worlds: Worlds) -> None:
    client = Client()
    client.force_login(worlds.people["specialist"])
    assert any(OURS in content for _, content in _answers(client, "specialist", worlds))
    assert OURS in unpacked(_workbook_with(OURS))


def _answers(client: Client, role: str, worlds: Worlds) -> Iterator[tuple[str, bytes]]:
    """Give what every address answers, for one's own things and for others', with workbooks unpacked."""
    for view, row in TABLE.items():
        if row.get is None:
            continue
        for world in (worlds.own, worlds.beside, worlds.foreign):
            with transaction.atomic():
                shown = token_for(worlds.people[role]) if view in API else ""
                answer = client.get(
                    address_of(view, world, role), headers={"Authorization": f"Bearer {shown}"}
                )
                content = b"".join(answer) if answer.streaming else answer.content
                transaction.set_rollback(True)
            yield view, unpacked(content)


def unpacked(content: bytes) -> bytes:
    """Return the parts of a workbook one after the other, anything else as it is."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def _workbook_with(text: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", text)
    return stream.getvalue()
