"""From parsed values to a programme: keys, types and defaults (spec: programme-file, Required, Types)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from funders.rules import values
from funders.rules.definition import (
    FIRST_OF_APRIL,
    AgreementDefinition,
    ApprovalDefinition,
    Band,
    BuyerDefinition,
    CapsDefinition,
    FidelityReviewDefinition,
    FixedFeeDefinition,
    FunderDefinition,
    Named,
    OutcomeTypeDefinition,
    Price,
    ProgrammeDefinition,
    ServiceDefinition,
    SustainmentDefinition,
    TariffDefinition,
    TermDefinition,
)
from funders.rules.entries import Entry, Reading
from funders.rules.faults import Faults
from funders.rules.invoicing import (
    DUE_ON,
    LANGUAGES,
    read_buyer,
    read_purchase_orders,
    read_succession,
    read_vat,
)
from funders.rules.syntax import Value

PRICE_KINDS = ("fixed", "percent_of_tariff", "bands", "balance")
FUNDER_KINDS = values.one_of("local", "health", "national", "philanthropic")
ONCE_PER = values.one_of("participant", "job")
BILLING = values.one_of("monthly", "quarterly")
SILENCE = values.one_of("waits", "approves")
OVER_CAP = values.one_of("lapse", "carry_forward")
CLAWBACK = values.one_of("first_paid", "marginal")
COUNTS = values.one_of("work", "education", "work_and_education")
SIDES = {"agreements": "funder", "provider_contracts": "provider"}


@dataclass(frozen=True, slots=True)
class Draft:
    """
    A file as far as it could be read, in the shape of a programme, with its faults.

    Every entry of a list is there, at its index. A value that is missing or bad is its kind's
    blank: before relying on one, ask ``faults`` about its item or its place. ``defaulted`` holds
    the places of the agreements' dates that the file leaves to the programme's.
    """

    definition: ProgrammeDefinition
    faults: Faults
    defaulted: frozenset[str]


def read_shape(root: dict[str, Value], reading: Reading) -> Draft:
    """
    Return the draft of a parsed file, recording unknown keys, missing keys and bad values.

    :raises TooMuch: if there is more to read, or more wrong, than the limits of the reading allow.
    """
    file = Entry(reading, "", root, "")
    programme = file.need_inner("programme", is_item=True)
    definition = _programme(file, programme)
    programme.close()
    file.close()
    return Draft(definition, reading.faults, frozenset(reading.defaulted))


def _programme(file: Entry, programme: Entry) -> ProgrammeDefinition:
    starts_on = programme.need("starts_on", values.DATE)
    ends_on = programme.need("ends_on", values.DATE)
    lifetime = AgreementDefinition("", "", starts_on, ends_on)
    operator = programme.need_inner("operator")
    return ProgrammeDefinition(
        code=programme.need("code", values.CODE),
        name=programme.need("name", values.TEXT),
        currency=programme.need("currency", values.CURRENCY),
        starts_on=starts_on,
        ends_on=ends_on,
        operator=_named(operator),
        financial_year_starts=programme.take("financial_year_starts", values.YEAR_START, FIRST_OF_APRIL),
        timezone=programme.take("timezone", values.TIMEZONE, "Europe/London"),
        language=programme.take("language", LANGUAGES, "en"),
        areas=tuple(_named(entry) for entry in file.items("areas")),
        cohorts=tuple(_named(entry) for entry in file.items("cohorts")),
        providers=tuple(_named(entry) for entry in file.items("providers")),
        services=tuple(_service(entry) for entry in file.items("services")),
        outcomes=tuple(_outcome(entry) for entry in file.items("outcomes")),
        funders=tuple(_funder(entry) for entry in file.items("funders")),
        agreements=_agreements(file, "agreements", lifetime),
        provider_contracts=_agreements(file, "provider_contracts", lifetime),
    )


def _named(entry: Entry) -> Named:
    named = Named(entry.need("code", values.CODE), entry.need("name", values.TEXT))
    entry.close()
    return named


def _service(entry: Entry) -> ServiceDefinition:
    service = ServiceDefinition(
        code=entry.need("code", values.CODE),
        provider=entry.need("provider", values.CODE),
        name=entry.need("name", values.TEXT),
        starts_on=entry.need("starts_on", values.DATE),
        areas=entry.listed("areas", values.CODE),
        cohorts=entry.listed("cohorts", values.CODE),
        fidelity_reviews=tuple(_review(part) for part in entry.parts("fidelity_reviews")),
    )
    entry.close()
    return service


def _review(entry: Entry) -> FidelityReviewDefinition:
    review = FidelityReviewDefinition(entry.need("date", values.DATE), entry.need("score", values.SCORE))
    entry.close()
    return review


def _outcome(entry: Entry) -> OutcomeTypeDefinition:
    sustainment = entry.inner("sustainment")
    outcome = OutcomeTypeDefinition(
        code=entry.need("code", values.CODE),
        name=entry.need("name", values.TEXT),
        tariffs=_tariffs(entry),
        once_per=entry.take("once_per", ONCE_PER, "participant"),
        requires=entry.take("requires", values.CODE, None),
        min_days_after=entry.take("min_days_after", values.DURATION, 0),
        min_hours=entry.take("min_hours", values.HOURS, None),
        window_days=entry.take("window_days", values.DURATION, None),
        submit_within_days=entry.take("submit_within_days", values.DURATION, None),
        evidence_all_of=entry.listed("evidence_all_of", values.TEXT),
        evidence_any_of=entry.listed("evidence_any_of", values.TEXT),
        evidence_one_set_of=entry.sets("evidence_one_set_of", values.TEXT),
        sustainment=_sustainment(sustainment) if sustainment else None,
    )
    entry.close()
    return outcome


def _tariffs(outcome: Entry) -> tuple[TariffDefinition, ...]:
    tariffs: list[TariffDefinition] = []
    for entry in outcome.parts("tariff"):
        tariff = TariffDefinition(entry.need("from", values.DATE), entry.need("amount", values.AMOUNT))
        entry.close()
        if tariff.starts_on in {each.starts_on for each in tariffs} and entry.has("from"):
            entry.refuse("from", f"Two tariffs begin on {tariff.starts_on}. Keep one of them.")
        tariffs.append(tariff)
    return tuple(tariffs)


def _sustainment(entry: Entry) -> SustainmentDefinition:
    sustainment = SustainmentDefinition(
        weeks=entry.need("weeks", values.WEEKS),
        within_weeks=entry.take("within_weeks", values.DURATION, None),
        max_gap_days=entry.take("max_gap_days", values.DURATION, 0),
        hours_min=entry.take("hours_min", values.HOURS, None),
        hours_below=entry.take("hours_below", values.HOURS, None),
        counts=entry.take("counts", COUNTS, "work"),
        same_job=entry.take("same_job", values.FLAG, default=False),
    )
    within = sustainment.within_weeks
    if within is not None and within < sustainment.weeks:
        message = f"{within} weeks cannot hold {sustainment.weeks}. Raise within_weeks or leave it out."
        entry.refuse("within_weeks", message)
    _check_hours(entry, sustainment.hours_min, sustainment.hours_below)
    entry.close()
    return sustainment


def _check_hours(entry: Entry, least: Decimal | None, below: Decimal | None) -> None:
    if least is not None and below is not None and below <= least:
        message = f"No hours are at least {least} and below {below}. Raise hours_below or lower hours_min."
        entry.refuse("hours_below", message)


def _funder(entry: Entry) -> FunderDefinition:
    invoicing, succeeds = entry.inner("invoicing"), entry.inner("succeeds")
    funder = FunderDefinition(
        entry.need("code", values.CODE),
        entry.need("name", values.TEXT),
        entry.need("kind", FUNDER_KINDS),
        read_buyer(invoicing) if invoicing else BuyerDefinition(),
        read_succession(succeeds) if succeeds else None,
    )
    entry.close()
    return funder


def _agreements(file: Entry, side: str, lifetime: AgreementDefinition) -> tuple[AgreementDefinition, ...]:
    return tuple(_agreement(entry, SIDES[side], lifetime) for entry in file.items(side))


def _agreement(entry: Entry, party: str, lifetime: AgreementDefinition) -> AgreementDefinition:
    entry.reading.defaulted.update(entry.at(key) for key in ("starts_on", "ends_on") if not entry.has(key))
    caps = entry.inner("caps")
    approval = entry.inner("approval") if party == "funder" else None
    agreement = AgreementDefinition(
        ref=entry.need("ref", values.CODE),
        party=entry.need(party, values.CODE),
        starts_on=entry.take("starts_on", values.DATE, lifetime.starts_on),
        ends_on=entry.take("ends_on", values.DATE, lifetime.ends_on),
        po_number=entry.take("po_number", values.TEXT, None),
        billing=entry.take("billing", BILLING, "monthly"),
        payment_days=entry.take("payment_days", values.DURATION, 30),
        vat_rate=entry.take("vat_rate", values.PERCENT, Decimal(0)),
        vat=read_vat(entry),
        purchase_orders=read_purchase_orders(entry),
        po_required=entry.take("po_required", values.FLAG, default=False),
        due_on=entry.take("due_on", DUE_ON, "any_day"),
        caps=_caps(caps) if caps else CapsDefinition(),
        fixed_fees=tuple(_fee(item) for item in entry.items("fixed_fees")),
        terms=tuple(_term(item) for item in entry.items("terms")),
        approval=_approval(approval) if approval else None,
    )
    entry.close()
    return agreement


def _approval(entry: Entry) -> ApprovalDefinition:
    approval = ApprovalDefinition(
        days=entry.need("days", values.WAITING_DAYS), silence=entry.take("silence", SILENCE, "waits")
    )
    entry.close()
    return approval


def _caps(entry: Entry) -> CapsDefinition:
    years = entry.inner("financial_year")
    caps = CapsDefinition(
        total_minor=entry.take("total", values.AMOUNT, None),
        financial_year_minor=_by_year(years) if years else (),
        per_participant_minor=entry.take("per_participant", values.AMOUNT, None),
        partial=entry.take("partial", values.FLAG, default=True),
        over_cap=entry.take("over_cap", OVER_CAP, "lapse"),
    )
    entry.close()
    return caps


def _by_year(entry: Entry) -> tuple[tuple[int, int], ...]:
    amounts: list[tuple[int, int]] = []
    for key in entry.keys():  # noqa: SIM118 - an entry is no mapping
        amount = entry.take(key, values.AMOUNT, None)
        if len(key) != 4 or not (key.isascii() and key.isdigit()) or key == "0000":
            entry.refuse(
                key, f"Name a financial year by the year in which it begins, like 2026, not {key[:60]!r}."
            )
        elif amount is not None:
            amounts.append((int(key), amount))
    return tuple(sorted(amounts))


def _fee(entry: Entry) -> FixedFeeDefinition:
    fee = FixedFeeDefinition(
        ref=entry.need("ref", values.CODE),
        description=entry.take("description", values.TEXT, None),
        first=entry.need("from", values.MONTH),
        last=entry.need("to", values.MONTH),
        amount_minor=entry.take("amount", values.AMOUNT, None),
        total_minor=entry.take("total", values.AMOUNT, None),
    )
    if entry.has("amount") and entry.has("total"):
        entry.refuse_all("bad_value", "Give a fee either an amount a month or a total, not both.")
    elif not entry.has("total"):
        entry.require("amount", "Add the amount a month, or the total of all months.")
    entry.close()
    return fee


def _term(entry: Entry) -> TermDefinition:
    term = TermDefinition(
        ref=entry.need("ref", values.CODE),
        outcome=entry.need("outcome", values.CODE),
        price=_price(entry.need_inner("price")),
        areas=entry.listed("areas", values.CODE),
        services=entry.listed("services", values.CODE),
        cohorts=entry.listed("cohorts", values.CODE),
        hours_min=entry.take("hours_min", values.HOURS, None),
        hours_below=entry.take("hours_below", values.HOURS, None),
        min_fidelity=entry.take("min_fidelity", values.SCORE, None),
        starts_on=entry.take("from", values.DATE, None),
        ends_on=entry.take("to", values.DATE, None),
        max_count=entry.take("max_count", values.COUNT, None),
        max_amount_minor=entry.take("max_amount", values.AMOUNT, None),
        priority=entry.take("priority", values.COUNT, 100),
        clawback=entry.take("clawback", CLAWBACK, "first_paid"),
        clause=entry.take("clause", values.TEXT, None),
    )
    _check_hours(entry, term.hours_min, term.hours_below)
    entry.close()
    return term


def _price(entry: Entry) -> Price:
    given = [kind for kind in PRICE_KINDS if entry.has(kind)]
    if len(given) > 1:
        entry.refuse_all("bad_value", f"Keep one kind of price of {' and '.join(given)}.")
    elif not given and not entry.is_silent:
        entry.refuse_all("missing_key", f"Add one kind of price: {', '.join(PRICE_KINDS)}.")
    price = Price(
        kind=given[0] if given else "fixed",
        fixed_minor=entry.take("fixed", values.AMOUNT, None),
        percent=entry.take("percent_of_tariff", values.PERCENT, None),
        bands=tuple(_band(part) for part in entry.parts("bands")),
    )
    entry.take("balance", values.YES, default=True)
    entry.close()
    return price


def _band(entry: Entry) -> Band:
    band = Band(entry.take("up_to", values.COUNT, None), entry.need("amount", values.AMOUNT))
    entry.close()
    return band
