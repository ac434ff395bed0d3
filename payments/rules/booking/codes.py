"""What the operator's own accounts call our accounts, VAT, funders and providers, from a day on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from payments.rules.vat import VatKind

ACCOUNT, VAT, FUNDER, PROVIDER = "ACCOUNT", "VAT", "FUNDER", "PROVIDER"
UNSTATED = "unstated"  # no VAT is due, and the agreement does not say why
MOVEMENT = "movement"  # money that moves, which is no supply
# What the accounts of others use, and no spreadsheet program runs.
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ()%.,&/_:+-]*")
LONGEST_CODE = 60


@dataclass(frozen=True, slots=True)
class Subject:
    """
    What a code is for: ``kind`` says which of the others names it.

    ``funder``, ``provider`` and ``outcome`` are keys; on a ledger account or VAT they narrow it down.
    """

    kind: str
    account: str = ""
    vat: str = ""
    funder: int | None = None
    provider: int | None = None
    outcome: int | None = None

    @property
    def widest(self) -> Subject:
        """The same without what narrows it down."""
        if self.kind in {FUNDER, PROVIDER}:
            return self
        return Subject(self.kind, account=self.account, vat=self.vat)


@dataclass(frozen=True, slots=True)
class Code:
    """What the subject is called from ``starts_on`` until the next code of the same subject begins."""

    subject: Subject
    starts_on: date
    code: str
    department: str = ""


def vat_name(kind: VatKind) -> str:
    """Return how codes name a way of taxing: ``standard 20``, ``exempt``."""
    if not kind.category:
        return UNSTATED
    return f"{kind.category} {kind.rate.normalize():f}" if kind.rate else kind.category


def code_fault(code: str) -> str:
    """Return why a text can be no code; empty if it can."""
    if len(code) > LONGEST_CODE or not _CODE.fullmatch(code):
        return (
            f"A code begins with a letter or a digit and has up to {LONGEST_CODE} letters, digits, "
            "blanks and signs such as - % ( ) /"
        )
    return ""


class CodeBook:
    """Codes to look up; what has none is noted in ``missing`` with the earliest day that needs it."""

    def __init__(self, codes: Iterable[Code]) -> None:
        self._codes: dict[Subject, list[Code]] = {}
        for code in sorted(codes, key=lambda each: each.starts_on, reverse=True):
            self._codes.setdefault(code.subject, []).append(code)
        self.missing: dict[Subject, date] = {}

    def find(self, subject: Subject, day: date) -> Code | None:
        """
        Return the code of a subject on a day.

        That of its funder or provider and outcome goes before that of its funder or provider, then that of
        its outcome, then that of all.
        """
        for candidate in _from_narrowest(subject):
            for code in self._codes.get(candidate, ()):
                if code.starts_on <= day:
                    return code
        return None

    def of(self, subject: Subject, day: date) -> Code:
        """Return the code of a subject on a day; one that is missing is noted, and an empty one returned."""
        found = self.find(subject, day)
        if found is None:
            widest = subject.widest
            self.missing[widest] = min(day, self.missing.get(widest, day))
            return Code(widest, day, "")
        return found


def _from_narrowest(subject: Subject) -> Iterator[Subject]:
    yield subject
    if subject.kind in {FUNDER, PROVIDER}:
        return
    if subject.outcome is not None:
        yield replace(subject, outcome=None)
        yield Subject(subject.kind, subject.account, subject.vat, outcome=subject.outcome)
    yield subject.widest
