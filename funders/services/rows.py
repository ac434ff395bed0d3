"""Lists of a definition as rows: write what differs, remove what is gone."""

# ruff: noqa: SLF001 - Model._meta is public in spite of its name

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from funders.models import (
    Agreement,
    AgreementVersion,
    Area,
    Cohort,
    FixedFee,
    Funder,
    FunderMember,
    OutcomeType,
    ProgrammeProvider,
    Service,
    Term,
)
from mhep.kernel.problems import Problem

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Gone:
    """Rows of one list that the definition no longer has; ``place`` is where the list stands in the file."""

    place: str
    rows: Sequence[Model]


def merge(
    standing: QuerySet[M], key: tuple[str, ...], wanted: Sequence[M], *, apart_from: Collection[str] = ()
) -> list[M]:
    """
    Write ``wanted`` over ``standing``, matched by ``key``, and return the rows that nothing matched.

    Only rows that are new or differ are written, in one statement; afterwards every wanted row has
    its primary key. ``key`` is a unique constraint; what is ``apart_from`` stays as it stands.
    """
    names = [
        column.attname
        for column in standing.model._meta.concrete_fields
        if not column.primary_key and column.attname not in {*key, *apart_from}
    ]
    left = {_values(row, key): row for row in standing}
    written: list[M] = []
    for row in wanted:
        old = left.pop(_values(row, key), None)
        row.pk = old.pk if old else None
        if old is None or _values(old, names) != _values(row, names):
            written.append(row)
    standing.bulk_create(written, update_conflicts=True, unique_fields=key, update_fields=names)
    return list(left.values())


def _values(row: Model, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names)


def replace(standing: QuerySet[M], wanted: Sequence[M]) -> None:
    """Put ``wanted`` in the place of ``standing``: parts to which nothing else refers."""
    standing.delete()
    standing.bulk_create(wanted)


def in_use(gone: Gone) -> Iterator[Problem]:
    """Yield the problem of a list whose entries something outside this app refers to."""
    used: set[int] = set()
    for relation in type(gone.rows[0])._meta.related_objects if gone.rows else ():
        column = relation.field
        if column.model._meta.app_label != "funders":
            refers: QuerySet[Any] = QuerySet(column.model).filter(**{f"{column.name}__in": gone.rows})
            used.update(refers.order_by().values_list(column.attname, flat=True).distinct())
    if used:
        names = ", ".join(sorted(str(row) for row in gone.rows if row.pk in used))
        yield Problem(
            gone.place, "in_use", f"Put back what participants, outcomes or charges refer to: {names}."
        )


def remove(gone: Iterable[Gone]) -> None:
    """Delete rows to which nothing outside this app refers, with what belongs to them."""
    keys: dict[type[Model], list[int]] = {}
    for each in gone:
        for row in each.rows:
            keys.setdefault(type(row), []).append(row.pk)
    for part in (Term, FixedFee, AgreementVersion):
        QuerySet(part).filter(agreement__in=keys.get(Agreement, ())).delete()
    FunderMember.objects.filter(funder__in=keys.get(Funder, ())).delete()
    OutcomeType.objects.filter(pk__in=keys.get(OutcomeType, ())).update(requires=None)
    for model in (Term, FixedFee, Agreement, OutcomeType, Service, ProgrammeProvider, Area, Cohort, Funder):
        QuerySet(model).filter(pk__in=keys.get(model, ())).delete()
