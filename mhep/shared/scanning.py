"""
Asking clamd, where one is configured, whether bytes are harmful.

The demo has none; there a stand-in answers, so that what follows a verdict can be seen.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass

from django.conf import settings

from mhep.shared import stand_in_scanner

CHUNK = 64 * 1024
PATIENCE = 30  # seconds
_LONGEST_ANSWER = 4096


class ScannerAway(Exception):
    """There is no scanner, or it gave no verdict. Nothing is known about the bytes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``finding`` is what the scanner calls the harm; it is empty for clean bytes."""

    finding: str = ""

    @property
    def is_clean(self) -> bool:
        return not self.finding


def is_configured() -> bool:
    """Tell whether anything gives verdicts: clamd, or in the demo the stand-in."""
    return bool(settings.CLAMD_ADDRESS) or is_by_stand_in()


def is_by_stand_in() -> bool:
    """Tell whether verdicts are the stand-in's, which no page may present as a scanner's."""
    return bool(settings.DEMO and settings.STAND_IN_SCANNER and not settings.CLAMD_ADDRESS)


def scan(content: bytes) -> Verdict:
    """
    Return what the scanner says of bytes; where clamd is named, nobody else is asked.

    :raises ScannerAway: whenever there is no clear answer; the bytes count as not scanned.
    """
    if not is_by_stand_in():
        return _asked_of_clamd(content)
    try:
        return Verdict(stand_in_scanner.finding_in(content))
    except ValueError as error:
        raise ScannerAway(str(error)) from error


def _asked_of_clamd(content: bytes) -> Verdict:
    """Send bytes to clamd (command INSTREAM) and return what it says."""
    try:
        with _connected() as link:
            link.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), CHUNK):
                chunk = content[start : start + CHUNK]
                link.sendall(struct.pack("!I", len(chunk)) + chunk)
            link.sendall(struct.pack("!I", 0))
            answer = _answer(link)
    except OSError as error:
        raise ScannerAway(str(error)) from error
    if answer == "stream: OK":
        return Verdict()
    if answer.endswith(" FOUND"):
        return Verdict(answer.removeprefix("stream: ").removesuffix(" FOUND"))
    raise ScannerAway(answer)


def _connected() -> socket.socket:
    address: str = settings.CLAMD_ADDRESS
    if not address:
        raise ScannerAway("No scanner is configured.")
    if address.startswith("/"):
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(PATIENCE)
        failure = link.connect_ex(address)
        if failure:
            link.close()
            raise OSError(failure, os.strerror(failure))
        return link
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


def _answer(link: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
        piece = link.recv(_LONGEST_ANSWER)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0").decode(errors="replace").strip()
