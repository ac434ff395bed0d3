"""
Read and write programme files (spec: programme-file). Pure: no database, no clock.

``read_programme`` goes through a file in stages, each of which records every fault that it finds:
``syntax`` (one YAML document), ``shape`` (keys, types, defaults), ``references`` (codes) and
``consistency`` (what contradicts itself). ``cautions`` adds the warnings of a sound file.
Whether a change touches what is already invoiced needs the database and is judged elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from funders.rules.cautions import cautions
from funders.rules.consistency import check_consistency
from funders.rules.definition import ProgrammeDefinition
from funders.rules.dump import dump
from funders.rules.entries import Reading
from funders.rules.faults import TooMuch
from funders.rules.references import check_references
from funders.rules.shape import Draft, read_shape
from funders.rules.syntax import SyntaxFault, Value, parse
from mhep.kernel.problems import Problem


@dataclass(frozen=True, slots=True)
class ReadProgramme:
    """A programme, or what is wrong with its file. Warnings come only with a programme."""

    definition: ProgrammeDefinition | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def read_programme(content: bytes) -> ReadProgramme:
    """
    Return the programme that a file describes, or every problem in it, sorted by place.

    Any bytes may be given; what is wrong with them is returned, never raised.
    """
    try:
        root = parse(content)
    except SyntaxFault as fault:
        return ReadProgramme(None, (Problem(fault.place, "syntax", fault.message),))
    if not isinstance(root, dict):
        message = "The file must hold keys and their values; begin it with the key programme."
        return ReadProgramme(None, (Problem("", "bad_value", message),))
    return _read(root)


def write_programme(definition: ProgrammeDefinition) -> str:
    """Return the file of a programme as text; reading it gives the same definition back."""
    return dump(definition)


def _read(root: dict[str, Value]) -> ReadProgramme:
    reading = Reading()
    try:
        draft = _checked(root, reading)
    except TooMuch as reason:
        whole = Problem("", "bad_value", str(reason))
        return ReadProgramme(None, (whole, *(each for each in reading.faults.listed() if each.place)))
    problems = draft.faults.listed()
    if problems:
        return ReadProgramme(None, problems)
    return ReadProgramme(draft.definition, warnings=cautions(draft.definition))


def _checked(root: dict[str, Value], reading: Reading) -> Draft:
    draft = read_shape(root, reading)
    check_references(draft)
    check_consistency(draft)
    return draft
