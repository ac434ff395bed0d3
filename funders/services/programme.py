"""Storing a programme's definition (spec: programme-file)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from audit.services import record
from funders.models import (
    Area,
    Cohort,
    FidelityReview,
    Funder,
    OutcomeType,
    Programme,
    ProgrammeProvider,
    Service,
    Sustainment,
    Tariff,
)
from funders.rules.definition import (
    OutcomeTypeDefinition,
    ProgrammeDefinition,
)
from funders.selectors import definition_of
from funders.services.agreements import AgreementsOf, Parties
from funders.services.invoicing import store_buyers
from funders.services.rows import Gone, in_use, merge, remove, replace
from mhep.kernel.periods import Month
from mhep.kernel.problems import BusinessRuleError, Problem
from providers.models import Operator, Provider


class CannotStoreProgramme(BusinessRuleError):
    """What is gone from the definition is in use; nothing was stored. ``problems`` say where."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@transaction.atomic
def set_closing_by_itself(*, programme_id: int, by_itself: bool, actor: User | None, at: datetime) -> None:
    """Say whether the hourly job prices and closes each month of the programme once it has ended."""
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme_id)
    if programme.closes_by_itself != by_itself:
        programme.closes_by_itself = by_itself
        programme.save(update_fields=["closes_by_itself"])
        action = "programme.closes_by_itself" if by_itself else "programme.closed_by_people"
        record(actor=actor, action=action, subject=programme.code, at=at)


@transaction.atomic
def store_programme(definition: ProgrammeDefinition, *, at: datetime) -> Programme:
    """
    Create the programme with this code, or make the one that exists equal to ``definition``.

    ``definition`` is consistent, as reading a programme file makes sure. Entries are matched by
    code or ref. The programme's row stays locked until the transaction ends. Every agreement that
    is new or differs from before gets its next version, recorded at ``at``; an equal definition
    writes nothing. Where anything that pricing looks at changed, ``terms_changed`` is set, so that
    pricing looks at earlier events again.

    :raises CannotStoreProgramme: code ``in_use``: an entry that is gone is still referred to, or
        the programme would start on another day although a month is closed.
    """
    programme, is_new = Programme.objects.get_or_create(
        code=definition.code, defaults=_first_fields(definition)
    )
    programme = (
        Programme.objects.select_for_update(of=("self",)).select_related("operator").get(pk=programme.pk)
    )
    before = _nothing(definition) if is_new else definition_of(programme)
    if before != definition:
        _Storing(programme, before, definition, at).run(is_new=is_new)
    return programme


def _first_fields(definition: ProgrammeDefinition) -> dict[str, Any]:
    operator, _ = Operator.objects.get_or_create(
        code=definition.operator.code, defaults={"name": definition.operator.name}
    )
    return {
        "operator": operator,
        "name": definition.name,
        "currency": definition.currency,
        "starts_on": definition.starts_on,
        "ends_on": definition.ends_on,
        "open_month": Month.of(definition.starts_on).first_day,
    }


def _nothing(definition: ProgrammeDefinition) -> ProgrammeDefinition:
    """Return the definition of a programme that holds no entry yet."""
    return ProgrammeDefinition(
        definition.code,
        definition.name,
        definition.currency,
        definition.starts_on,
        definition.ends_on,
        definition.operator,
    )


def _priced_by(definition: ProgrammeDefinition) -> tuple[object, ...]:
    """Return what pricing looks at."""
    return (
        definition.financial_year_starts,
        definition.services,
        definition.outcomes,
        definition.agreements,
        definition.provider_contracts,
    )


class _Storing:
    """One definition on its way into the tables: first what is there, then what is gone."""

    def __init__(
        self, programme: Programme, before: ProgrammeDefinition, now: ProgrammeDefinition, at: datetime
    ) -> None:
        self.programme = programme
        self.before = before
        self.now = now
        self.at = at
        self.gone: list[Gone] = []

    def run(self, *, is_new: bool) -> None:
        self._check_start()
        self._store_programme(look_again=not is_new and _priced_by(self.before) != _priced_by(self.now))
        self._store_areas_and_cohorts()
        providers = self._store_providers()
        self._store_services(providers)
        parties = Parties(self._store_funders(), providers, self._store_outcomes())
        agreements = AgreementsOf(self.programme, self.before, self.now)
        agreements.store(parties, at=self.at)
        self._remove([*agreements.gone, *self.gone])

    def _remove(self, gone: Sequence[Gone]) -> None:
        problems = sorted(problem for each in gone for problem in in_use(each))
        if problems:
            raise CannotStoreProgramme(problems)
        remove(gone)

    def _check_start(self) -> None:
        day = self.programme.starts_on
        is_closed = self.programme.open_month != Month.of(day).first_day
        if is_closed and day != self.now.starts_on:
            message = f"Months of this programme are closed, so it has to keep its first day. Put {day} back."
            raise CannotStoreProgramme([Problem("programme.starts_on", "in_use", message)])

    def _store_programme(self, *, look_again: bool) -> None:
        programme, now = self.programme, self.now
        programme.operator, _ = Operator.objects.update_or_create(
            code=now.operator.code, defaults={"name": now.operator.name}
        )
        if programme.starts_on != now.starts_on:
            programme.open_month = Month.of(now.starts_on).first_day
        programme.name = now.name
        programme.currency = now.currency
        programme.starts_on = now.starts_on
        programme.ends_on = now.ends_on
        programme.financial_year_starts = str(now.financial_year_starts)
        programme.timezone = now.timezone
        programme.language = now.language
        programme.terms_changed = programme.terms_changed or look_again
        programme.save()

    def _store_areas_and_cohorts(self) -> None:
        programme = self.programme
        areas = [
            Area(programme=programme, code=area.code, name=area.name, position=position)
            for position, area in enumerate(self.now.areas)
        ]
        cohorts = [
            Cohort(programme=programme, code=cohort.code, name=cohort.name, position=position)
            for position, cohort in enumerate(self.now.cohorts)
        ]
        gone_areas = merge(programme.areas.all(), ("programme_id", "code"), areas)
        gone_cohorts = merge(programme.cohorts.all(), ("programme_id", "code"), cohorts)
        self.gone += [Gone("areas", gone_areas), Gone("cohorts", gone_cohorts)]

    def _store_providers(self) -> dict[str, int]:
        """Return the providers' keys by code. A provider takes the name that the file newly gives it."""
        programme, names = self.programme, {named.code: named.name for named in self.now.providers}
        known = Provider.objects.filter(operator=programme.operator, code__in=names)
        named_anew = {named.code for named in set(self.now.providers) - set(self.before.providers)}
        kept = {provider.code: provider.name for provider in known if provider.code not in named_anew}
        providers = [
            Provider(operator=programme.operator, code=code, name=kept.get(code, name))
            for code, name in names.items()
        ]
        merge(known, ("operator_id", "code"), providers)
        entries = [
            ProgrammeProvider(
                programme=programme, provider=provider, name=names[provider.code], position=position
            )
            for position, provider in enumerate(providers)
        ]
        gone = merge(programme.provider_entries.all(), ("programme_id", "provider_id"), entries)
        self.gone.append(Gone("providers", gone))
        return {provider.code: provider.pk for provider in providers}

    def _store_services(self, providers: Mapping[str, int]) -> None:
        services = {
            service.code: Service(
                programme=self.programme,
                provider_id=providers[service.provider],
                code=service.code,
                name=service.name,
                starts_on=service.starts_on,
                areas=list(service.areas),
                cohorts=list(service.cohorts),
                position=position,
            )
            for position, service in enumerate(self.now.services)
        }
        gone = merge(self.programme.services.all(), ("programme_id", "code"), list(services.values()))
        self.gone.append(Gone("services", gone))
        before = set(self.before.services)
        changed = [each for each in self.now.services if each not in before]
        replace(
            FidelityReview.objects.filter(service__in=[services[each.code] for each in changed]),
            [
                FidelityReview(
                    service=services[each.code],
                    reviewed_on=review.reviewed_on,
                    score=review.score,
                    position=position,
                )
                for each in changed
                for position, review in enumerate(each.fidelity_reviews)
            ],
        )

    def _store_outcomes(self) -> dict[str, OutcomeType]:
        outcome_types = {
            outcome.code: OutcomeType(
                programme=self.programme,
                code=outcome.code,
                name=outcome.name,
                position=position,
                once_per=outcome.once_per.upper(),
                min_days_after=outcome.min_days_after,
                min_hours=outcome.min_hours,
                window_days=outcome.window_days,
                submit_within_days=outcome.submit_within_days,
                evidence_all_of=list(outcome.evidence_all_of),
                evidence_any_of=list(outcome.evidence_any_of),
                evidence_one_set_of=[list(each) for each in outcome.evidence_one_set_of],
            )
            for position, outcome in enumerate(self.now.outcomes)
        }
        rows = list(outcome_types.values())
        gone = merge(
            self.programme.outcome_types.all(), ("programme_id", "code"), rows, apart_from={"requires_id"}
        )
        self.gone.append(Gone("outcomes", gone))
        before = set(self.before.outcomes)
        changed = [each for each in self.now.outcomes if each not in before]
        for outcome in changed:
            outcome_types[outcome.code].requires = (
                outcome_types[outcome.requires] if outcome.requires else None
            )
        OutcomeType.objects.bulk_update([outcome_types[each.code] for each in changed], ["requires"])
        _store_parts_of_outcomes({outcome: outcome_types[outcome.code] for outcome in changed})
        return outcome_types

    def _store_funders(self) -> dict[str, Funder]:
        funders = {
            funder.code: Funder(
                programme=self.programme,
                code=funder.code,
                name=funder.name,
                kind=funder.kind.upper(),
                position=position,
            )
            for position, funder in enumerate(self.now.funders)
        }
        gone = merge(self.programme.funders.all(), ("programme_id", "code"), list(funders.values()))
        self.gone.append(Gone("funders", gone))
        if self.before.funders != self.now.funders:
            store_buyers(self.programme, funders, self.now.funders)
        return funders


def _store_parts_of_outcomes(changed: Mapping[OutcomeTypeDefinition, OutcomeType]) -> None:
    rows = list(changed.values())
    replace(
        Tariff.objects.filter(outcome_type__in=rows),
        [
            Tariff(
                outcome_type=row,
                starts_on=tariff.starts_on,
                amount_minor=tariff.amount_minor,
                position=position,
            )
            for outcome, row in changed.items()
            for position, tariff in enumerate(outcome.tariffs)
        ],
    )
    replace(
        Sustainment.objects.filter(outcome_type__in=rows),
        [
            Sustainment(
                outcome_type=row,
                weeks=outcome.sustainment.weeks,
                within_weeks=outcome.sustainment.within_weeks,
                max_gap_days=outcome.sustainment.max_gap_days,
                hours_min=outcome.sustainment.hours_min,
                hours_below=outcome.sustainment.hours_below,
                counts=outcome.sustainment.counts.upper(),
                same_job=outcome.sustainment.same_job,
            )
            for outcome, row in changed.items()
            if outcome.sustainment
        ],
    )
