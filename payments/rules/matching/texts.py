"""What a bank's text says: numbers of documents, nearly numbers, words of names."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\b(INV|CRN|REM)[\s\-_/.#:]*(\d{1,9})\b", re.IGNORECASE)
_NEARLY = re.compile(r"\b[A-Z0-9]{2,4}[\s\-_/.#:]*\d[\dOIl]{3,8}\b|\b\d{5,8}\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
CHARGES = re.compile(r"\b(charge|charges|fee|fees|commission|gebyr|frais)\b", re.IGNORECASE)


def numbers_in(text: str) -> list[str]:
    """Return the numbers of documents that a text names in our form, each once, written as we write them."""
    return list(dict.fromkeys(f"{found[1].upper()}-{int(found[2]):06d}" for found in _NUMBER.finditer(text)))


def nearly_numbers(text: str) -> list[str]:
    return [bare(found[0]) for found in _NEARLY.finditer(text)]


def one_slip(written: str, meant: str) -> bool:
    """Tell whether one sign more, less, other or exchanged makes one of the other; a prefix may be absent."""
    shapes = {meant, meant[3:]} if written.isdigit() else {meant}
    return any(written == shape or _distance_is_one(written, shape) for shape in shapes)


def _distance_is_one(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    if len(one) == len(other):
        places = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        if len(places) == 1:
            return True
        first, *rest = places
        return rest == [first + 1] and one[first : first + 2] == other[first : first + 2][::-1]
    shorter, longer = sorted((one, other), key=len)
    return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))


def words_in(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def bare(text: str) -> str:
    return "".join(_WORD.findall(text.casefold()))
