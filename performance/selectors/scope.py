"""Of whom and of what figures are: a programme, or what of it somebody may see and has chosen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from django.db.models import Q

from accounts.models import User
from funders.access import is_operators
from funders.enums import Direction
from funders.models import Agreement, Area, Cohort, Funder, FunderMember, Programme, Service, Term
from providers.models import InvestorMember, ProviderMember

Named = TypeVar("Named", Funder, Service, Area, Cohort)
Place = TypeVar("Place", Area, Cohort)


Keys = frozenset[int] | None  # those to which something is limited; None for all


@dataclass(frozen=True, slots=True)
class Places:
    """What may be chosen among."""

    services: Keys = None
    areas: Keys = None
    cohorts: Keys = None


@dataclass(frozen=True, slots=True)
class Scope:
    """
    Whose figures are shown. ``funder``, ``service``, ``area`` and ``cohort`` are what was chosen.

    ``areas``, ``cohorts`` and ``services`` are the keys to which figures are limited, None for all of them;
    ``agreements`` are those whose money is shown. ``is_whole`` says that no place was chosen: then fees,
    which belong to none, are in the amounts. ``sees_practice`` are those who deliver or run it. ``offered``
    is what may be chosen among.
    """

    programme: Programme
    agreements: tuple[Agreement, ...]
    funders: tuple[Funder, ...] = ()
    may_choose: bool = True
    shows_money: bool = True
    sees_practice: bool = False
    funder: Funder | None = None
    service: Service | None = None
    area: Area | None = None
    cohort: Cohort | None = None
    areas: Keys = None
    cohorts: Keys = None
    services: Keys = None
    offered: Places = Places()

    @property
    def is_whole(self) -> bool:
        return self.service is None and self.area is None and self.cohort is None

    @property
    def name(self) -> str:
        """Whose figures they are, in words."""
        chosen = [self.funder, self.service, self.area, self.cohort]
        return ", ".join(each.name for each in chosen if each is not None) or self.programme.name

    @property
    def query(self) -> dict[str, str]:
        """What was chosen, as an address says it."""
        chosen = {"funder": self.funder, "service": self.service, "area": self.area, "cohort": self.cohort}
        return {name: each.code for name, each in chosen.items() if each is not None}

    def places(self) -> Q:
        """Return the condition for facts about people and outcomes, the services left open."""
        limits = {"area__in": self.areas, "cohort__in": self.cohorts}
        return Q(**{name: keys for name, keys in limits.items() if keys is not None})

    def holds(self, service: int | None) -> bool:
        """Tell whether what belongs to a service is in the figures; a fee belongs to none."""
        if service is None:
            return self.is_whole
        return self.services is None or service in self.services


def scope_for(user: User, programme: Programme) -> Scope:
    """
    Return all that somebody may see of a programme.

    The operator sees everything, a funder what its agreements cover and its own money, a provider its own
    services without money, an investor the whole and no part of it.
    """
    agreements = _agreements(programme)
    if is_operators(user, programme):
        funders = tuple(programme.funders.all())
        return Scope(programme, agreements, funders, sees_practice=True)
    own = tuple(
        Funder.objects.filter(programme=programme, members__in=FunderMember.objects.of(user)).distinct()
    )
    if own:
        scope = Scope(programme, agreements, funders=own)
        return _of_funder(scope, own[0]) if len(own) == 1 else _covered(scope, own)
    services = programme.services.filter(provider__members__in=ProviderMember.objects.of(user))
    keys = frozenset(services.values_list("pk", flat=True))
    if keys:
        return Scope(programme, (), shows_money=False, sees_practice=True, services=keys)
    lent = programme.operator.investors.filter(members__in=InvestorMember.objects.of(user))
    return Scope(programme, agreements if lent.exists() else (), may_choose=False, shows_money=lent.exists())


def scope_of_programme(programme: Programme) -> Scope:
    """Return all of a programme, as its operator sees it."""
    return Scope(programme, _agreements(programme), funders=tuple(programme.funders.all()))


def scope_of_funder(funder: Funder) -> Scope:
    """Return what a funder sees of its programme, whoever reads it."""
    return _of_funder(Scope(funder.programme, _agreements(funder.programme), funders=(funder,)), funder)


class UnknownChoice(LookupError):
    """A filter names what is not there, or not to be seen."""


def chosen(scope: Scope, wanted: Mapping[str, str]) -> Scope:
    """
    Return the scope with the filters of an address: ``funder``, ``service``, ``area`` and ``cohort`` by code.

    :raises UnknownChoice: for a code that is not there or not to be seen.
    """
    codes = {name: wanted.get(name, "") for name in ("funder", "service", "area", "cohort")}
    if any(codes.values()) and not scope.may_choose:
        raise UnknownChoice
    if codes["funder"]:
        scope = _of_funder(scope, _found(scope.funders, codes["funder"]))
    offered = Places(scope.services, scope.areas, scope.cohorts)
    return _placed(replace(scope, offered=offered), codes)


def _placed(scope: Scope, codes: Mapping[str, str]) -> Scope:
    programme = scope.programme
    if codes["service"]:
        service = _found(
            (each for each in programme.services.all() if scope.holds(each.pk)), codes["service"]
        )
        scope = replace(scope, service=service, services=frozenset({service.pk}))
    if codes["area"]:
        area = _found(_allowed(programme.areas.all(), scope.areas), codes["area"])
        scope = replace(scope, area=area, areas=frozenset({area.pk}))
    if codes["cohort"]:
        cohort = _found(_allowed(programme.cohorts.all(), scope.cohorts), codes["cohort"])
        scope = replace(scope, cohort=cohort, cohorts=frozenset({cohort.pk}))
    return scope


def _found(rows: Iterable[Named], code: str) -> Named:
    for row in rows:
        if row.code == code:
            return row
    raise UnknownChoice


def _allowed(rows: Iterable[Place], keys: Collection[int] | None) -> list[Place]:
    return [row for row in rows if keys is None or row.pk in keys]


def _of_funder(scope: Scope, funder: Funder) -> Scope:
    return replace(_covered(scope, (funder,)), funder=funder)


def _covered(scope: Scope, funders: Collection[Funder]) -> Scope:
    """Limit a scope to what agreements with these funders cover: a term that names no place covers all."""
    keys = {funder.pk for funder in funders}
    agreements = tuple(each for each in scope.agreements if each.funder_id in keys)
    terms = list(Term.objects.filter(agreement__in=agreements))
    programme = scope.programme
    return replace(
        scope,
        agreements=agreements,
        areas=_keys(programme.areas.all(), [term.areas for term in terms]),
        cohorts=_keys(programme.cohorts.all(), [term.cohorts for term in terms]),
        services=_keys(programme.services.all(), [term.services for term in terms]),
    )


def _keys(rows: Iterable[Area | Cohort | Service], named: list[list[str]]) -> Keys:
    if not all(named):
        return None
    codes = {code for each in named for code in each}
    return frozenset(row.pk for row in rows if row.code in codes)


def _agreements(programme: Programme) -> tuple[Agreement, ...]:
    rows = programme.agreements.filter(direction=Direction.RECEIVABLE)
    return tuple(rows.select_related("funder").prefetch_related("year_caps"))
