"""Loading and dumping programme files; what a load refuses once documents were issued."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from funders.models import AgreementVersion, Programme, Term
from funders.rules.definition import (
    AgreementDefinition,
    Band,
    FidelityReviewDefinition,
    Price,
    ProgrammeDefinition,
    TariffDefinition,
    TermDefinition,
)
from funders.rules.programme_file import read_programme, write_programme
from funders.selectors import definition_of
from mhep.kernel.periods import Month, YearStart
from outcomes.services.imports import import_outcomes
from participants.services import import_participants
from payments.models import Charge
from payments.models import Month as PricedMonth
from payments.selectors.exports import charges_csv
from payments.services.months import close_month, price_month
from payments.services.programme_file import CannotLoadProgramme, load_programme

TESTS = Path(__file__).parents[1]
FILES = sorted((*TESTS.glob("golden/*/programme.yaml"), *TESTS.glob("golden-sustainment/*/programme.yaml")))
EDGES = TESTS / "golden" / "edges"
AT = datetime(2026, 5, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 5, 2, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db

Change = Callable[[ProgrammeDefinition], ProgrammeDefinition]


def edges() -> ProgrammeDefinition:
    definition = read_programme((EDGES / "programme.yaml").read_bytes()).definition
    assert definition is not None
    return definition


def load(definition: ProgrammeDefinition, *, at: datetime = AT) -> Programme:
    return load_programme(write_programme(definition).encode(), actor=None, at=at).programme


def with_events(definition: ProgrammeDefinition) -> Programme:
    """Return the stored programme with the people and events of its golden case."""
    programme = load(definition)
    for name, import_file in (("participants", import_participants), ("outcomes", import_outcomes)):
        content = (EDGES / f"{name}.csv").read_bytes()
        import_file(programme_id=programme.pk, content=content, actor=None, at=AT)
    return programme


def close(programme: Programme, *, through: str) -> None:
    programme.refresh_from_db()
    for month in list(programme.first_open_month.until(Month.parse(through))):
        close_month(programme_id=programme.pk, month=month, issued_on=month.last_day, actor=None, at=AT)
    programme.refresh_from_db()


def refused(definition: ProgrammeDefinition) -> list[str]:
    """Return ``place code`` of everything for which a load is refused."""
    try:
        load(definition, at=LATER)
    except CannotLoadProgramme as refusal:
        return [f"{problem.place} {problem.code}" for problem in refusal.problems]
    return []


def agreement(ref: str, change: Callable[[AgreementDefinition], AgreementDefinition]) -> Change:
    """Return the change of one agreement or provider contract."""

    def apply(definition: ProgrammeDefinition) -> ProgrammeDefinition:
        sides = (definition.agreements, definition.provider_contracts)
        changed = (tuple(change(each) if each.ref == ref else each for each in side) for side in sides)
        agreements, contracts = changed
        return replace(definition, agreements=agreements, provider_contracts=contracts)

    return apply


def term(ref: str, term_ref: str, change: Callable[[TermDefinition], TermDefinition]) -> Change:
    """Return the change of one term."""
    return agreement(
        ref,
        lambda each: replace(
            each, terms=tuple(change(term) if term.ref == term_ref else term for term in each.terms)
        ),
    )


def caps(ref: str, **values: Any) -> Change:
    return agreement(ref, lambda each: replace(each, caps=replace(each.caps, **values)))


def fee(**values: Any) -> Change:
    return agreement("A1", lambda each: replace(each, fixed_fees=(replace(each.fixed_fees[0], **values),)))


def tariffs(outcome: str, *values: TariffDefinition) -> Change:
    return lambda definition: replace(
        definition,
        outcomes=tuple(
            replace(each, tariffs=values) if each.code == outcome else each for each in definition.outcomes
        ),
    )


def reviews(*values: FidelityReviewDefinition) -> Change:
    return lambda definition: replace(
        definition, services=(replace(definition.services[0], fidelity_reviews=values),)
    )


def added_term(ref: str, new: TermDefinition) -> Change:
    return agreement(ref, lambda each: replace(each, terms=(*each.terms, new)))


FIRST_DAY = date(2025, 7, 1)
LAST_OUTCOME = date(2026, 4, 30)
DAY_AFTER = date(2026, 5, 1)

ALTERING: dict[str, tuple[Change, str]] = {
    "a fixed price is lowered": (
        term("C1", "first", lambda each: replace(each, price=Price("fixed", fixed_minor=80000))),
        "agreements[2].terms[0].price",
    ),
    "a percentage is raised": (
        term("A1", "pct", lambda each: replace(each, price=Price("percent_of_tariff", percent=Decimal(34)))),
        "agreements[0].terms[0].price",
    ),
    "the band of a documented place is changed": (
        term(
            "C1",
            "s13",
            lambda each: replace(
                each, price=Price("bands", bands=(Band(1, 0), Band(2, 40000), Band(None, 50000)))
            ),
        ),
        "agreements[2].terms[1].price",
    ),
    "a balance becomes a fixed price": (
        term("B1", "bal-eng", lambda each: replace(each, price=Price("fixed", fixed_minor=100))),
        "agreements[1].terms[0].price",
    ),
    "a tariff is changed": (
        tariffs("ENG", TariffDefinition(FIRST_DAY, 33334)),
        "outcomes[0].tariff[0].amount",
    ),
    "a tariff begins later": (
        tariffs("ENG", TariffDefinition(FIRST_DAY, 33333), TariffDefinition(date(2025, 8, 1), 100)),
        "outcomes[0].tariff",
    ),
    "an area is taken out": (
        term("B1", "bal-eng", lambda each: replace(each, areas=("S",))),
        "agreements[1].terms[0].areas",
    ),
    "hours are asked for": (
        term("B1", "bal-eng", lambda each: replace(each, hours_min=Decimal(21))),
        "agreements[1].terms[0].hours_min",
    ),
    "hours are limited": (
        term("C1", "fr", lambda each: replace(each, hours_below=Decimal("15.6"))),
        "agreements[2].terms[2].hours_below",
    ),
    "a score is asked for that the service did not have": (
        term("C1", "first", lambda each: replace(each, min_fidelity=125)),
        "agreements[2].terms[0].min_fidelity",
    ),
    "a term begins later": (
        term("B1", "bal-eng", lambda each: replace(each, starts_on=DAY_AFTER)),
        "agreements[1].terms[0].from",
    ),
    "a term ended earlier": (
        term("B1", "bal-eng", lambda each: replace(each, ends_on=FIRST_DAY)),
        "agreements[1].terms[0].to",
    ),
    "an agreement begins later": (
        agreement("C1", lambda each: replace(each, starts_on=DAY_AFTER)),
        "agreements[2].starts_on",
    ),
    "a provider contract ended earlier": (
        agreement("P1", lambda each: replace(each, ends_on=FIRST_DAY)),
        "provider_contracts[0].ends_on",
    ),
    "the programme and all that runs as long as it end earlier": (
        lambda definition: replace(
            definition,
            ends_on=date(2026, 3, 31),
            agreements=tuple(replace(each, ends_on=date(2026, 3, 31)) for each in definition.agreements),
            provider_contracts=tuple(
                replace(each, ends_on=date(2026, 3, 31)) for each in definition.provider_contracts
            ),
        ),
        "programme.ends_on",
    ),
    "an agreement goes to another funder": (
        agreement("C1", lambda each: replace(each, party="B")),
        "agreements[2].funder",
    ),
    "a term pays for another outcome": (
        term("C1", "first", lambda each: replace(each, outcome="ENG")),
        "agreements[2].terms[0].outcome",
    ),
    "a term with charges is left out": (
        agreement("C1", lambda each: replace(each, terms=each.terms[1:])),
        "agreements[2].terms",
    ),
    "a fee with charges is left out": (
        agreement("A1", lambda each: replace(each, fixed_fees=())),
        "agreements[0].fixed_fees",
    ),
    "an agreement is left out": (
        lambda each: replace(each, agreements=each.agreements[:2]),
        "agreements",
    ),
    "a contract is left out": (lambda each: replace(each, provider_contracts=()), "provider_contracts"),
    "a fee's total is changed": (fee(total_minor=100001), "agreements[0].fixed_fees[0].total"),
    "a fee becomes an amount a month": (
        fee(total_minor=None, amount_minor=1),
        "agreements[0].fixed_fees[0].amount",
    ),
    "a fee begins later": (fee(first=Month(2025, 4)), "agreements[0].fixed_fees[0].from"),
    "a fee ends earlier": (fee(last=Month(2025, 7)), "agreements[0].fixed_fees[0].to"),
    "a total cap falls below what is documented": (caps("C1", total_minor=100), "agreements[2].caps.total"),
    "a cap of a year falls below what is documented": (
        caps("A1", financial_year_minor=((2025, 100000),)),
        "agreements[0].caps.financial_year.2025",
    ),
    "a cap for a person falls below what is documented": (
        caps("B1", per_participant_minor=33332),
        "agreements[1].caps.per_participant",
    ),
    "a term's cap in money falls below what is documented": (
        term("B1", "bal-eng", lambda each: replace(each, max_amount_minor=99999)),
        "agreements[1].terms[0].max_amount",
    ),
    "a term's cap in outcomes falls below what is documented": (
        term("B1", "bal-eng", lambda each: replace(each, max_count=1)),
        "agreements[1].terms[0].max_count",
    ),
    "reviews go on which a charge rests": (reviews(), "services[0].fidelity_reviews"),
    "the currency is changed": (lambda each: replace(each, currency="GBP"), "programme.currency"),
    "the financial year is moved": (
        lambda each: replace(each, financial_year_starts=YearStart(4, 1)),
        "programme.financial_year_starts",
    ),
    "a new term would have left less of a documented balance": (
        added_term("A1", TermDefinition("extra", "ENG", Price("fixed", fixed_minor=100))),
        "agreements[0].terms[2]",
    ),
}

HARMLESS: dict[str, Change] = {
    "a term ends after the last documented outcome and another follows": lambda definition: added_term(
        "C1",
        TermDefinition("first-2", "START", Price("fixed", fixed_minor=95000), starts_on=DAY_AFTER),
    )(term("C1", "first", lambda each: replace(each, ends_on=LAST_OUTCOME))(definition)),
    "a tariff that begins later is added": tariffs(
        "ENG", TariffDefinition(FIRST_DAY, 33333), TariffDefinition(DAY_AFTER, 40000)
    ),
    "a review is added": reviews(
        FidelityReviewDefinition(date(2025, 9, 1), 100),
        FidelityReviewDefinition(date(2026, 1, 1), 73),
        FidelityReviewDefinition(DAY_AFTER, 80),
    ),
    "the band of a place that nobody holds is changed": term(
        "C1",
        "s13",
        lambda each: replace(each, price=Price("bands", bands=(Band(1, 0), Band(9, 50000), Band(None, 1)))),
    ),
    "a cap is set above what is documented": caps("C1", total_minor=100_000_000),
    "a cap of a year is lifted": caps("A1", financial_year_minor=()),
    "names, days and rates of later documents are changed": agreement(
        "C1", lambda each: replace(each, payment_days=14, vat_rate=Decimal("5.5"), po_number="PO-9")
    ),
    "a new term begins after the documented balances": added_term(
        "A1", TermDefinition("extra", "ENG", Price("fixed", fixed_minor=100), starts_on=DAY_AFTER)
    ),
    "a term gets its clause": term("C1", "first", lambda each: replace(each, clause="Schedule 2")),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_a_file_that_is_dumped_and_loaded_again_changes_nothing(path: Path) -> None:
    read = read_programme(path.read_bytes())
    assert read.definition is not None
    first = load_programme(path.read_bytes(), actor=None, at=AT)

    dumped = dump(first.programme.code)
    second = load_programme(dumped.encode(), actor=None, at=LATER)

    assert dumped == write_programme(read.definition)
    assert (first.changed, second.changed) == (True, False)
    assert (first.warnings, second.warnings) == (read.warnings, read.warnings)
    assert definition_of(second.programme) == read.definition
    assert set(AgreementVersion.objects.values_list("number", "recorded_at")) == {(1, AT)}
    assert AuditEvent.objects.count() == 1


def test_a_file_at_fault_is_refused_with_every_problem_and_stores_nothing() -> None:
    content = (EDGES / "programme.yaml").read_bytes().replace(b"currency: EUR", b"currency: euro")

    with pytest.raises(CannotLoadProgramme) as refusal:
        load_programme(content, actor=None, at=AT)

    assert [(each.place, each.code) for each in refusal.value.problems] == [
        ("programme.currency", "bad_value")
    ]
    assert not Programme.objects.exists()


def test_a_change_that_would_alter_a_documented_amount_is_refused_where_it_was_made() -> None:
    definition = edges()
    programme = with_events(definition)
    close(programme, through="2026-04")

    found = {name: refused(change(definition)) for name, (change, _) in ALTERING.items()}

    assert found == {name: [f"{place} already_invoiced"] for name, (_, place) in ALTERING.items()}
    assert definition_of(Programme.objects.get()) == definition


def test_a_change_that_leaves_documented_amounts_alone_is_stored() -> None:
    definition = edges()
    programme = with_events(definition)
    close(programme, through="2026-04")
    charged = charges_csv(programme)

    for name, change in HARMLESS.items():
        changed = change(definition)
        with transaction.atomic():
            assert refused(changed) == [], name
            assert definition_of(Programme.objects.get()) == changed, name
            assert charges_csv(programme) == charged, name
            transaction.set_rollback(True)


def test_what_no_document_rests_on_may_change_although_events_are_verified() -> None:
    definition = edges()
    with_events(definition)

    refusals = {name: refused(change(definition)) for name, (change, _) in ALTERING.items()}

    assert not any("already_invoiced" in line for lines in refusals.values() for line in lines)


def test_an_outcome_with_events_cannot_go() -> None:
    definition = edges()
    with_events(definition)

    bare = replace(definition, outcomes=(), agreements=(), provider_contracts=())

    assert refused(bare) == ["outcomes in_use"]
    assert definition_of(Programme.objects.get()) == definition


def test_a_term_with_charges_that_wait_for_their_document_cannot_go() -> None:
    """A quarterly contract's charges of a closed month are on no document yet."""
    definition = edges()
    programme = with_events(definition)
    close(programme, through="2025-08")

    assert refused(agreement("P1", lambda each: replace(each, terms=()))(definition)) == [
        "provider_contracts[0].terms in_use"
    ]
    assert refused(replace(definition, provider_contracts=())) == ["provider_contracts in_use"]
    assert refused(agreement("A1", lambda each: replace(each, fixed_fees=()))(definition)) == [
        "agreements[0].fixed_fees in_use"
    ]
    assert definition_of(Programme.objects.get()) == definition


def test_a_term_that_never_decided_anything_may_go_after_months_were_closed() -> None:
    definition = edges()
    programme = with_events(definition)
    close(programme, through="2025-07")
    assert not Charge.objects.filter(term__ref="s13").exists()

    changed = agreement("C1", lambda each: replace(each, terms=each.terms[:1]))(definition)
    load(changed, at=LATER)
    close(programme, through="2025-09")

    assert set(Term.objects.filter(agreement__ref="C1").values_list("ref", flat=True)) == {"first"}


def test_a_change_drops_the_draft_of_the_open_month_and_pricing_looks_again() -> None:
    definition = edges()
    programme = with_events(definition)
    close(programme, through="2025-07")
    price_month(programme_id=programme.pk, month=Month(2025, 8), at=AT)
    closed = Charge.objects.filter(month__state="CLOSED").count()
    assert Charge.objects.count() > closed

    changed = load(term("P1", "eng", lambda each: replace(each, clause="1.1"))(definition), at=LATER)

    assert list(PricedMonth.objects.values_list("first_day", "state")) == [(date(2025, 7, 1), "CLOSED")]
    assert Charge.objects.count() == closed
    assert changed.terms_changed


def test_a_load_without_change_keeps_the_draft() -> None:
    definition = edges()
    programme = with_events(definition)
    price_month(programme_id=programme.pk, month=Month(2025, 7), at=AT)
    before = charges_csv(programme)

    load(definition, at=LATER)

    assert PricedMonth.objects.count() == 1
    assert charges_csv(programme) == before
    assert AuditEvent.objects.filter(at=LATER).count() == 0


def test_the_number_of_queries_of_a_refusal_does_not_grow_with_the_documents() -> None:
    definition = edges()
    programme = with_events(definition)
    altered = ALTERING["the currency is changed"][0](definition)
    counts = []
    for month in ("2025-10", "2026-04"):
        close(programme, through=month)
        with CaptureQueriesContext(connection) as queries:
            assert refused(altered) == ["programme.currency already_invoiced"]
        counts.append(len(queries))

    assert counts[0] == counts[1]


def dump(code: str) -> str:
    stream = io.StringIO()
    call_command("dump_programme", code, stdout=stream)
    return stream.getvalue()


def run(*arguments: object) -> tuple[int, str, str]:
    """Return exit code, output and errors of a command."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*map(str, arguments), stdout=out, stderr=err)
    except SystemExit as leaving:
        return int(leaving.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_the_command_stores_a_file_and_says_what_is_in_it() -> None:
    code, out, err = run("load_programme", EDGES / "programme.yaml")

    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == (
        "EDGES: stored; services: 1, outcomes: 3, funders: 3, agreements: 3, provider contracts: 1, "
        f"terms: 8, warnings: {len(out.splitlines()) - 1}"
    )
    assert (
        run("load_programme", EDGES / "programme.yaml")[1]
        .splitlines()[-1]
        .startswith("EDGES: nothing to change;")
    )


def test_a_dry_run_stores_nothing() -> None:
    code, out, _ = run("load_programme", EDGES / "programme.yaml", "--dry-run")

    assert code == 0
    assert "EDGES: nothing stored, as asked; services: 1" in out
    assert not Programme.objects.exists()


def test_the_command_lists_every_problem_on_stderr_and_in_the_report(tmp_path: Path) -> None:
    file, report = tmp_path / "bad.yaml", tmp_path / "report.csv"
    file.write_text("programme: {code: '-', colour: red}\n", encoding="utf-8")

    code, out, err = run("load_programme", file, "--report", report)

    lines = err.splitlines()
    rows = list(csv.reader(io.StringIO(report.read_text(encoding="utf-8"))))
    assert (code, out) == (1, "")
    assert rows[0] == ["place", "code", "message"]
    assert lines == [": ".join(row) for row in rows[1:]]
    assert "programme.colour: unknown_key: " in err
    assert "programme.code: bad_value: " in err


def test_warnings_are_printed_and_reported(tmp_path: Path) -> None:
    path = next(path for path in FILES if read_programme(path.read_bytes()).warnings)
    report = tmp_path / "report.csv"

    code, out, _ = run("load_programme", path, "--report", report)

    rows = list(csv.reader(io.StringIO(report.read_text(encoding="utf-8"))))[1:]
    assert code == 0
    assert rows
    assert out.splitlines()[:-1] == [": ".join(row) for row in rows]


def test_a_path_that_cannot_be_read_is_a_plain_message(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"

    assert run("load_programme", path) == (1, "", f"{path}: No such file or directory\n")


def test_an_unknown_programme_is_a_plain_message() -> None:
    code, out, err = run("dump_programme", "NONE")

    assert (code, out) == (1, "")
    assert err.startswith("There is no programme NONE.")
