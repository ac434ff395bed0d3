"""When two people may be one: the same name, however it is written, and the same birth date."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_NO_LETTER = re.compile(r"[^\w]+|_")


def plain_name(name: str) -> str:
    """Return a name without accents, capitals and hyphens: ``Zoë  O'Neil-Ali`` is ``zoe o neil ali``."""
    letters = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    return _NO_LETTER.sub(" ", letters.casefold()).strip()


def likeness_parts(name: str, born_on: date | None) -> tuple[str, str]:
    """Return what two records of one person have in common."""
    return plain_name(name), born_on.isoformat() if born_on else ""
