"""Two hundred files that nobody should have to open, each with its name, and whether it may be kept."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.outcomes.drafts import letter, office, pdf, picture, telephone_picture

SCRIPT = b"<script>document.title='run'</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

NAMES = (
    "../../../../etc/cron.d/{}",
    "..\\..\\..\\windows\\system32\\{}",
    "/etc/passwd/{}",
    "C:\\Users\\Public\\{}",
    "\\\\server\\share\\{}",
    "....//....//{}",
    "%2e%2e%2f%2e%2e%2f{}",
    "..%c0%af..%c0%af.{}",
    ".htaccess.{}",
    "web.config.{}",
    "payslip.php.{}",
    "payslip.exe.{}",
    "payslip.html;.{}",
    "payslip\u202egpj.{}",
    "pay\u2066slip\u2069.{}",
    "pay\u200bslip.{}",
    "payslip\x00.php.{}",
    'payslip"; filename="evil.html".{}',
    "payslip\r\nSet-Cookie: a=b.{}",
    "payslip\r\n\r\n<script>.{}",
    "<script>alert(1)</script>.{}",
    '"><img src=x onerror=alert(1)>.{}',
    "'; DROP TABLE outcomes_evidencefile; --.{}",
    "$(touch /tmp/run).{}",
    "`touch /tmp/run`.{}",
    "|touch run.{}",
    "{{{{ 7 * 7 }}}}.{}",
    "{{% debug %}}.{}",
    "CON.{}",
    "NUL.{}",
    "file:///etc/passwd#.{}",
    "javascript:alert(1)//.{}",
    "=HYPERLINK(1).{}",
    "-rf.{}",
    "~root.{}",
    "\ufeffpayslip.{}",
    "\uff0e\uff0e\uff0fpayslip.{}",
    "a" * 240 + ".{}",
    " .{}",
    ".{}",
)

# A sound file of each kind, a different one for each number.
SOUND: dict[str, Callable[[int], bytes]] = {
    "pdf": lambda number: pdf(b"%d" % number),
    "jpg": lambda number: picture(size=(8 + number, 8)),
    "docx": lambda number: office({f"word/{number}.xml": b"<p/>"}),
}


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file, and whether it may be kept, in a form that does no harm."""

    title: str
    name: str
    content: bytes
    may_stay: bool = False


def hostile_files() -> Iterator[Hostile]:
    """Yield two hundred of them: sound bytes under wild names, then wild bytes under sound names."""
    for ending, sound in SOUND.items():
        for number, name in enumerate(NAMES):
            content = sound(number)
            yield Hostile(f"{ending} as {name!r}", name.format(ending), content, may_stay=True)
        for wrong in ("exe", "html", "svg", "php", "js", "hta", "pdf.lnk"):
            yield Hostile(f"{ending} ending in {wrong}", f"payslip.{wrong}", sound(0))
    in_mail = (EICAR, SCRIPT, office({"word/vbaProject.bin": b""}))
    traps = {
        "photo.jpg": _wild_bytes(),
        "payslip.pdf": (*_wild_bytes(), *_pdf_traps()),
        "payslip.docx": _office_traps(),
        "payslip.png": _picture_traps(),
        "IMG_0001.heic": _telephone_traps(),
        "mail.eml": (letter(content) for content in in_mail),
    }
    for name, contents in traps.items():
        for number, content in enumerate(contents):
            yield Hostile(f"{name} {number}", name, content)
    for number, content in enumerate(_polyglots()):
        yield Hostile(f"picture and more {number}", "payslip.jpg", content, may_stay=True)
    yield Hostile("telephone's picture and more", "IMG_0001.heic", telephone_picture() + EICAR, may_stay=True)


def _wild_bytes() -> tuple[bytes, ...]:
    return (
        b"",
        b" ",
        b"\0" * 1000,
        SVG,
        b'<?xml version="1.0"?>' + SVG,
        SCRIPT,
        b"<!DOCTYPE html>" + SCRIPT,
        b"GIF89a/*" + SCRIPT,
        b"BM" + SCRIPT,
        b"MZ" + b"\0" * 200,
        b"\x7fELF" + b"\0" * 200,
        b"#!/bin/sh\ntouch run\n",
        b"<?php system('id'); ?>",
        b"%!PS-Adobe-3.0\n(run) run",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500,
        b"Rar!\x1a\x07\x00" + b"\0" * 50,
        b"7z\xbc\xaf\x27\x1c" + b"\0" * 50,
        b"\x1f\x8b\x08" + zlib.compress(b"\0" * 1000),
        SCRIPT + pdf(),
        b"\0\0\0\x18ftypheic" + b"\0" * 100,
        EICAR,
        b"RIFF\0\0\0\0WEBPVP8 ",
        b"{\\rtf1 {\\object}}",
    )


def _office_traps() -> Iterator[bytes]:
    for name in (
        "../../../evil.sh",
        "/etc/evil.sh",
        "..\\evil.exe",
        "C:/evil.exe",
        "word/vbaProject.bin",
        "word/activeX/activeX1.xml",
        "word/embeddings/oleObject1.bin",
        "xl/macrosheets/sheet1.xml",
    ):
        yield office({name: b"x"})
    yield _archive({"[Content_Types].xml": b"<Types/>", "evil/other.xml": b"x"})
    yield office() + SCRIPT
    yield SCRIPT + office()
    yield office()[:-30]
    yield office({"word/big.xml": b"\0" * (101 * 1024 * 1024)})
    yield office({f"word/{number}.xml": b"" for number in range(2_001)})
    yield _archive({"evil.txt": EICAR})
    entity = b'<!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/passwd">]><Types>&a;</Types>'
    yield _archive({"[Content_Types].xml": entity, "word/document.xml": b"<d/>"})
    yield _archive({"[Content_Types].xml": b"<not closed", "word/document.xml": b"<d/>"})


def _pdf_traps() -> tuple[bytes, ...]:
    return (
        pdf(b"<< /S /JavaScript /JS (app.alert(1)) >>"),
        pdf(b"<< /S /Launch /F (cmd.exe) >>"),
        pdf(b"<< /Type /EmbeddedFile >>"),
        pdf(b"<< /EmbeddedFiles 3 0 R >>"),
        pdf(b"<< /Subtype /RichMedia >>"),
        pdf(b"<< /XFA 4 0 R >>"),
        pdf(b"<< /S /SubmitForm >>"),
        pdf(b"<< /Encrypt 5 0 R >>"),
        pdf() + SCRIPT,
        pdf() + office(),
        b"%PDF-1.7\n" + SCRIPT,
    )


def _picture_traps() -> tuple[bytes, ...]:
    return (
        _claimed_size(30_000, 30_000),
        _claimed_size(2**31 - 1, 1),
        _claimed_size(12_001, 1),
        _claimed_size(0, 0),
        picture("PNG", (8, 8))[:40],
        b"\x89PNG\r\n\x1a\n" + SCRIPT,
        b"\xff\xd8\xff" + SCRIPT,
        b"\xff\xd8\xff\xe0" + b"\0" * 4000,
    )


def _telephone_traps() -> tuple[bytes, ...]:
    photo = telephone_picture()
    return (
        photo[:300],
        photo.replace(b"\0\0\0`\0\0\0@", b"\0\0u0\0\0u0"),
        photo.replace(b"\0\x02\0\0Exif", b"\0\x02\0\0\xffxif"),
    )


def _polyglots() -> tuple[bytes, ...]:
    photo = picture(size=(8, 8))
    return (
        photo + SCRIPT,
        photo + SVG,
        photo + office(),
        photo + pdf(),
        photo + EICAR,
        photo + b"<?php system('id'); ?>",
        picture(size=(8, 8), comment=SCRIPT),
        picture(size=(8, 8), exif=b"Exif\0\0" + SCRIPT),
    )


def _archive(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def _claimed_size(width: int, height: int) -> bytes:
    """Return a small PNG that says it has so many points."""
    head = b"IHDR" + struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"\0" * 1000)
    chunks = (head, body, b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack("!I", len(chunk) - 4) + chunk + struct.pack("!I", zlib.crc32(chunk)) for chunk in chunks
    )
