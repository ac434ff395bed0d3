"""Reading and writing whole files: the identity both ways, defaults, readable text, large files."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funders.rules.definition import (
    FEES,
    AgreementDefinition,
    ApprovalDefinition,
    Band,
    BuyerDefinition,
    CapsDefinition,
    EAddress,
    FidelityReviewDefinition,
    FixedFeeDefinition,
    FunderDefinition,
    Named,
    OutcomeTypeDefinition,
    Price,
    ProgrammeDefinition,
    PurchaseOrderDefinition,
    ServiceDefinition,
    SuccessionDefinition,
    SustainmentDefinition,
    TariffDefinition,
    TermDefinition,
    VatTreatmentDefinition,
)
from funders.rules.programme_file import read_programme, write_programme
from mhep.kernel.periods import Month, YearStart
from tests.funders.rules.sample import changed, read

CASES = sorted(Path(__file__).parents[2].glob("golden*/*/programme.yaml"))


def test_there_are_golden_programmes() -> None:
    assert len(CASES) >= 16


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_a_golden_programme_is_read_and_written_back(path: Path) -> None:
    result = read_programme(path.read_bytes())
    assert result.problems == ()
    assert result.definition is not None
    written = write_programme(result.definition)
    assert read_programme(written.encode()).definition == result.definition
    assert "&id" not in written


def test_defaults_are_filled_in() -> None:
    definition = read().definition
    assert definition is not None
    assert definition.financial_year_starts == YearStart(4, 1)
    assert (definition.timezone, definition.language) == ("Europe/London", "en")
    agreement = definition.agreements[1]
    assert (agreement.starts_on, agreement.ends_on) == (date(2026, 4, 1), date(2029, 3, 31))
    assert (agreement.billing, agreement.payment_days, agreement.vat_rate) == ("monthly", 30, Decimal(0))
    assert agreement.caps == CapsDefinition()
    assert agreement.terms[0].priority == 100


def test_amounts_are_minor_units_and_hours_exact_decimals() -> None:
    definition = read({"outcomes[0].min_hours": 15.1, "outcomes[0].tariff[0].amount": "1000.5"}).definition
    assert definition is not None
    assert definition.outcomes[0].min_hours == Decimal("15.1")
    assert definition.outcomes[0].tariffs[0].amount_minor == 100_050
    assert definition.agreements[0].caps.financial_year_minor == ((2026, 4_000_000),)


@pytest.mark.parametrize("year", ["2026", "'2026'", "0x7EA"])
def test_years_of_caps_may_be_numbers_or_text(year: str) -> None:
    content = json.dumps(changed()).replace('"2026"', year)
    definition = read_programme(content.encode()).definition
    assert definition is not None
    assert definition.agreements[0].caps.financial_year_minor == ((2026, 4_000_000),)


def test_a_written_file_reads_like_the_one_in_the_specification() -> None:
    definition = read(
        {
            "programme.financial_year_starts": "07-01",
            "areas": [{"code": "A", "name": "No"}, {"code": "B", "name": 'Wells: "near" the sea, #2'}],
            "services": [],
            "agreements[0].terms[1].clause": "Schedule 4, 2.3",
            "agreements[0].caps.partial": False,
            "agreements[1].terms[1].hours_min": 16,
            "agreements[1].terms[1].from": "2026-05-01",
        }
    ).definition
    assert definition is not None
    assert write_programme(definition) == EXPECTED


EXPECTED = """\
programme:
  code: TEST
  name: A programme
  currency: GBP
  starts_on: 2026-04-01
  ends_on: 2029-03-31
  financial_year_starts: "07-01"
  operator: {code: OP, name: Operator}
areas:
  - {code: A, name: "No"}
  - {code: B, name: "Wells: \\"near\\" the sea, #2"}
cohorts:
  - {code: X, name: Cohort X}
  - {code: "Y", name: Cohort Y}
providers:
  - {code: P, name: Provider}
  - {code: Q, name: Another provider}
outcomes:
  - code: START
    name: Job start
    tariff:
      - {from: 2026-04-01, amount: "1000.00"}
  - code: S13
    name: Thirteen weeks
    tariff:
      - {from: 2026-04-01, amount: "2000.00"}
      - {from: 2027-04-01, amount: "2100.00"}
    requires: START
    sustainment: {weeks: 13, within_weeks: 16}
funders:
  - {code: F, name: Funder, kind: local}
  - {code: G, name: Another funder, kind: health}
agreements:
  - ref: F-1
    funder: F
    starts_on: 2026-04-01
    ends_on: 2029-03-31
    caps:
      total: "90000.00"
      financial_year: {2026: "40000.00"}
      partial: false
    fixed_fees:
      - {ref: fee, from: 2026-04, to: 2027-03, amount: "100.00"}
    terms:
      - ref: start
        outcome: START
        price: {fixed: "500.00"}
      - ref: s13
        outcome: S13
        price: {percent_of_tariff: "38"}
        clause: Schedule 4, 2.3
  - ref: G-1
    funder: G
    starts_on: 2026-04-01
    ends_on: 2029-03-31
    terms:
      - ref: start
        outcome: START
        price: {balance: true}
      - ref: s13
        outcome: S13
        price: {bands: [{up_to: 5, amount: "0.00"}, {amount: "10.00"}]}
        hours_min: 16
        from: 2026-05-01
provider_contracts:
  - ref: P-1
    provider: P
    starts_on: 2026-04-01
    ends_on: 2029-03-31
    terms:
      - ref: t
        outcome: START
        price: {fixed: "1.00"}
"""


# Any sound programme


codes = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
texts = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t"), min_size=1, max_size=40
).filter(lambda text: bool(text.strip()))
evidence_sets = st.lists(texts, min_size=1, max_size=3).map(tuple)
dates = st.dates(date(2020, 1, 1), date(2030, 12, 31))
amounts = st.integers(0, 10**13)
hours = st.decimals(0, 168, places=2)
percents = st.decimals(0, 100, places=6)
counts = st.integers(0, 2_147_483_647)
approvals = st.builds(ApprovalDefinition, st.integers(1, 365), st.sampled_from(["waits", "approves"]))
durations = st.integers(0, 99_999)
scores = st.integers(25, 125)
months = st.builds(Month, st.integers(2020, 2024), st.integers(1, 12))


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def names(count: int) -> st.SearchStrategy[list[Named]]:
    return st.lists(st.builds(Named, codes, texts), max_size=count, unique_by=lambda each: each.code)


@st.composite
def some_hours(draw: st.DrawFn) -> dict[str, Any]:
    least, below = draw(optional(hours)), draw(optional(hours))
    if least is not None and below is not None and below <= least:
        below = None
    return {"hours_min": least, "hours_below": below}


@st.composite
def sustainments(draw: st.DrawFn) -> SustainmentDefinition:
    weeks = draw(st.integers(1, 60))
    return SustainmentDefinition(
        weeks=weeks,
        within_weeks=draw(optional(st.integers(weeks, 99))),
        max_gap_days=draw(durations),
        counts=draw(st.sampled_from(["work", "education", "work_and_education"])),
        same_job=draw(st.booleans()),
        **draw(some_hours()),
    )


@st.composite
def outcome_lists(draw: st.DrawFn) -> list[OutcomeTypeDefinition]:
    outcomes: list[OutcomeTypeDefinition] = []
    for named in draw(names(4)):
        tariffs = st.builds(TariffDefinition, dates, amounts)
        outcomes.append(
            OutcomeTypeDefinition(
                code=named.code,
                name=named.name,
                tariffs=tuple(draw(st.lists(tariffs, max_size=3, unique_by=lambda each: each.starts_on))),
                once_per=draw(st.sampled_from(["participant", "job"])),
                requires=draw(st.sampled_from([None, *(each.code for each in outcomes)])),
                min_days_after=draw(durations),
                min_hours=draw(optional(hours)),
                window_days=draw(optional(durations)),
                submit_within_days=draw(optional(durations)),
                evidence_all_of=tuple(draw(st.lists(texts, max_size=2))),
                evidence_any_of=tuple(draw(st.lists(texts, max_size=2))),
                evidence_one_set_of=tuple(draw(st.lists(evidence_sets, max_size=2))),
                sustainment=draw(optional(sustainments())),
            )
        )
    return outcomes


@st.composite
def prices(draw: st.DrawFn, *, has_tariff: bool) -> Price:
    kind = draw(st.sampled_from(["fixed", "bands", *(["percent_of_tariff"] if has_tariff else [])]))
    if kind == "fixed":
        return Price(kind, fixed_minor=draw(amounts))
    if kind == "percent_of_tariff":
        return Price(kind, percent=draw(percents))
    ends = sorted(draw(st.sets(st.integers(1, 500), max_size=12)))
    return Price(kind, bands=tuple(Band(end, draw(amounts)) for end in [*ends, None]))


@st.composite
def fixed_fees(draw: st.DrawFn, ref: str) -> FixedFeeDefinition:
    first, last = sorted([draw(months), draw(months)])
    amount, total = draw(st.permutations([draw(amounts), None]))
    return FixedFeeDefinition(ref, draw(optional(texts)), first, last, amount, total)


@st.composite
def agreements(draw: st.DrawFn, programme: ProgrammeDefinition, parties: list[str]) -> AgreementDefinition:
    starts_on, ends_on = sorted([draw(dates), draw(dates)])
    fees = [draw(fixed_fees(ref)) for ref in draw(st.lists(codes, max_size=2, unique=True))]
    caps = CapsDefinition(
        total_minor=draw(optional(amounts)),
        financial_year_minor=tuple(
            sorted(draw(st.dictionaries(st.integers(2020, 2030), amounts, max_size=3)).items())
        ),
        per_participant_minor=draw(optional(amounts)),
        partial=draw(st.booleans()),
        over_cap=draw(st.sampled_from(["lapse", "carry_forward"])),
    )
    refs = draw(st.lists(codes, max_size=3, unique=True)) if programme.outcomes else []
    return AgreementDefinition(
        ref=draw(codes),
        party=draw(st.sampled_from(parties)),
        starts_on=starts_on,
        ends_on=ends_on,
        po_number=draw(optional(texts)),
        billing=draw(st.sampled_from(["monthly", "quarterly"])),
        vat=draw(treatments(programme.outcomes)),
        purchase_orders=tuple(
            draw(purchase_orders(number)) for number in draw(st.lists(texts, max_size=2, unique=True))
        ),
        po_required=draw(st.booleans()),
        due_on=draw(st.sampled_from(["any_day", "working_day"])),
        payment_days=draw(durations),
        vat_rate=draw(percents),
        caps=caps,
        fixed_fees=tuple(fees),
        terms=tuple(draw(terms(programme, ref, starts_on)) for ref in refs),
        approval=draw(optional(approvals))
        if parties[0] in {each.code for each in programme.funders}
        else None,
    )


@st.composite
def terms(draw: st.DrawFn, programme: ProgrammeDefinition, ref: str, starts_on: date) -> TermDefinition:
    outcome = draw(st.sampled_from(programme.outcomes))
    first, last = sorted([draw(dates), draw(dates)])
    some = {"areas": programme.areas, "services": programme.services, "cohorts": programme.cohorts}
    named: dict[str, Any] = {key: draw(some_codes(each)) for key, each in some.items()}
    return TermDefinition(
        ref=ref,
        outcome=outcome.code,
        price=draw(prices(has_tariff=any(each.starts_on <= starts_on for each in outcome.tariffs))),
        min_fidelity=draw(optional(scores)),
        starts_on=draw(st.sampled_from([None, first])),
        ends_on=draw(st.sampled_from([None, last])),
        max_count=draw(optional(counts)),
        max_amount_minor=draw(optional(amounts)),
        priority=draw(counts),
        clause=draw(optional(texts)),
        **named,
        **draw(some_hours()),
    )


def some_codes(declared: Any) -> st.SearchStrategy[tuple[str, ...]]:
    known = [each.code for each in declared]
    return st.lists(st.sampled_from(known), unique=True).map(tuple) if known else st.just(())


@st.composite
def programmes(draw: st.DrawFn) -> ProgrammeDefinition:
    areas, cohorts, providers = draw(names(3)), draw(names(2)), draw(names(2))
    kinds = st.sampled_from(["local", "health", "national", "philanthropic"])
    named = draw(names(2))
    funders = [FunderDefinition(each.code, each.name, draw(kinds), draw(buyers)) for each in named]
    if len(funders) > 1:
        succession = st.builds(SuccessionDefinition, st.just(funders[0].code), dates)
        funders[1] = replace(funders[1], succeeds=draw(optional(succession)))
    services = [
        ServiceDefinition(
            code=named.code,
            provider=draw(st.sampled_from(providers)).code,
            name=named.name,
            starts_on=draw(dates),
            areas=draw(some_codes(areas)),
            cohorts=draw(some_codes(cohorts)),
            fidelity_reviews=tuple(
                draw(st.lists(st.builds(FidelityReviewDefinition, dates, scores), max_size=2))
            ),
        )
        for named in (draw(names(2)) if providers else [])
    ]
    starts_on, ends_on = sorted([draw(dates), draw(dates)])
    programme = ProgrammeDefinition(
        code=draw(codes),
        name=draw(texts),
        currency=draw(st.sampled_from(["GBP", "EUR", "DKK"])),
        starts_on=starts_on,
        ends_on=ends_on,
        operator=Named(draw(codes), draw(texts)),
        financial_year_starts=draw(st.sampled_from([YearStart(4, 1), YearStart(1, 1), YearStart(10, 31)])),
        timezone=draw(st.sampled_from(["Europe/London", "America/Argentina/Buenos_Aires"])),
        language=draw(st.sampled_from(["en", "fr", "da"])),
        areas=tuple(areas),
        cohorts=tuple(cohorts),
        providers=tuple(providers),
        services=tuple(services),
        outcomes=tuple(draw(outcome_lists())),
        funders=tuple(funders),
    )
    payers = [each.code for each in funders]
    payees = [each.code for each in providers]
    fields = {key: getattr(programme, key) for key in programme.__dataclass_fields__}
    fields["agreements"] = draw(agreement_lists(programme, payers))
    fields["provider_contracts"] = draw(agreement_lists(programme, payees))
    return ProgrammeDefinition(**fields)


buyers = st.builds(
    BuyerDefinition,
    legal_name=optional(texts),
    address=optional(texts),
    country=optional(st.sampled_from(["GB", "DK", "FR"])),
    e_address=optional(st.just(EAddress("0088", "5790000436057"))),
    vat_number=optional(st.just("DK13585628")),
    registration_number=optional(texts),
    buyer_reference=optional(texts),
    gln=optional(st.just("5790000436057")),
    siret=optional(st.just("73282932000074")),
    service_code=optional(texts),
    engagement_number=optional(texts),
    language=optional(st.sampled_from(["en", "fr", "da"])),
)
standard = st.builds(VatTreatmentDefinition, st.just("standard"), rate=optional(percents))
others = st.builds(
    VatTreatmentDefinition,
    st.sampled_from(["zero", "exempt", "outside_scope", "reverse_charge"]),
    reason=texts,
)


@st.composite
def purchase_orders(draw: st.DrawFn, number: str) -> PurchaseOrderDefinition:
    first, last = sorted([draw(dates), draw(dates)])
    starts_on, ends_on = draw(st.sampled_from([None, first])), draw(st.sampled_from([None, last]))
    return PurchaseOrderDefinition(number, starts_on, ends_on, draw(optional(amounts)))


@st.composite
def treatments(draw: st.DrawFn, outcomes: tuple[OutcomeTypeDefinition, ...]) -> tuple[Any, ...]:
    kinds = st.sampled_from([None, FEES, *(each.code for each in outcomes)])
    places = draw(st.lists(st.tuples(kinds, optional(dates)), max_size=3, unique=True))
    return tuple(replace(draw(standard | others), lines=lines, starts_on=day) for lines, day in places)


def agreement_lists(programme: ProgrammeDefinition, parties: list[str]) -> st.SearchStrategy[Any]:
    if not parties:
        return st.just(())
    some = st.lists(agreements(programme, parties), max_size=2, unique_by=lambda each: each.ref)
    return some.map(tuple)


@settings(deadline=None)  # the machine may be busy
@given(programmes())
def test_what_is_written_is_read_back_whatever_the_programme(definition: ProgrammeDefinition) -> None:
    result = read_programme(write_programme(definition).encode())
    assert result.problems == ()
    assert result.definition == definition


@settings(deadline=None)  # the machine may be busy
@given(texts)
def test_any_text_is_written_so_that_it_reads_the_same(name: str) -> None:
    definition = read().definition
    assert definition is not None
    named = replace(definition, name=name, operator=Named("OP", name))
    assert read_programme(write_programme(named).encode()).definition == named


@pytest.mark.parametrize(
    "name", ["no", "on", "~", "null", "1e5", "0o17", "1_0", "12:30", "2026-04-01", "- a", "a: b"]
)
def test_a_name_that_looks_like_something_else_stays_text(name: str) -> None:
    definition = read({"programme.name": name}).definition
    assert definition is not None
    written = write_programme(definition)
    assert f'name: "{name}"' in written
    again = read_programme(written.encode()).definition
    assert again is not None
    assert again.name == name


# A large file


def _large() -> dict[str, Any]:
    """450 agreements with 1,000 terms: councils by area, national funders everywhere, hours and cohorts."""
    areas = [f"A{n}" for n in range(400)]
    outcomes = [f"O{n}" for n in range(8)]
    tariff = [{"from": f"{year}-04-01", "amount": f"{1000 + year}.00"} for year in range(2026, 2030)]
    local = [
        {
            "ref": f"L{n}",
            "funder": "F",
            "starts_on": f"2026-{4 + n % 8:02d}-{1 + n % 28:02d}",
            "terms": [
                {
                    "ref": f"t{k}",
                    "outcome": outcomes[(n + k) % 7],
                    "price": {"balance": True},
                    "areas": [area],
                }
                for k in range(2)
            ],
        }
        for n, area in enumerate(areas)
    ]
    national = [
        {
            "ref": f"N{n}",
            "funder": "F",
            "terms": [
                {
                    "ref": f"t{k}",
                    "outcome": outcomes[k],
                    "price": {"percent_of_tariff": "1.5"},
                    "areas": areas[n * 8 :],
                    "from": f"2026-{4 + n % 9:02d}-01",
                    **({"hours_min": 16} if k % 2 else {"hours_below": 16}),
                }
                for k in range(4)
            ],
        }
        for n in range(50)
    ]
    services = [
        {
            "code": f"S{n}",
            "provider": "P",
            "name": f"Service {n}",
            "starts_on": "2026-04-01",
            "areas": areas[n::20],
        }
        for n in range(20)
    ]
    return {
        "programme": {
            "code": "LARGE",
            "name": "Large",
            "currency": "GBP",
            "starts_on": "2026-04-01",
            "ends_on": "2030-03-31",
            "operator": {"code": "OP", "name": "Operator"},
        },
        "areas": [{"code": area, "name": area} for area in areas],
        "cohorts": [{"code": f"C{n}", "name": f"C{n}"} for n in range(5)],
        "providers": [{"code": "P", "name": "Provider"}],
        "services": services,
        "outcomes": [{"code": code, "name": code, "tariff": tariff} for code in outcomes],
        "funders": [{"code": "F", "name": "Funder", "kind": "local"}],
        "agreements": local + national,
    }


def test_a_file_of_450_agreements_and_1000_terms_takes_seconds() -> None:
    content = json.dumps(_large()).encode()
    began = time.process_time()
    result = read_programme(content)
    taken = time.process_time() - began
    assert result.problems == ()
    assert {each.code for each in result.warnings} == {"hours_gap", "unfunded_outcome"}
    assert taken < 5  # about one second; the rest is for a busy machine
