"""HEIC pictures of telephones: taken, drawn anew, and never able to end the process that takes them (F12)."""

from __future__ import annotations

import io
import random
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from mhep.shared import heif
from mhep.shared.heif import TooManyPoints, Unreadable, read_points
from mhep.shared.received import TOO_MANY_POINTS, NotTaken, receive
from tests.outcomes.drafts import telephone_picture

SPOILT = 100
SIZE = b"ispe\0\0\0\0"  # before the width and the height that the file states


def of_size(width: int, height: int) -> bytes:
    """Return the picture, with a header that states another size."""
    before, mark, after = telephone_picture().partition(SIZE)
    return before + mark + struct.pack("!II", width, height) + after[8:]


def falls_over() -> bytes:
    """Return a file that ends the process in which the decoder opens it: its Exif has another name."""
    return telephone_picture().replace(b"\0\x02\0\0Exif", b"\0\x02\0\0\xffxif")


def spoilt(number: int) -> bytes:
    """Return the picture with some bytes changed, put in, or left out; the same for the same number."""
    dice = random.Random(number)  # noqa: S311 - the same files every time
    content = bytearray(telephone_picture())
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        place = dice.randrange(12, len(content))
        how = dice.random()
        if how < 0.75:
            content[place] = dice.choice((0, 1, 127, 128, 255, dice.randrange(256)))
        elif how < 0.85:
            del content[place : place + dice.randrange(1, 30)]
        else:
            content[place:place] = dice.randbytes(8)
    return bytes(content)


def read(content: bytes, **limits: int) -> bytes:
    return read_points(content, **{"most_side": 500, "most_points": 10_000, "kept_side": 400, **limits})


def test_f12_a_telephones_picture_becomes_an_upright_jpeg_without_its_place() -> None:
    assert b"made-up description" in telephone_picture()
    for name in ("IMG_0001.HEIC", "IMG_0001.heif"):
        kept = receive(telephone_picture(), name)
        assert (kept.name, kept.content_type) == ("IMG_0001.jpg", "image/jpeg")
        with Image.open(io.BytesIO(kept.content)) as picture:
            assert (picture.format, picture.size) == ("JPEG", (64, 96))
            red, green, _ = picture.convert("RGB").getpixel((61, 2))  # type: ignore[misc]
            assert red > 150 > green, "it does not stand upright"
            assert dict(picture.getexif()) == {}
            assert not {"exif", "xmp", "icc_profile", "comment"} & set(picture.info)
        assert b"made-up" not in kept.content.lower()


def test_f12_a_huge_picture_is_refused_by_its_header() -> None:
    with pytest.raises(NotTaken, match=TOO_MANY_POINTS):
        receive(of_size(30_000, 30_000), "IMG_0001.heic")
    read(telephone_picture(), most_side=96, most_points=64 * 96)
    with pytest.raises(TooManyPoints):
        read(telephone_picture(), most_side=95)
    with pytest.raises(TooManyPoints):
        read(telephone_picture(), most_points=64 * 96 - 1)


def test_a_large_picture_is_made_smaller() -> None:
    with Image.open(io.BytesIO(read(telephone_picture(), kept_side=48))) as picture:
        assert (picture.format, picture.size) == (heif.FORM, (32, 48))


@pytest.mark.parametrize(
    "content",
    [
        b"\0\0\0\x18ftypheic" + b"\0" * 100,
        telephone_picture()[:300],
        telephone_picture().replace(b"infe", b"junk"),
        of_size(96, 65),
        falls_over(),
    ],
    ids=["nothing", "cut off", "nothing listed", "another size", "falls over"],
)
def test_what_cannot_be_read_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(NotTaken, match="The picture cannot be read"):
        receive(content, "IMG_0001.heic")


def test_f12_spoilt_pictures_are_refused_or_drawn_and_this_process_lives() -> None:
    def outcome(number: int) -> str:
        try:
            return receive(spoilt(number), "IMG_0001.heic").content_type
        except NotTaken:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(outcome, range(SPOILT))) == {"refused", "image/jpeg"}


def test_a_reader_that_takes_too_long_or_too_much_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heif, "PATIENCE", 0.001)
    with pytest.raises(Unreadable, match="too long"):
        read(telephone_picture())


def test_the_reader_gets_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever takes the decoder over finds no key there."""
    seen: dict[str, Any] = {}
    run = subprocess.run

    def noted(*arguments: Any, **options: Any) -> Any:
        seen.update(options)
        return run(*arguments, **options)

    monkeypatch.setattr(subprocess, "run", noted)
    read(telephone_picture())
    assert seen["env"] == {}
