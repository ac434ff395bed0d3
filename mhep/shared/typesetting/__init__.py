"""Typesetting: from a template and its data to an archivable, accessible PDF. Nothing else knows typst."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import typst

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_TEMPLATES = Path(__file__).parent
_FACES = ("SourceSansPro-Regular.ttf", "SourceSansPro-Semibold.ttf", "SourceSansPro-Bold.ttf")
_LOAD_EVERY_FACE = (
    b'#set text(font: "Source Sans Pro")\n'
    b'#text(weight: "regular")[a] #text(weight: "semibold")[a] #text(weight: "bold")[a]'
)

# Latin, Greek and Cyrillic letters, accents, punctuation, currency and a few signs. Left out on purpose,
# though some fonts have them: control characters, private use, and what hides or turns the direction.
_UNPRINTABLE = re.compile(
    "[^\u0020-\u007e\u00a0-\u036f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ff\u0400-\u04ff\u1e00-\u1eff"
    "\u2009\u2010-\u2027\u202f\u2030-\u203e\u20a0-\u20bf\u2116\u2122\u2190-\u2193\u2212\u2260\u2264\u2265\u2713\ufffd]"
)


class CannotTypeset(Exception):
    """The template refused its data, or asks for what the PDF standards forbid."""


def typeset(template: str, data: Mapping[str, object], *, einvoice: bytes | None = None) -> bytes:
    """
    Return ``data``, set in the ``template`` of that name beside this module, as PDF/A-3a and PDF/UA-1.

    The same data give the same bytes: the template takes its date from the data, and only the
    shipped fonts are used. The data are never read as markup, so every character comes out as
    itself; one that the fonts cannot print comes out as U+FFFD, because a strange name must not
    stop a document that is due.

    :param data: what the template names, in JSON's types.
    :param einvoice: the same document as XML in UTF-8, which the file carries inside, byte for byte.
    :raises FileNotFoundError: if there is no such template.
    :raises CannotTypeset: if the template lacks a key of the data or breaks a PDF standard.
    """
    source = (_TEMPLATES / f"{template}.typ").read_bytes()
    inputs = {"data": json.dumps(printable(data), ensure_ascii=False)}
    if einvoice is not None:
        inputs["einvoice"] = einvoice.decode()
    try:
        pdf = typst.compile(
            source,
            font_paths=_fonts(),
            sys_inputs=inputs,
            pdf_standards=["a-3a", "ua-1"],
        )
    except typst.TypstError as error:
        raise CannotTypeset(f"{template}: {error.message}") from error
    if not isinstance(pdf, bytes):
        raise CannotTypeset(f"{template}: a PDF is one file")
    return pdf


def printable(value: object) -> object:
    """
    Return ``value`` with every text in it, at any depth, composed (NFC) and fit to print.

    White space within a text becomes a single kind of space, any other character that the
    shipped fonts cannot print becomes U+FFFD. Keys are left alone: the template knows them.
    """
    if isinstance(value, str):
        composed = unicodedata.normalize("NFC", value)
        return _UNPRINTABLE.sub(REPLACEMENT, re.sub(r"[\t\n\r\f\v]", " ", composed))
    if isinstance(value, Mapping):
        return {key: printable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable(item) for item in value]
    return value


@cache
def _fonts() -> typst.Fonts:
    """
    Return the three faces in use and typst's own, and nothing of the system's.

    The wheel holds every face as OTF and as TTF and typst takes the first that it finds, so the
    result would depend on the order of a directory. Faces are read once, when first used: here.
    """
    with TemporaryDirectory(prefix="mhep-fonts-") as folder:
        for face in _FACES:
            Path(folder, face).write_bytes((files("font_source_sans_pro") / "files" / face).read_bytes())
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[folder])
        typst.compile(_LOAD_EVERY_FACE, font_paths=fonts)
    return fonts
