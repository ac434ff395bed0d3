"""Files between two requests."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from uuid import UUID, uuid4

import pytest
import time_machine
from pytest_django import Settings

from mhep.shared import uploads

PURPOSE: dict[str, object] = {"user": 1, "kind": "participants"}
WAIT = 10  # seconds


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "uploads"


def as_text(content: bytes) -> str:
    return content.decode()


def use(ticket: UUID) -> str:
    return uploads.use_once(ticket, purpose=PURPOSE, use=as_text)


def test_a_kept_file_comes_back_for_its_purpose_only() -> None:
    ticket = uploads.keep(b"rows", purpose=PURPOSE)
    other = {**PURPOSE, "user": 2}

    assert uploads.read(ticket, purpose=PURPOSE) == b"rows"
    with pytest.raises(uploads.UploadGone):
        uploads.read(ticket, purpose=other)
    with pytest.raises(uploads.UploadGone):
        uploads.result_of(ticket, purpose=other)
    with pytest.raises(uploads.UploadGone):
        uploads.use_once(ticket, purpose=other, use=as_text)
    with pytest.raises(uploads.UploadGone):
        uploads.read(uuid4(), purpose=PURPOSE)


def test_nobody_else_on_the_machine_may_read_it(folder: Path) -> None:
    use(uploads.keep(b"used", purpose=PURPOSE))
    uploads.keep(b"rows", purpose=PURPOSE)

    assert all(path.stat().st_mode & 0o077 == 0 for path in (folder, *folder.rglob("*")))


def test_a_used_file_is_gone_and_what_came_of_it_is_kept(folder: Path) -> None:
    ticket = uploads.keep(b"rows", purpose=PURPOSE)
    before = uploads.result_of(ticket, purpose=PURPOSE)

    first, again = use(ticket), uploads.use_once(ticket, purpose=PURPOSE, use=lambda _: "something else")

    assert (before, first, again) == (None, "rows", "rows")
    assert uploads.result_of(ticket, purpose=PURPOSE) == "rows"
    assert sorted(path.name for path in folder.glob("*/*")) == ["purpose", "result"]
    with pytest.raises(uploads.UploadGone):
        uploads.read(ticket, purpose=PURPOSE)


def test_the_second_of_two_at_once_waits_for_what_the_first_gives() -> None:
    ticket = uploads.keep(b"rows", purpose=PURPOSE)
    began, goes_on = Event(), Event()

    def slowly(content: bytes) -> str:
        began.set()
        assert goes_on.wait(WAIT)
        return "first"

    with ThreadPoolExecutor() as pool:
        first = pool.submit(uploads.use_once, ticket, purpose=PURPOSE, use=slowly)
        assert began.wait(WAIT)
        second = pool.submit(uploads.use_once, ticket, purpose=PURPOSE, use=lambda _: "second")
        with pytest.raises(TimeoutError):
            second.result(timeout=0.2)
        goes_on.set()

    assert (first.result(), second.result()) == ("first", "first")


def test_a_file_that_could_not_be_used_waits_on() -> None:
    ticket = uploads.keep(b"rows", purpose=PURPOSE)

    def refuse(content: bytes) -> str:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - its own
        uploads.use_once(ticket, purpose=PURPOSE, use=refuse)

    assert use(ticket) == "rows"


def test_a_ticket_ends_after_a_day() -> None:
    ticket = uploads.keep(b"rows", purpose=PURPOSE)

    with time_machine.travel(time.time() + uploads.KEPT_FOR + 60), pytest.raises(uploads.UploadGone):
        uploads.read(ticket, purpose=PURPOSE)


def test_what_is_older_than_a_day_is_deleted(folder: Path) -> None:
    uploads.keep(b"old", purpose=PURPOSE)
    (old,) = folder.iterdir()
    day_ago = time.time() - uploads.KEPT_FOR - 60
    os.utime(old, (day_ago, day_ago))

    uploads.keep(b"new", purpose=PURPOSE)

    assert [path.read_bytes() for path in folder.glob("*/content")] == [b"new"]
    assert not old.exists()
