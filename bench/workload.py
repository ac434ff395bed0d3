"""
The baselines' workload as programme files and import files.

``python bench/workload.py SIZE`` reads ``$BENCH_HOME/data/SIZE/*.csv``, written by the baselines'
generator, and writes ``$BENCH_HOME/mhep/SIZE/PROGRAMME/{programme.yaml,participants.csv,outcomes.csv}``
with the same people, events, funders, terms and caps. Two things differ because our contract
differs: a tier that pays a percentage becomes a band that pays that share of the tariff, and the
residual funder's terms become balance terms. All prices are synthetic.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

from common import HOME, ROOT

sys.path.insert(0, str(ROOT))

from datetime import date

from funders.rules.definition import (
    AgreementDefinition,
    Band,
    CapsDefinition,
    FunderDefinition,
    Named,
    OutcomeTypeDefinition,
    Price,
    ProgrammeDefinition,
    ServiceDefinition,
    TariffDefinition,
    TermDefinition,
)
from funders.rules.programme_file import write_programme
from outcomes.rules.acceptance import HEADINGS as EVENT_HEADINGS
from participants.rules.acceptance import HEADINGS as PARTICIPANT_HEADINGS

OUTCOMES = ("ENROL", "ENG", "JOB", "S13", "S26", "QUAL")
FIRST_DAY, LAST_DAY = date(2022, 4, 1), date(2030, 3, 31)
YEARS = range(2022, 2030)
KINDS = {"local": "local", "national": "national", "residual": "health"}


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def grouped(rows: Iterable[dict[str, str]], key: str) -> dict[str, list[dict[str, str]]]:
    groups: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


class Workload:
    """The generator's tables of one size, by programme."""

    def __init__(self, folder: Path) -> None:
        self.services = grouped(rows_of(folder, "service"), "programme_id")
        self.contracts = grouped(rows_of(folder, "contract"), "programme_id")
        self.terms = grouped(rows_of(folder, "term"), "contract_id")
        self.tiers = grouped(rows_of(folder, "term_tier"), "term_id")
        self.tariffs = {
            (row["programme_id"], int(row["outcome_id"])): int(row["tariff_pence"])
            for row in rows_of(folder, "tariff")
        }

    def definition(self, programme: str) -> ProgrammeDefinition:
        services = self.services[programme]
        areas = sorted({row["area_id"] for row in services}, key=int)
        providers = sorted({row["provider_id"] for row in services}, key=int)
        return ProgrammeDefinition(
            code=f"BENCH-{programme}",
            name=f"Benchmark programme {programme} (synthetic prices)",
            currency="GBP",
            starts_on=FIRST_DAY,
            ends_on=LAST_DAY,
            operator=Named("BENCH", "Benchmark operator"),
            areas=tuple(Named(f"A{area}", f"Area {area}") for area in areas),
            providers=tuple(Named(f"P{key}", f"Provider {key}") for key in providers),
            services=tuple(
                ServiceDefinition(
                    code=row["code"],
                    provider=f"P{row['provider_id']}",
                    name=f"Service {row['code']}",
                    starts_on=FIRST_DAY,
                    areas=(f"A{row['area_id']}",),
                )
                for row in services
            ),
            outcomes=tuple(
                OutcomeTypeDefinition(
                    code=code,
                    name=code,
                    tariffs=(TariffDefinition(FIRST_DAY, self.tariffs[programme, number]),),
                )
                for number, code in enumerate(OUTCOMES, 1)
            ),
            funders=tuple(
                FunderDefinition(row["funder"], f"Funder {row['funder']}", KINDS[row["scope"]])
                for row in self.contracts[programme]
            ),
            agreements=tuple(self._agreement(programme, row) for row in self.contracts[programme]),
        )

    def _agreement(self, programme: str, contract: dict[str, str]) -> AgreementDefinition:
        year_cap = contract["fy_cap_pence"]
        return AgreementDefinition(
            ref=contract["funder"],
            party=contract["funder"],
            starts_on=FIRST_DAY,
            ends_on=LAST_DAY,
            caps=CapsDefinition(
                total_minor=int(contract["life_cap_pence"]) if contract["life_cap_pence"] else None,
                financial_year_minor=tuple((year, int(year_cap)) for year in YEARS) if year_cap else (),
            ),
            terms=tuple(self._term(programme, row) for row in self.terms[contract["id"]]),
        )

    def _term(self, programme: str, row: dict[str, str]) -> TermDefinition:
        tariff = self.tariffs[programme, int(row["outcome_id"])]
        return TermDefinition(
            ref=f"T{row['id']}",
            outcome=OUTCOMES[int(row["outcome_id"]) - 1],
            price=_price(row["kind"], self.tiers[row["id"]], tariff),
            areas=(f"A{row['area_id']}",) if row["area_id"] else (),
            hours_min=Decimal(row["min_hours"]) if row["min_hours"] else None,
        )


def _price(kind: str, tiers: list[dict[str, str]], tariff: int) -> Price:
    if kind == "R":
        return Price("balance")
    if len(tiers) > 1:
        return Price("bands", bands=tuple(_bands(tiers, tariff)))
    (tier,) = tiers
    if tier["fixed_pence"]:
        return Price("fixed", fixed_minor=int(tier["fixed_pence"]))
    return Price("percent_of_tariff", percent=Decimal(tier["pct_bp"]) / 100)


def _bands(tiers: list[dict[str, str]], tariff: int) -> Iterable[Band]:
    for number, tier in enumerate(tiers, 1):
        amount = int(tier["fixed_pence"]) if tier["fixed_pence"] else tariff * int(tier["pct_bp"]) // 10_000
        yield Band(int(tier["to_n"]) if number < len(tiers) else None, amount)


def write_people(folder: Path, size_dir: Path, services: dict[str, dict[str, str]]) -> None:
    """Stream participants and events into one file a programme."""
    with Split(folder, "participants.csv", PARTICIPANT_HEADINGS) as split:
        for row in stream(size_dir / "participant.csv"):
            service, started = services[row["service_id"]], row["started_on"]
            area = f"A{service['area_id']}"
            split.write(
                service["programme_id"], [row["ref"], service["code"], area, "", started, started, started]
            )
    with Split(folder, "outcomes.csv", EVENT_HEADINGS) as split:
        for row in stream(size_dir / "event.csv"):
            happened = row["occurred_on"]
            verified = row["verified_on"] if row["status"] == "V" else ""
            reference, person = f"E{int(row['id']):09d}", f"P{int(row['participant_id']):08d}"
            outcome = OUTCOMES[int(row["outcome_id"]) - 1]
            values = [reference, person, outcome, happened, row["hours"], "", "", happened, verified, ""]
            split.write(services[row["service_id"]]["programme_id"], values)


def stream(path: Path) -> Iterable[dict[str, str]]:
    with path.open(newline="") as file:
        yield from csv.DictReader(file)


class Split:
    """Writes rows into one CSV file of the same name for each programme."""

    def __init__(self, folder: Path, name: str, headings: tuple[str, ...]) -> None:
        self._folder, self._name, self._headings = folder, name, headings
        self._stack = ExitStack()
        self._writers: dict[str, Any] = {}

    def __enter__(self) -> Split:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def write(self, programme: str, values: list[str]) -> None:
        if programme not in self._writers:
            path = self._folder / f"BENCH-{programme}" / self._name
            file = self._stack.enter_context(path.open("w", newline=""))
            self._writers[programme] = csv.writer(file, lineterminator="\n")
            self._writers[programme].writerow(self._headings)
        self._writers[programme].writerow(values)


def make(size: str) -> Path:
    """Write the files of one size, unless they are there, and return their folder."""
    folder = HOME / "mhep" / size
    done = folder / "done"
    if not done.exists():
        size_dir = HOME / "data" / size
        workload = Workload(size_dir)
        for programme in workload.services:
            target = folder / f"BENCH-{programme}"
            target.mkdir(parents=True, exist_ok=True)
            (target / "programme.yaml").write_text(write_programme(workload.definition(programme)))
        write_people(folder, size_dir, {row["id"]: row for row in rows_of(size_dir, "service")})
        done.touch()
    return folder


if __name__ == "__main__":
    print(make(sys.argv[1]))
