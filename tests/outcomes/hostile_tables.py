"""Two hundred tables that no spreadsheet program saved, each with its name."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from tests.cast import PARTICIPANTS
from tests.outcomes.drafts import office, pdf, picture
from tests.outcomes.hostile import EICAR, NAMES, SCRIPT, SVG
from tests.shared.workbooks import LINKS, SHEET, STRINGS, changed, packed, replaced, workbook

HEADINGS = ("participant", "service", "area", "cohort", "referred_on", "started_on", "consented_on")
SOUND = workbook(HEADINGS, ["P-100", "WL-1", "EAL", "SUD", "2026-04-02", "2026-04-06", "2026-04-06"])
HEAD = ",".join(HEADINGS).encode() + b"\n"
ROW = b"P-100,WL-1,EAL,SUD,2026-04-02,2026-04-06,2026-04-06\n"
RUNNING = ("=1+1", "+1", "-1", "@SUM(1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")', "\uff1d1+1")
ENTITIES = (
    b'<!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    b'<!DOCTYPE t [<!ENTITY a SYSTEM "http://127.0.0.1:9/">]>',
    b'<!DOCTYPE t [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x.dtd"> %a;]>',
    b'<!DOCTYPE t [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    b"<!DOCTYPE html>",
)


@dataclass(frozen=True, slots=True)
class HostileTable:
    """A file under a name; it may bring in no row, or only rows that are judged like any other."""

    title: str
    name: str
    content: bytes


def hostile_tables() -> Iterator[HostileTable]:
    """Yield two hundred of them."""
    groups = {
        "bytes": _wild_bytes(),
        "encoding": _encodings(),
        "cut": (SOUND[: len(SOUND) * part // 20] for part in range(1, 20)),
        "flipped": _flipped(),
        "entities": _entities(),
        "bomb": _bombs(),
        "sheet": _sheets(),
        "container": _containers(),
        "cell": _cells(),
        "csv": _spoilt_csv(),
        "headings": _headings(),
    }
    for title, contents in groups.items():
        for number, content in enumerate(contents):
            yield HostileTable(f"{title} {number}", "people.xlsx", content)
    for number, name in enumerate((*NAMES, *(name.format("csv") + "\u202e" for name in NAMES[:12]))):
        row = ROW.replace(b"P-100", b"P-9%02d" % number)
        yield HostileTable(f"name {number}", name.format("csv"), HEAD + row)


def _wild_bytes() -> Iterator[bytes]:
    yield from (b"", b" ", b"\n\n\n", b"\0" * 1000, SVG, SCRIPT, EICAR, pdf(), picture(), office())
    yield from (
        b"GIF89a/*" + SCRIPT,
        b"MZ" + b"\0" * 200,
        b"\x7fELF" + b"\0" * 200,
        b"#!/bin/sh\ntouch run\n",
    )
    yield from (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500,
        b"PK",
        b"PK\x03\x04",
        b"PK\x05\x06" + b"\0" * 18,
    )
    yield from (SOUND + SCRIPT, SCRIPT + SOUND, pdf() + SOUND, SOUND + SOUND, b"{}", b"[]", b"<html></html>")


def _encodings() -> Iterator[bytes]:
    text = (HEAD + ROW.replace(b"P-100", "P-\u00e9\u20ac".encode())).decode()
    for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "utf-7", "cp037", "utf-8-sig"):
        yield text.encode(name, "replace")
    yield HEAD + b"P-\xff\xfe,WL-1,,,,,\n"
    yield HEAD + b"P-\xed\xa0\x80,WL-1,,,,,\n"  # half of a pair
    yield HEAD + b"P-\xc0\xaf,WL-1,,,,,\n"  # longer than it needs to be
    yield HEAD + ROW + b"\x1a"


def _flipped() -> Iterator[bytes]:
    for place in range(20, len(SOUND), len(SOUND) // 24):
        yield SOUND[:place] + bytes([SOUND[place] ^ 0xFF]) + SOUND[place + 1 :]


def _entities() -> Iterator[bytes]:
    parts = (SHEET, STRINGS, LINKS, "xl/workbook.xml", "[Content_Types].xml", "docProps/core.xml")
    for part, entity in itertools.product(parts, ENTITIES):
        yield changed(SOUND, part, lambda data, entity=entity: data.replace(b"?>", b"?>" + entity, 1))  # type: ignore[misc]


def _bombs() -> Iterator[bytes]:
    yield changed(SOUND, SHEET, lambda data: data + b" " * 60_000_000)
    yield changed(SOUND, STRINGS, lambda data: data.replace(b"P-100", b"A" * 30_000_000))
    yield packed(*((f"xl/{number}.xml", b"<a/>") for number in range(2_500)))
    yield packed(("xl/workbook.xml", b" " * 50_000_000))
    yield packed(("inner.zip", packed(("inner.zip", packed(("a", b"\0" * 1_000_000))))))
    yield HEAD + b'"' + b"A" * 200_000
    yield b"," * 100_000 + b"\n"
    yield HEAD + b"," * 1_000_000


def _sheets() -> Iterator[bytes]:
    for old, new in (
        (b'r="A2"', b'r="XFD1048576"'),
        (b'r="A2"', b'r="ZZZ9999999"'),
        (b'r="A2"', b'r="A-2"'),
        (b'r="A2"', b'r="A2" r="B9"'),
        (b'<row r="2"', b'<row r="1048576"'),
        (b'<row r="2"', b'<row r="99999999999"'),
        (b"</sheetData>", b""),
        (b"<sheetData>", b"<sheetData><sheetData>"),
        (b"<v>7</v>", b"<v>99999999</v>"),
        (b"<v>7</v>", b"<v>-1</v>"),
        (b"<v>7</v>", b"<v>NaN</v>"),
        (b't="s"', b't="e"'),
        (b't="s"', b't="zzz"'),
        (b"<v>7</v>", b"<f>SUM(1)</f>"),
    ):
        yield replaced(SOUND, SHEET, old, new)
    yield changed(SOUND, STRINGS, lambda data: data.replace(b"uniqueCount=", b'uniqueCount="4000000000" x='))


def _containers() -> Iterator[bytes]:
    for part in (SHEET, STRINGS, LINKS, "xl/workbook.xml", "[Content_Types].xml"):
        yield changed(SOUND, part, lambda _: None)
        yield changed(SOUND, part, lambda _: b"")
        yield changed(SOUND, part, lambda _: b"<not closed")
    yield replaced(SOUND, LINKS, b"worksheets/sheet1.xml", b"../../../etc/passwd")
    yield replaced(SOUND, LINKS, b"worksheets/sheet1.xml", b"http://127.0.0.1:9/sheet1.xml")
    out = io.BytesIO(SOUND)
    with zipfile.ZipFile(out, "a") as archive:
        for name in (
            "../../evil.sh",
            "/etc/evil.sh",
            "xl/vbaProject.bin",
            "xl/externalLinks/externalLink1.xml",
        ):
            archive.writestr(name, b"x")
    yield out.getvalue()


def _cells() -> Iterator[bytes]:
    for text in (
        *RUNNING,
        SCRIPT.decode(),
        "'; DROP TABLE participants_participant; --",
        "{{ 7 * 7 }}",
        "\u202eP",
    ):
        cell = '"' + text.replace('"', '""') + '"'
        yield HEAD + f"{cell},WL-1,{cell},,,,\n".encode()
        yield workbook(HEADINGS, [f" {text}", "WL-1", text, "", "", "", ""])


def _spoilt_csv() -> Iterator[bytes]:
    yield HEAD + b'"P-100,WL-1\n'
    yield HEAD + b'P-100,"WL"-1,,,,,\n'
    yield HEAD + ROW.replace(b"\n", b",,,,,x\n")
    yield HEAD + b"P-100\n"
    yield HEAD + b"P-100,WL-1,,,2026-02-30,,\n"
    yield HEAD + b"P-100,WL-1,,,2026-04-06T00:00,,\n"
    yield HEAD + b"P-100,WL-1,,,99999-01-01,,\n"
    yield HEAD + b"P-" + b"1" * 100_000 + b",WL-1,,,,,\n"
    yield HEAD + b"P-1\xe2\x80\x8b00,WL-1,,,,,\n"


def _headings() -> Iterator[bytes]:
    yield PARTICIPANTS.replace(b"participant,", b"participant,participant,", 1)
    yield PARTICIPANTS.replace(b"service", b"", 1)
    yield PARTICIPANTS.replace(b"service", SCRIPT, 1)
    yield PARTICIPANTS.replace(b"service", b"s" * 100_000, 1)
    yield PARTICIPANTS.replace(b"service", b"=1+1", 1)
    yield b"\n" * 1000 + b"participant\n" + b"\n" * 1000
    yield b",".join(b"c%d" % number for number in range(5_000)) + b"\nx\n"
