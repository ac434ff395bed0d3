"""What can be taken over from a file: its columns, the service that takes it, and what it may say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from funders.models import OutcomeType, Programme
from mhep.shared.columns import Column
from mhep.shared.import_report import ImportReport
from mhep.shared.tables import Row
from outcomes.enums import ImportKind
from outcomes.rules import columns as outcome_columns
from outcomes.services.imports import take_outcomes
from participants.rules import columns as participant_columns
from participants.rules.work import KINDS as WORK_KINDS
from participants.services.jobs import take_jobs
from participants.services.participants import services_of, take_participants
from participants.services.taking import Taking


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One thing that can be taken over.

    ``places`` say in which columns to look for what breaks a rule.
    """

    slug: ImportKind
    columns: tuple[Column, ...]
    providers_columns: tuple[Column, ...]
    take: Callable[[Sequence[Row], Taking], ImportReport]
    places: Mapping[str, tuple[str, ...]]

    @property
    def title(self) -> str:
        return str(self.slug.label)

    def columns_for(self, *, is_providers: bool) -> tuple[Column, ...]:
        """Return the columns that are asked of a provider, or of the operator."""
        return self.providers_columns if is_providers else self.columns


KINDS: Mapping[str, Kind] = {
    ImportKind.PARTICIPANTS.value: Kind(
        ImportKind.PARTICIPANTS,
        participant_columns.PARTICIPANTS,
        participant_columns.PARTICIPANTS,
        take_participants,
        participant_columns.PLACES,
    ),
    ImportKind.JOBS.value: Kind(
        ImportKind.JOBS,
        participant_columns.JOBS,
        participant_columns.JOBS,
        take_jobs,
        participant_columns.PLACES,
    ),
    ImportKind.OUTCOMES.value: Kind(
        ImportKind.OUTCOMES,
        outcome_columns.OUTCOMES,
        outcome_columns.CLAIMED,
        take_outcomes,
        outcome_columns.PLACES,
    ),
}


def allowed_values(
    kind: Kind, programme: Programme, providers: frozenset[int] | None
) -> dict[str, list[tuple[str, str]]]:
    """Return for each heading that takes codes those of the programme, each with what it stands for."""
    if kind.slug == ImportKind.JOBS:
        return {"kind": [(code, "") for code in WORK_KINDS]}
    if kind.slug == ImportKind.OUTCOMES:
        types = list(OutcomeType.objects.filter(programme=programme).order_by("position"))
        evidence = {code for each in types for code in _evidence(each)}
        return {
            "outcome": [(each.code, each.name) for each in types],
            "evidence": [(code, "") for code in sorted(evidence)],
        }
    services = services_of(programme, providers).order_by("code")
    return {
        "service": list(services.values_list("code", "name")),
        "area": list(programme.areas.order_by("code").values_list("code", "name")),
        "cohort": list(programme.cohorts.order_by("code").values_list("code", "name")),
    }


def _evidence(kind: OutcomeType) -> set[str]:
    sets = {code for each in kind.evidence_one_set_of for code in each}
    return {*kind.evidence_all_of, *kind.evidence_any_of, *sets}
