"""
A file that somebody hands in: what it holds decides what it is, and only a few kinds are taken.

Pictures come out anew, drawn from their points alone, so that nothing else that was in the file remains;
those of telephones (HEIC) come out as JPEG.
Other kinds are taken as they are or refused; none is opened by anything that runs what is inside.
"""

from __future__ import annotations

import email
import email.policy
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from PIL import Image, ImageOps

from mhep.shared import heif

MAX_BYTES = 10 * 1024 * 1024
MAX_SIDE = 12_000  # points
MAX_POINTS = 50_000_000
KEPT_SIDE = 4_000  # points: a page is still read at that
MAX_ENTRIES = 2_000
MAX_UNPACKED = 100 * 1024 * 1024
MAX_PARTS = 50
NAME_LENGTH = 80
TAKEN = "a PDF, a JPEG, PNG or HEIC picture, a Word (.docx) or Excel (.xlsx) file, or an e-mail (.eml)"
TOO_MANY_POINTS = "The picture has too many points. Take it again with a smaller size."
UNREADABLE_PICTURE = "The picture cannot be read. Take it again, or choose another one."

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_HEIC = tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"))
_PDF_ACTIVE = re.compile(rb"/(JavaScript|Launch|EmbeddedFile|RichMedia|XFA|SubmitForm|ImportData)")
_PDF_LOCKED = re.compile(rb"/Encrypt\b")
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:[ \t]")
_OFFICE_ACTIVE = re.compile(r"vbaproject|activex|oleobject|/embeddings/|macrosheets", re.IGNORECASE)
_NOT_IN_A_NAME = re.compile(r"[^\w \-()&+,']+")


class NotTaken(Exception):
    """A file is refused; the text says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that may be kept, what they are, and a name that is safe to show and to save under."""

    content: bytes
    content_type: str
    name: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """``content_type`` and ``kept_as``, an ending, are of what is kept; ``endings`` of what comes in."""

    content_type: str
    endings: tuple[str, ...]
    clean: Callable[[bytes], bytes]
    kept_as: str


def receive(content: bytes, name: str) -> Received:
    """
    Return a file as it may be kept.

    :raises NotTaken: if it is empty, too large, of another kind, spoilt, protected or holds what runs.
    """
    if not content:
        raise NotTaken("The file is empty. Choose another one.")
    if len(content) > MAX_BYTES:
        raise NotTaken("The file is larger than 10 MB. Take a smaller picture, or scan fewer pages at once.")
    kind = _kind_of(content)
    stem, ending = _split(name)
    if ending and ending not in kind.endings:
        raise NotTaken(
            f"The file ends in .{ending}, but holds something else. Save it again as what it is, "
            f"with the ending .{kind.endings[0]}."
        )
    return Received(kind.clean(content), kind.content_type, f"{stem}.{kind.kept_as}")


def _split(name: str) -> tuple[str, str]:
    """Return what is safe of a name's stem, and its ending in small letters; folders are cut off."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFKC", name))[-1]
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    stem, dot, ending = shown.rpartition(".")
    stem, ending = (stem, ending.strip().lower()) if dot else (ending, "")
    safe = _NOT_IN_A_NAME.sub("_", stem).strip(" _")[:NAME_LENGTH]
    return safe or "evidence", _NOT_IN_A_NAME.sub("_", ending)[:NAME_LENGTH]


def _kind_of(content: bytes) -> _Kind:
    if content.startswith(_JPEG):
        return _JPEG_PICTURE
    if content.startswith(_PNG):
        return _PNG_PICTURE
    if content.startswith(b"%PDF-"):
        return _PDF
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    if content[4:].startswith(_HEIC):
        return _HEIC_PICTURE
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise NotTaken(
            "This is an old or protected Office file. Save it as .docx or .xlsx without a password."
        )
    if _HEADER.match(content) and b"\0" not in content:
        return _EMAIL
    raise NotTaken(f"This kind of file is not taken. Choose {TAKEN}.")


def _picture(content: bytes, form: str) -> bytes:
    """Draw a picture anew, upright, from its points alone; a huge one is refused before it is unpacked."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", heif.FORM)) as picture:
            width, height = picture.size
            if max(width, height) > MAX_SIDE or width * height > MAX_POINTS:
                raise NotTaken(TOO_MANY_POINTS)
            picture.draft("RGB", (KEPT_SIDE, KEPT_SIDE))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((KEPT_SIDE, KEPT_SIDE))
            drawn = Image.new("RGB", upright.size, "white")
            solid = upright.convert("RGBA")
            drawn.paste(solid, mask=solid.getchannel("A"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotTaken(UNREADABLE_PICTURE) from None
    saved = io.BytesIO()
    drawn.save(saved, form, quality=88)
    return saved.getvalue()


def _telephone_picture(content: bytes) -> bytes:
    try:
        points = heif.read_points(content, most_side=MAX_SIDE, most_points=MAX_POINTS, kept_side=KEPT_SIDE)
    except heif.TooManyPoints:
        raise NotTaken(TOO_MANY_POINTS) from None
    except heif.Unreadable:
        raise NotTaken(UNREADABLE_PICTURE) from None
    return _picture(points, "JPEG")


def _pdf(content: bytes) -> bytes:
    end = content.rfind(b"%%EOF")
    if end < 0 or content[end + 5 :].strip(b"\r\n\t \0"):
        raise NotTaken("The PDF is cut off or has something behind its end. Save or scan it again.")
    if _PDF_LOCKED.search(content):
        raise NotTaken("The PDF is protected by a password. Save it without one.")
    if _PDF_ACTIVE.search(content):
        raise NotTaken("The PDF holds scripts, forms or other files. Print it to a new PDF and choose that.")
    return content


def _office(content: bytes) -> _Kind:
    """Tell a Word from an Excel file by what the archive lists, and refuse one that is a trap."""
    if content[-22:-18] != b"PK\x05\x06":
        raise NotTaken("The Office file is cut off or has something behind its end. Save it again.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = _checked(archive)
            fromstring(archive.read("[Content_Types].xml"), forbid_dtd=True)
    except NotTaken:
        raise
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, RuntimeError, NotImplementedError, OSError,
            EOFError, SyntaxError, DefusedXmlException):  # fmt: skip
        raise NotTaken(f"The file cannot be read. Choose {TAKEN}.") from None
    if "word/document.xml" in names:
        return _WORD
    if "xl/workbook.xml" in names:
        return _EXCEL
    raise NotTaken(f"Archives are not taken. Choose {TAKEN}.")


def _checked(archive: zipfile.ZipFile) -> set[str]:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise NotTaken("The Office file unpacks to too much. Save only the pages that prove something.")
    names = {entry.filename for entry in entries}
    if any(_leads_elsewhere(name) for name in names) or len(names) != len(entries):
        raise NotTaken("The Office file holds names that it should not. Save it again with Word or Excel.")
    if any(_OFFICE_ACTIVE.search(name) for name in names):
        raise NotTaken("The Office file holds macros or other files. Save it without them, or as a PDF.")
    if archive.testzip() is not None:
        raise NotTaken("The Office file is damaged. Save it again.")
    return names


def _leads_elsewhere(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or "\\" in name or ":" in name


def _message(content: bytes) -> bytes:
    """Take a message that has a sender and a date, and whose attachments would be taken by themselves."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    if not (message["From"] and message["Date"]):
        raise NotTaken(f"This kind of file is not taken. Choose {TAKEN}.")
    parts = list(message.walk())
    if len(parts) > MAX_PARTS:
        raise NotTaken("The e-mail has too many parts. Save what proves something as a PDF.")
    for part in parts:
        name = part.get_filename()
        if name or part.get_content_maintype() not in {"text", "multipart"}:
            inside = part.get_payload(decode=True)
            try:
                receive(inside if isinstance(inside, bytes) else b"", name or "part")
            except NotTaken as refusal:
                raise NotTaken(f"The e-mail has an attachment that is not taken. {refusal}") from None
    return content


def _as_it_is(content: bytes) -> bytes:
    return content


_OFFICE_TYPE = "application/vnd.openxmlformats-officedocument"
_JPEG_PICTURE = _Kind("image/jpeg", ("jpg", "jpeg"), lambda content: _picture(content, "JPEG"), "jpg")
_PNG_PICTURE = _Kind("image/png", ("png",), lambda content: _picture(content, "PNG"), "png")
_HEIC_PICTURE = _Kind("image/jpeg", ("heic", "heif"), _telephone_picture, "jpg")
_PDF = _Kind("application/pdf", ("pdf",), _pdf, "pdf")
_WORD = _Kind(f"{_OFFICE_TYPE}.wordprocessingml.document", ("docx",), _as_it_is, "docx")
_EXCEL = _Kind(f"{_OFFICE_TYPE}.spreadsheetml.sheet", ("xlsx",), _as_it_is, "xlsx")
_EMAIL = _Kind("message/rfc822", ("eml",), _message, "eml")
