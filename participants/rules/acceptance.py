"""Which rows of a participants file are taken over, and why the others are not (spec: outcome-rules)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from mhep.shared.cells import listed, read_day, read_text
from mhep.shared.tables import Rejection, Row

HEADINGS = ("participant", "service", "area", "cohort", "referred_on", "started_on", "consented_on")


@dataclass(frozen=True, slots=True)
class ParticipantRecord:
    """What a row says about a participant; an absent area or cohort is an empty text."""

    reference: str
    service: str
    area: str = ""
    cohort: str = ""
    referred_on: date | None = None
    started_on: date | None = None
    consented_on: date | None = None


@dataclass(frozen=True, slots=True)
class ServiceScope:
    """Whom a service serves, as codes; an empty collection means everyone."""

    areas: Collection[str] = ()
    cohorts: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class ProgrammeScope:
    """The codes that a participant may name."""

    services: Mapping[str, ServiceScope]
    areas: Collection[str] = ()
    cohorts: Collection[str] = ()


@dataclass(slots=True)
class ParticipantJudgement:
    """
    What becomes of each row of a file.

    ``accepted`` is in the order of the file, ``unchanged`` counts the rows that say what is
    known already, ``rejections`` are by row and then in the order of the rules.
    """

    accepted: list[ParticipantRecord] = field(default_factory=list)
    unchanged: int = 0
    rejections: list[Rejection] = field(default_factory=list)


def judge_participants(
    rows: Iterable[Row],
    *,
    scope: ProgrammeScope,
    stored: Mapping[str, ParticipantRecord],
    taken: Collection[str] = (),
) -> ParticipantJudgement:
    """
    Judge rows whose cells stand in the order of ``HEADINGS``.

    ``bad_value`` and ``duplicate_participant`` end the judging of a row; of the other codes
    all that apply are reported. A reference counts as seen from its first readable row on,
    whatever became of that row: a later row with the same content says nothing new if the
    first was taken, and breaks the same rules if it was not.

    :param stored: what is known already, by reference; at least the references of the file.
    :param taken: references that stand for people of whom the sender may learn nothing.
    """
    judgement = ParticipantJudgement()
    seen: dict[str, ParticipantRecord] = {}
    for row in rows:
        record, faults = read_participant(row)
        if record is not None and record.reference in taken:
            faults = [_taken(record.reference)]
        elif record is not None:
            known = stored.get(record.reference)
            earlier = known or seen.setdefault(record.reference, record)
            faults = _compared(record, earlier)
            if known is None and not faults:
                faults = list(judge_record(record, scope))
            if earlier is record and not faults:
                judgement.accepted.append(record)
            elif not faults:
                judgement.unchanged += 1
        judgement.rejections += [Rejection(row.number, row.cells[0], code, text) for code, text in faults]
    return judgement


def read_participant(row: Row) -> tuple[ParticipantRecord | None, list[tuple[str, str]]]:
    """Return what the row says, or nothing and one ``bad_value`` that names every unreadable cell."""
    problems = [row.fault] if row.fault else []
    values: list[object] = []
    for heading, cell in zip(HEADINGS, row.cells, strict=True):
        try:
            values.append(_READERS[heading](cell))
        except ValueError as error:
            problems.append(f"{heading}: {error}")
    problems += [
        f"{heading} is absent" for heading, cell in zip(HEADINGS[:2], row.cells, strict=False) if not cell
    ]
    if problems:
        return None, [("bad_value", f"{'; '.join(problems)}.")]
    return ParticipantRecord(*values), []  # type: ignore[arg-type] # the readers stand in the order of the fields


def judge_record(record: ParticipantRecord, scope: ProgrammeScope) -> Iterable[tuple[str, str]]:
    """Yield code and message of every rule that a participant breaks, the stored ones left aside."""
    service = scope.services.get(record.service)
    if service is None:
        yield (
            "unknown_service",
            f"The programme has no service {record.service}. Correct the code, or add it to the programme.",
        )
    yield from _placed("area", record.area, scope.areas, record.service, service.areas if service else ())
    yield from _placed(
        "cohort", record.cohort, scope.cohorts, record.service, service.cohorts if service else ()
    )
    if record.started_on and record.referred_on and record.started_on < record.referred_on:
        yield (
            "start_before_referral",
            f"The start on {record.started_on} is before the referral on {record.referred_on}. Correct one.",
        )


def _placed(
    kind: str, code: str, known: Collection[str], service: str, served: Collection[str]
) -> Iterable[tuple[str, str]]:
    if not code:
        return
    if code not in known:
        yield (
            f"unknown_{kind}",
            f"The programme has no {kind} {code}. Correct the code, or add it to the programme.",
        )
    elif served and code not in served:
        yield (
            f"{kind}_not_served",
            f"Service {service} serves {listed(served)}, not {kind} {code}. Correct one of them.",
        )


def _compared(record: ParticipantRecord, earlier: ParticipantRecord) -> list[tuple[str, str]]:
    different = [
        heading
        for heading, name in zip(HEADINGS, ParticipantRecord.__slots__, strict=True)
        if getattr(record, name) != getattr(earlier, name)
    ]
    if not different:
        return []
    message = (
        f"Participant {record.reference} is known already with another {listed(different)}. Leave the "
        "row out; dates are filled in and consent is withdrawn on the participant's page."
    )
    return [("duplicate_participant", message)]


def _taken(reference: str) -> tuple[str, str]:
    message = f"The reference {reference} is taken already in this programme. Give the person another one."
    return "duplicate_participant", message


_READERS: dict[str, Callable[[str], object]] = {
    "participant": read_text,
    "service": read_text,
    "area": read_text,
    "cohort": read_text,
    "referred_on": read_day,
    "started_on": read_day,
    "consented_on": read_day,
}
