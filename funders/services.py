"""The business changes to what funders agreed to pay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from django.db import transaction
from django.db.models import Max, Model, QuerySet

from funders.enums import Direction
from funders.models import (
    Agreement,
    AgreementVersion,
    Area,
    Band,
    Cohort,
    FidelityReview,
    FixedFee,
    Funder,
    FunderMember,
    OutcomeType,
    Programme,
    ProgrammeProvider,
    Service,
    Sustainment,
    Tariff,
    Term,
    YearCap,
)
from funders.rules.agreement_json import agreement_json
from funders.rules.definition import (
    AgreementDefinition,
    OutcomeTypeDefinition,
    ProgrammeDefinition,
    TermDefinition,
)
from funders.selectors import definition_of
from mhep.kernel.periods import Month
from mhep.kernel.problems import BusinessRuleError, Problem
from providers.models import Operator, Provider

M = TypeVar("M", bound=Model)
_Key = tuple[Direction, str]  # an agreement's side and ref


class _Side(NamedTuple):
    direction: Direction
    place: str
    agreements: tuple[AgreementDefinition, ...]


class CannotStoreProgramme(BusinessRuleError):
    """What is gone from the definition is in use; nothing was stored. ``problems`` say where."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


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


@dataclass(frozen=True, slots=True)
class _Gone:
    """Rows of one list that the definition no longer has; ``place`` is where the list stands in the file."""

    place: str
    rows: Sequence[Model]


class _Storing:
    """One definition on its way into the tables: first what is there, then what is gone."""

    def __init__(
        self, programme: Programme, before: ProgrammeDefinition, now: ProgrammeDefinition, at: datetime
    ) -> None:
        self.programme = programme
        self.before = before
        self.now = now
        self.at = at
        self.gone: list[_Gone] = []

    def run(self, *, is_new: bool) -> None:
        self._check_start()
        self._store_programme(look_again=not is_new and _priced_by(self.before) != _priced_by(self.now))
        self._store_areas_and_cohorts()
        providers = self._store_providers()
        self._store_services(providers)
        outcome_types = self._store_outcomes()
        agreements = self._store_agreements(self._store_funders(), providers)
        self._store_terms(agreements, outcome_types)
        self._store_fees(agreements)
        self._append_versions(agreements)
        _remove(self.gone)

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
        gone_areas = _merge(programme.areas.all(), ("programme_id", "code"), areas)
        gone_cohorts = _merge(programme.cohorts.all(), ("programme_id", "code"), cohorts)
        self.gone += [_Gone("areas", gone_areas), _Gone("cohorts", gone_cohorts)]

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
        _merge(known, ("operator_id", "code"), providers)
        entries = [
            ProgrammeProvider(
                programme=programme, provider=provider, name=names[provider.code], position=position
            )
            for position, provider in enumerate(providers)
        ]
        gone = _merge(programme.provider_entries.all(), ("programme_id", "provider_id"), entries)
        self.gone.append(_Gone("providers", gone))
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
        gone = _merge(self.programme.services.all(), ("programme_id", "code"), list(services.values()))
        self.gone.append(_Gone("services", gone))
        changed = [each for each in self.now.services if each not in set(self.before.services)]
        _replace(
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
                evidence_any_of=list(outcome.evidence_any_of),
            )
            for position, outcome in enumerate(self.now.outcomes)
        }
        rows = list(outcome_types.values())
        gone = _merge(
            self.programme.outcome_types.all(), ("programme_id", "code"), rows, apart_from={"requires_id"}
        )
        self.gone.append(_Gone("outcomes", gone))
        changed = [each for each in self.now.outcomes if each not in set(self.before.outcomes)]
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
        gone = _merge(self.programme.funders.all(), ("programme_id", "code"), list(funders.values()))
        self.gone.append(_Gone("funders", gone))
        return funders

    def _store_agreements(
        self, funders: Mapping[str, Funder], providers: Mapping[str, int]
    ) -> dict[_Key, Agreement]:
        agreements = {
            (side.direction, agreement.ref): Agreement(
                programme=self.programme,
                direction=side.direction,
                ref=agreement.ref,
                funder=funders[agreement.party] if side.direction == Direction.RECEIVABLE else None,
                provider_id=providers[agreement.party] if side.direction == Direction.PAYABLE else None,
                position=position,
                po_number=agreement.po_number or "",
                billing=agreement.billing.upper(),
                payment_days=agreement.payment_days,
                vat_rate=agreement.vat_rate,
                starts_on=agreement.starts_on,
                ends_on=agreement.ends_on,
                cap_total_minor=agreement.caps.total_minor,
                cap_per_participant_minor=agreement.caps.per_participant_minor,
                partial=agreement.caps.partial,
                over_cap=agreement.caps.over_cap.upper(),
            )
            for side in _sides(self.now)
            for position, agreement in enumerate(side.agreements)
        }
        gone = _merge(
            self.programme.agreements.all(), ("programme_id", "direction", "ref"), list(agreements.values())
        )
        for side in _sides(self.now):
            self.gone.append(_Gone(side.place, [row for row in gone if row.direction == side.direction]))
        changed = self._changed_agreements()
        _replace(
            YearCap.objects.filter(agreement__in=[agreements[key] for key in changed]),
            [
                YearCap(agreement=agreements[key], year=year, amount_minor=amount)
                for key, agreement in changed.items()
                for year, amount in agreement.caps.financial_year_minor
            ],
        )
        return agreements

    def _store_terms(
        self, agreements: Mapping[_Key, Agreement], outcome_types: Mapping[str, OutcomeType]
    ) -> None:
        changed = self._changed_agreements()
        terms = {
            (key, term.ref): _term(agreements[key], outcome_types[term.outcome], term, position)
            for key, agreement in changed.items()
            for position, term in enumerate(agreement.terms)
        }
        standing = Term.objects.filter(agreement__in=[agreements[key] for key in changed])
        self._note_gone("terms", _merge(standing, ("agreement_id", "ref"), list(terms.values())), agreements)
        old = {key: set(agreement.terms) for key, agreement in _by_key(self.before).items()}
        repriced = {
            (key, term.ref): term
            for key, agreement in changed.items()
            for term in agreement.terms
            if term not in old.get(key, ())
        }
        _replace(
            Band.objects.filter(term__in=[terms[key] for key in repriced]),
            [
                Band(term=terms[key], up_to=band.up_to, amount_minor=band.amount_minor, position=position)
                for key, term in repriced.items()
                for position, band in enumerate(term.price.bands)
            ],
        )

    def _store_fees(self, agreements: Mapping[_Key, Agreement]) -> None:
        changed = self._changed_agreements()
        fees = [
            FixedFee(
                agreement=agreements[key],
                ref=fee.ref,
                description=fee.description or "",
                first_month=fee.first.first_day,
                last_month=fee.last.first_day,
                amount_minor=fee.amount_minor,
                total_minor=fee.total_minor,
                position=position,
            )
            for key, agreement in changed.items()
            for position, fee in enumerate(agreement.fixed_fees)
        ]
        standing = FixedFee.objects.filter(agreement__in=[agreements[key] for key in changed])
        self._note_gone("fixed_fees", _merge(standing, ("agreement_id", "ref"), fees), agreements)

    def _note_gone(
        self, name: str, rows: Iterable[Term | FixedFee], agreements: Mapping[_Key, Agreement]
    ) -> None:
        by_agreement: dict[int, list[Model]] = {}
        for row in rows:
            by_agreement.setdefault(row.agreement_id, []).append(row)
        places = {
            agreements[side.direction, agreement.ref].pk: f"{side.place}[{index}].{name}"
            for side in _sides(self.now)
            for index, agreement in enumerate(side.agreements)
        }
        self.gone += [_Gone(places[agreement], gone) for agreement, gone in by_agreement.items()]

    def _append_versions(self, agreements: Mapping[_Key, Agreement]) -> None:
        changed = self._changed_agreements()
        last = dict(
            AgreementVersion.objects.filter(agreement__in=[agreements[key] for key in changed])
            .values_list("agreement")
            .annotate(Max("number"))
        )
        AgreementVersion.objects.bulk_create(
            AgreementVersion(
                agreement=agreements[key],
                number=last.get(agreements[key].pk, 0) + 1,
                definition=agreement_json(agreement),
                recorded_at=self.at,
            )
            for key, agreement in changed.items()
        )

    def _changed_agreements(self) -> dict[_Key, AgreementDefinition]:
        before = _by_key(self.before)
        return {
            key: agreement for key, agreement in _by_key(self.now).items() if before.get(key) != agreement
        }


def _sides(definition: ProgrammeDefinition) -> tuple[_Side, _Side]:
    return (
        _Side(Direction.RECEIVABLE, "agreements", definition.agreements),
        _Side(Direction.PAYABLE, "provider_contracts", definition.provider_contracts),
    )


def _by_key(definition: ProgrammeDefinition) -> dict[_Key, AgreementDefinition]:
    return {
        (side.direction, agreement.ref): agreement
        for side in _sides(definition)
        for agreement in side.agreements
    }


def _term(agreement: Agreement, outcome_type: OutcomeType, term: TermDefinition, position: int) -> Term:
    return Term(
        agreement=agreement,
        ref=term.ref,
        outcome_type=outcome_type,
        position=position,
        price_kind=term.price.kind.upper(),
        fixed_minor=term.price.fixed_minor,
        percent=term.price.percent,
        areas=list(term.areas),
        services=list(term.services),
        cohorts=list(term.cohorts),
        hours_min=term.hours_min,
        hours_below=term.hours_below,
        min_fidelity=term.min_fidelity,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        max_count=term.max_count,
        max_amount_minor=term.max_amount_minor,
        priority=term.priority,
        clawback=term.clawback.upper(),
        clause=term.clause or "",
    )


def _store_parts_of_outcomes(changed: Mapping[OutcomeTypeDefinition, OutcomeType]) -> None:
    rows = list(changed.values())
    _replace(
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
    _replace(
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


def _merge(
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
    standing.model._default_manager.bulk_create(
        written, update_conflicts=True, unique_fields=key, update_fields=names
    )
    return list(left.values())


def _values(row: Model, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names)


def _replace(standing: QuerySet[M], wanted: Sequence[M]) -> None:
    """Put ``wanted`` in the place of ``standing``: parts to which nothing else refers."""
    standing.delete()
    standing.model._default_manager.bulk_create(wanted)


def _remove(gone: Iterable[_Gone]) -> None:
    """
    Delete what the definition no longer has, what refers first.

    :raises CannotStoreProgramme: if something outside this app refers to any of it.
    """
    problems = [problem for each in gone for problem in _in_use(each)]
    if problems:
        raise CannotStoreProgramme(sorted(problems))
    rows: dict[type[Model], list[Model]] = {}
    for each in gone:
        for row in each.rows:
            rows.setdefault(type(row), []).append(row)
    agreements, outcome_types = rows.get(Agreement, []), rows.get(OutcomeType, [])
    for part in (Term, FixedFee, AgreementVersion):
        part._default_manager.filter(agreement__in=agreements).delete()
    FunderMember.objects.filter(funder__in=rows.get(Funder, [])).delete()
    OutcomeType.objects.filter(pk__in=[row.pk for row in outcome_types]).update(requires=None)
    for model in (Term, FixedFee, Agreement, OutcomeType, Service, ProgrammeProvider, Area, Cohort, Funder):
        model._default_manager.filter(pk__in=[row.pk for row in rows.get(model, [])]).delete()


def _in_use(gone: _Gone) -> Iterator[Problem]:
    """Yield the problem of a list whose entries something outside this app refers to."""
    used: set[int] = set()
    for relation in type(gone.rows[0])._meta.related_objects if gone.rows else ():
        column = relation.field
        if column.model._meta.app_label != "funders":
            refers = column.model._base_manager.filter(**{f"{column.name}__in": gone.rows})
            used.update(refers.order_by().values_list(column.attname, flat=True).distinct())
    if used:
        names = ", ".join(sorted(str(row) for row in gone.rows if row.pk in used))
        yield Problem(
            gone.place, "in_use", f"Put back what participants, outcomes or charges refer to: {names}."
        )
