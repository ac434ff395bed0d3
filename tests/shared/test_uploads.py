"""Files between two requests."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import time_machine
from pytest_django import Settings

from mhep.shared import uploads

PURPOSE: dict[str, object] = {"user": 1, "kind": "participants"}


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "uploads"


def test_a_kept_file_comes_back_for_its_purpose_only() -> None:
    ticket = uploads.keep(b"rows", purpose=PURPOSE)

    assert uploads.read(ticket, purpose=PURPOSE) == b"rows"
    with pytest.raises(uploads.UploadGone):
        uploads.read(ticket, purpose={**PURPOSE, "user": 2})
    with pytest.raises(uploads.UploadGone):
        uploads.forget(ticket, purpose={**PURPOSE, "user": 2})


def test_nobody_else_on_the_machine_may_read_it(folder: Path) -> None:
    uploads.keep(b"rows", purpose=PURPOSE)

    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())


def test_a_forgotten_file_is_gone() -> None:
    ticket = uploads.keep(b"rows", purpose=PURPOSE)

    uploads.forget(ticket, purpose=PURPOSE)
    uploads.forget(ticket, purpose=PURPOSE)

    with pytest.raises(uploads.UploadGone):
        uploads.read(ticket, purpose=PURPOSE)


def test_a_ticket_ends_after_a_day() -> None:
    ticket = uploads.keep(b"rows", purpose=PURPOSE)

    with time_machine.travel(time.time() + uploads.KEPT_FOR + 60), pytest.raises(uploads.UploadGone):
        uploads.read(ticket, purpose=PURPOSE)


def test_what_nobody_confirmed_is_deleted_after_a_day(folder: Path) -> None:
    uploads.keep(b"old", purpose=PURPOSE)
    (old,) = folder.iterdir()
    day_ago = time.time() - uploads.KEPT_FOR - 60
    os.utime(old, (day_ago, day_ago))

    uploads.keep(b"new", purpose=PURPOSE)

    assert [path.read_bytes() for path in folder.iterdir()] == [b"new"]
