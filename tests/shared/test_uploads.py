"""Files between two requests."""

from __future__ import annotations

import os
import time
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from mhep.shared import uploads

KEY = UUID(int=7)
CANARY = b"P-001,Canary"


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "uploads"


def test_a_file_comes_back_under_its_key_only() -> None:
    uploads.keep(KEY, CANARY)

    assert uploads.read(KEY) == CANARY
    with pytest.raises(uploads.UploadGone):
        uploads.read(uuid4())


def test_a_file_that_was_forgotten_is_gone() -> None:
    uploads.keep(KEY, CANARY)
    uploads.forget(KEY)
    uploads.forget(KEY)

    with pytest.raises(uploads.UploadGone):
        uploads.read(KEY)


def test_a_file_waits_encrypted_and_private(folder: Path) -> None:
    uploads.keep(KEY, CANARY)

    (path,) = folder.iterdir()
    assert CANARY not in path.read_bytes()
    assert path.name == KEY.hex
    assert path.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


def test_a_file_that_was_changed_or_exchanged_is_gone(folder: Path) -> None:
    uploads.keep(KEY, CANARY)
    other = uuid4()
    (folder / other.hex).write_bytes((folder / KEY.hex).read_bytes())
    (folder / KEY.hex).write_bytes((folder / KEY.hex).read_bytes()[:-1] + b"x")

    for key in (KEY, other):
        with pytest.raises(uploads.UploadGone):
            uploads.read(key)


def test_what_is_old_is_deleted_with_what_a_cut_off_write_left(folder: Path) -> None:
    uploads.keep(KEY, CANARY)
    fresh = uuid4()
    uploads.keep(fresh, CANARY)
    (folder / ".left").write_bytes(b"half")
    for path in (folder / KEY.hex, folder / ".left"):
        os.utime(path, (time.time() - 100, time.time() - 100))

    uploads.forget_old(50)

    assert [path.name for path in folder.iterdir()] == [fresh.hex]


def test_nothing_to_forget_is_no_trouble() -> None:
    uploads.forget_old(50)
