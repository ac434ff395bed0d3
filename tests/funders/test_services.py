"""Storing a programme's definition."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from funders.models import Agreement, AgreementVersion, Programme, Term
from funders.rules.agreement_json import agreement_from_json
from funders.rules.definition import ProgrammeDefinition
from funders.rules.programme_file import read_programme
from funders.selectors import definition_of
from funders.services import CannotStoreProgramme, store_programme
from participants.models import Participant
from providers.models import Provider

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/programme.yaml"))
AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 5, 1, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def golden(name: str) -> ProgrammeDefinition:
    definition = read_programme((GOLDEN / name / "programme.yaml").read_bytes()).definition
    assert definition is not None
    return definition


@pytest.mark.parametrize("name", CASES)
def test_what_is_stored_is_what_the_file_says(name: str) -> None:
    definition = golden(name)

    programme = store_programme(definition, at=AT)

    assert definition_of(Programme.objects.get(pk=programme.pk)) == definition


def test_the_first_open_month_is_the_month_in_which_the_programme_starts() -> None:
    programme = store_programme(replace(golden("edges"), starts_on=date(2025, 6, 17)), at=AT)

    assert programme.open_month == date(2025, 6, 1)


@pytest.mark.parametrize("name", CASES)
def test_every_agreement_gets_a_first_version_that_holds_all_of_it(name: str) -> None:
    definition = golden(name)

    store_programme(definition, at=AT)

    versions = {
        (version.agreement.direction, version.agreement.ref): version
        for version in AgreementVersion.objects.select_related("agreement")
    }
    sides = {"RECEIVABLE": definition.agreements, "PAYABLE": definition.provider_contracts}
    assert {key: agreement_from_json(version.definition) for key, version in versions.items()} == {
        (direction, agreement.ref): agreement for direction, side in sides.items() for agreement in side
    }
    assert {version.number for version in versions.values()} == {1}


def test_storing_an_equal_definition_writes_nothing() -> None:
    definition = golden("edges")
    store_programme(definition, at=AT)

    with CaptureQueriesContext(connection) as queries:
        programme = store_programme(definition, at=LATER)

    written = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert not written
    assert not programme.terms_changed


def test_only_the_agreement_that_changed_gets_a_new_version() -> None:
    definition = golden("edges")
    store_programme(definition, at=AT)
    first, *others = definition.agreements

    programme = store_programme(
        replace(definition, agreements=(replace(first, payment_days=45), *others)), at=LATER
    )

    newest = AgreementVersion.objects.get(number=2)
    assert newest.agreement.ref == first.ref
    assert newest.definition["payment_days"] == 45
    assert newest.recorded_at == LATER
    assert programme.terms_changed


def test_a_new_name_alone_does_not_make_pricing_look_again() -> None:
    definition = golden("edges")
    store_programme(definition, at=AT)

    programme = store_programme(replace(definition, name="Renamed"), at=LATER)

    assert programme.name == "Renamed"
    assert not programme.terms_changed
    assert set(AgreementVersion.objects.values_list("number", flat=True)) == {1}


@pytest.mark.parametrize("name", CASES)
def test_a_programme_becomes_any_other_definition_of_its_code(name: str) -> None:
    """Whatever stood before, what is stored afterwards is the new definition and nothing else."""
    other = golden("edges")
    store_programme(replace(golden(name), code=other.code), at=AT)

    programme = store_programme(other, at=LATER)

    assert definition_of(programme) == other
    check_constraints()


def test_entries_are_matched_by_code_and_keep_their_rows_in_any_order() -> None:
    definition = golden("edges")
    store_programme(definition, at=AT)
    keys = dict(Agreement.objects.values_list("ref", "pk"))
    terms = dict(Term.objects.values_list("ref", "pk"))

    turned = replace(
        definition,
        agreements=tuple(
            replace(each, terms=tuple(reversed(each.terms))) for each in reversed(definition.agreements)
        ),
    )
    programme = store_programme(turned, at=LATER)

    assert dict(Agreement.objects.values_list("ref", "pk")) == keys
    assert dict(Term.objects.values_list("ref", "pk")) == terms
    assert definition_of(programme) == turned


def test_what_is_gone_from_the_definition_is_removed_with_all_that_belongs_to_it() -> None:
    definition = golden("edges")
    store_programme(definition, at=AT)

    bare = replace(
        definition, areas=(), cohorts=(), providers=(), services=(), outcomes=(), funders=(), agreements=(),
        provider_contracts=(),
    )  # fmt: skip
    programme = store_programme(bare, at=LATER)

    assert definition_of(programme) == bare
    assert not AgreementVersion.objects.exists()
    check_constraints()


def test_a_service_with_participants_cannot_go() -> None:
    definition = golden("edges")
    programme = store_programme(definition, at=AT)
    participant(programme)

    with pytest.raises(CannotStoreProgramme) as refusal:
        store_programme(
            replace(definition, services=(), areas=(), cohorts=(), agreements=(), provider_contracts=()),
            at=LATER,
        )

    assert [(problem.place, problem.code) for problem in refusal.value.problems] == [
        ("areas", "in_use"),
        ("cohorts", "in_use"),
        ("services", "in_use"),
    ]
    assert "SV" in refusal.value.problems[2].message
    assert definition_of(Programme.objects.get()) == definition


def test_the_first_day_stays_once_a_month_is_closed() -> None:
    definition = golden("edges")
    programme = store_programme(definition, at=AT)
    Programme.objects.filter(pk=programme.pk).update(open_month=date(2025, 8, 1))

    with pytest.raises(CannotStoreProgramme) as refusal:
        store_programme(replace(definition, starts_on=date(2025, 7, 2)), at=LATER)

    assert [problem.place for problem in refusal.value.problems] == ["programme.starts_on"]


def test_the_open_month_follows_the_first_day_while_nothing_is_closed() -> None:
    definition = golden("edges")
    store_programme(definition, at=AT)

    programme = store_programme(replace(definition, starts_on=date(2025, 5, 20)), at=LATER)

    assert programme.open_month == date(2025, 5, 1)


def test_a_version_cannot_go_while_its_agreement_stands() -> None:
    store_programme(golden("edges"), at=AT)

    with pytest.raises(DatabaseError, match="only with its agreement"), transaction.atomic():
        delete_versions()


def test_a_version_is_never_changed() -> None:
    store_programme(golden("edges"), at=AT)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AgreementVersion.objects.update(number=9)


def test_a_provider_takes_the_name_that_its_file_newly_gives_it() -> None:
    definition = golden("edges")
    store_programme(definition, at=AT)

    named = tuple(replace(provider, name=f"{provider.name} Ltd") for provider in definition.providers)
    store_programme(replace(definition, providers=named), at=LATER)

    assert set(Provider.objects.values_list("code", "name")) == {(each.code, each.name) for each in named}


def delete_versions() -> None:
    AgreementVersion.objects.all().delete()
    check_constraints()


def participant(programme: Programme) -> Participant:
    return Participant.objects.create(
        programme=programme,
        reference="P1",
        service=programme.services.get(),
        area=programme.areas.first(),
        cohort=programme.cohorts.first(),
    )


def check_constraints() -> None:
    """Run every check that waits for the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
