"""Loading a programme file: a contract comes to exist, or changes without touching what was invoiced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from funders.models import Programme
from funders.rules.definition import ProgrammeDefinition
from funders.rules.programme_file import read_programme
from funders.selectors import definition_of
from funders.services import CannotStoreProgramme, store_programme
from mhep.kernel import periods
from mhep.kernel.problems import BusinessRuleError, Problem
from outcomes.models import OutcomeEvent
from payments.enums import MonthState
from payments.models import Charge, Month, TermStanding
from payments.rules.contract_change import agreements_to_look_at, already_invoiced
from payments.selectors.documented import documented


class CannotLoadProgramme(BusinessRuleError):
    """The file was refused and nothing of it stored; ``problems`` say where and how to mend it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class LoadedProgramme:
    """A stored programme; ``changed`` is false where the file says what stood already."""

    programme: Programme
    warnings: tuple[Problem, ...]
    changed: bool


@transaction.atomic
def load_programme(content: bytes, *, actor: User | None, at: datetime) -> LoadedProgramme:
    """
    Store the programme that a file describes, all of it or nothing.

    A change drops the draft of the open month, so that the month is priced again by what now
    holds. A file that says what stands already writes nothing.

    :raises CannotLoadProgramme: if the file is at fault, an entry in use is gone from it, or it
        would alter an amount on an issued document.
    """
    read = read_programme(content)
    if read.definition is None:
        raise CannotLoadProgramme(read.problems)
    standing = Programme.objects.select_for_update().filter(code=read.definition.code).first()
    if standing is not None:
        before = definition_of(standing)
        if before == read.definition:
            return LoadedProgramme(standing, read.warnings, changed=False)
        _refuse_altering(standing, before, read.definition)
        _refuse_passing_events(standing, read.definition)
        _drop_draft(standing)
    programme = _store(read.definition, at)
    action = "programme.created" if standing is None else "programme.changed"
    record(actor=actor, action=action, subject=programme.code, at=at)
    return LoadedProgramme(programme, read.warnings, changed=True)


def _refuse_altering(programme: Programme, before: ProgrammeDefinition, now: ProgrammeDefinition) -> None:
    papers = documented(programme, agreements_to_look_at(before, now))
    problems = already_invoiced(before, now, papers)
    if problems:
        raise CannotLoadProgramme(problems)


def _refuse_passing_events(programme: Programme, now: ProgrammeDefinition) -> None:
    """With a later start, the verified events of the months before it would never be priced."""
    nothing_is_closed = programme.first_open_month == periods.Month.of(programme.starts_on)
    first = periods.Month.of(now.starts_on)
    passed = OutcomeEvent.objects.filter(programme=programme, falls_in__lt=first.first_day)
    if nothing_is_closed and passed.exists():
        message = f"Verified events fall in months before {first}. Put {programme.starts_on} back."
        raise CannotLoadProgramme([Problem("programme.starts_on", "in_use", message)])


def _drop_draft(programme: Programme) -> None:
    """
    Delete what was priced by the old terms and is not closed, with standings that say nothing.

    Neither is anything that another row depends on, which a guard of the database makes sure of;
    the general deletion would look for such rows in the whole history.
    """
    drafts = Month.objects.filter(programme=programme, state=MonthState.PRICED)
    Charge.objects.filter(agreement__programme=programme, month__in=drafts)._raw_delete("default")  # noqa: SLF001
    drafts._raw_delete("default")  # noqa: SLF001
    TermStanding.objects.filter(term__agreement__programme=programme, places=0, net_minor=0).delete()


def _store(definition: ProgrammeDefinition, at: datetime) -> Programme:
    try:
        return store_programme(definition, at=at)
    except CannotStoreProgramme as refusal:
        raise CannotLoadProgramme(refusal.problems) from refusal
