"""
What the demo asks in place of clamd: it knows the harmless EICAR test file, and no harm at all.

It shows what happens to a file before and after a verdict; it protects nobody. Only the settings of the demo
can choose it (``STAND_IN_SCANNER``), and the pages say that it is one.
"""

from __future__ import annotations

import io
import zipfile
import zlib

FINDING = "Eicar-Test-Signature"
DEEPEST = 4  # archives inside archives
MOST_UNPACKED = 100 * 1024 * 1024  # bytes, of one file and all that is in it
# In two parts, so that no scanner takes this file for the test file.
_EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_ARCHIVE = b"PK\x03\x04"
_UNREADABLE = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError)


def finding_in(content: bytes) -> str:
    """
    Return what is found in a file or in the archives inside it; empty, if that is nothing.

    :raises ValueError: if an archive cannot be unpacked, or unpacks to too much: nothing is known of it then.
    """
    waiting, left = [(content, 0)], MOST_UNPACKED
    while waiting:
        piece, depth = waiting.pop()
        if _EICAR in piece:
            return FINDING
        if piece.startswith(_ARCHIVE):
            if depth == DEEPEST:
                raise ValueError("The archive holds archives too deep inside each other.")
            inside = _unpacked(piece, left)
            left -= sum(map(len, inside))
            waiting += [(each, depth + 1) for each in inside]
    return ""


def _unpacked(archive: bytes, room: int) -> list[bytes]:
    """Return what an archive holds, as long as that is at most ``room`` bytes."""
    contents: list[bytes] = []
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for entry in opened.infolist():
                with opened.open(entry) as file:
                    contents.append(file.read(room + 1))
                room -= len(contents[-1])
                if room < 0:
                    raise ValueError("The archive unpacks to too much.")
    except _UNREADABLE as error:
        raise ValueError("The archive cannot be unpacked.") from error
    return contents
