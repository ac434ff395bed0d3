"""
Reading the HEIC pictures of telephones, in a process of its own that may fall over.

The decoder is a large library in another language, and a spoilt file can end the process that reads it. So
this one never loads it: it starts itself as a program, with nothing of our environment, with little memory
and little time, and takes back plain points. Whoever sends a trap loses an upload; nobody else notices.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
from enum import IntEnum
from pathlib import Path

PATIENCE = 30  # seconds, by the clock
MOST_WORK = 20  # seconds of computing
MOST_MEMORY = 2 * 1024**3  # bytes of addresses: 50 million points need less than a third
FORM = "PPM"  # what comes back, as Pillow calls it


class Unreadable(Exception):
    """The bytes are no picture that can be read."""


class TooManyPoints(Exception):
    """The picture says of itself that it is larger than what was asked for; its points were not read."""


class _Ended(IntEnum):
    WELL = 0
    UNREADABLE = 3
    TOO_LARGE = 4


def read_points(content: bytes, *, most_side: int, most_points: int, kept_side: int) -> bytes:
    """
    Return the main picture of a HEIC file in the form ``FORM``: upright, on white, without anything else.

    :param most_side: points of the longer side above which nothing is decoded.
    :param most_points: points altogether above which nothing is decoded.
    :param kept_side: points to which the longer side is made smaller.
    :raises TooManyPoints: if its header says that it is larger than that.
    :raises Unreadable: if it is not read whole, also where reading it took too much or ended the reader.
    """
    limits = map(str, (most_side, most_points, kept_side))
    command = [sys.executable, "-I", "-B", str(Path(__file__).resolve()), *limits]
    try:
        ended = subprocess.run(  # noqa: S603 - our own file; the content is its input, never its command
            command, input=content, capture_output=True, timeout=PATIENCE, env={}, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unreadable("Reading it took too long.") from None
    if ended.returncode == _Ended.TOO_LARGE:
        raise TooManyPoints
    if ended.returncode != _Ended.WELL:
        raise Unreadable(f"The reader ended with {ended.returncode}.")
    return ended.stdout


def _main(most_side: int, most_points: int, kept_side: int) -> _Ended:
    """Read a file from the standard input and write its points to the standard output."""
    _live_within_limits()
    import pi_heif  # noqa: PLC0415 - only the reader's own process may hold the decoder
    from PIL import Image  # noqa: PLC0415

    try:
        pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = pi_heif.options.THUMBNAILS = False
        pi_heif.options.DECODE_THREADS = 1
        file = pi_heif.open_heif(sys.stdin.buffer.read())
        if max(file.size) > most_side or file.size[0] * file.size[1] > most_points:
            return _Ended.TOO_LARGE
        picture = file.to_pillow()  # the decoder has turned it upright
        picture.thumbnail((kept_side, kept_side))
        solid = picture.convert("RGBA")
        drawn = Image.new("RGB", solid.size, "white")
        drawn.paste(solid, mask=solid.getchannel("A"))
        points = io.BytesIO()
        drawn.save(points, FORM)
    except Exception:  # noqa: BLE001 - whatever is wrong with the file, the answer is the same
        return _Ended.UNREADABLE
    sys.stdout.buffer.write(points.getvalue())
    sys.stdout.buffer.flush()
    return _Ended.WELL


def _live_within_limits() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_WORK),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    sys.exit(_main(*map(int, sys.argv[1:])))
