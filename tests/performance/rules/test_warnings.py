"""Early warnings: each at its threshold, and silent just before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from performance.rules.warnings import (
    CapStanding,
    LastReview,
    Regular,
    ServiceStanding,
    WarningKind,
    warnings_of,
)

TODAY = date(2025, 6, 30)
QUIET = ServiceStanding("Made-up Works", date(2025, 1, 1))


def kinds(service: ServiceStanding) -> list[WarningKind]:
    return [warning.kind for warning in warnings_of([service], [], TODAY)]


def test_a_service_that_does_well_gives_no_warning() -> None:
    service = replace(
        QUIET,
        concerns=("job starts",),
        referrals=(6, 6, 6, 6, 6, 6),
        decided=10,
        came_back=2,
        caseload=40,
        full_time=Decimal(2),
        review=LastReview(date(2025, 1, 1), 100),
        regular=(Regular("Supervision", date(2025, 6, 16), 14),),
    )
    assert kinds(service) == []


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"concerns": ("job starts", "referrals")}, WarningKind.SIGNALS),
        ({"referrals": (6, 6, 6, 6, 4, 3)}, WarningKind.REFERRALS),
        ({"decided": 5, "came_back": 2}, WarningKind.EVIDENCE),
        ({"caseload": 41, "full_time": Decimal(2)}, WarningKind.CASELOAD),
        ({"review": LastReview(date(2024, 12, 28), 99)}, WarningKind.FIDELITY),
        ({"review": LastReview(date(2024, 6, 28), 118)}, WarningKind.FIDELITY),
        ({"starts_on": date(2024, 6, 28)}, WarningKind.FIDELITY),
        ({"regular": (Regular("Supervision", date(2025, 6, 15), 14),)}, WarningKind.PRACTICE),
        ({"regular": (Regular("Team meeting", None, 14),)}, WarningKind.PRACTICE),
    ],
)
def test_a_service_past_one_threshold_gives_that_warning(
    change: dict[str, object], kind: WarningKind
) -> None:
    assert kinds(replace(QUIET, **change)) == [kind]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"concerns": ("job starts",)},
        {"referrals": (6, 6, 6, 6, 4, 4)},  # 14 of 18: more than three quarters
        {"referrals": (2, 2, 1, 1, 1, 0)},  # fewer by three only
        {"referrals": (9, 9, 1, 1, 1)},  # five months are not enough to compare
        {"decided": 4, "came_back": 4},
        {"decided": 10, "came_back": 2},
        {"caseload": 40, "full_time": Decimal(2)},
        {"caseload": 40, "full_time": Decimal(0)},
        {"review": LastReview(date(2024, 12, 29), 99)},
        {"review": LastReview(date(2024, 6, 29), 100)},
        {"starts_on": date(2024, 6, 29)},
        {"regular": (Regular("Supervision", date(2025, 6, 16), 14),)},
    ],
)
def test_a_service_up_to_a_threshold_gives_none(change: dict[str, object]) -> None:
    assert kinds(replace(QUIET, **change)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("months", [0, 3])
def test_a_cap_warns_when_it_binds_within_a_quarter(months: int) -> None:
    (found,) = warnings_of([], [CapStanding("Council 2025", 80, months)], TODAY)
    assert "80% is used" in found.figures


@pytest.mark.parametrize("months", [4, None])
def test_a_cap_that_binds_later_or_never_gives_none(months: int | None) -> None:
    assert warnings_of([], [CapStanding("Council 2025", 80, months)], TODAY) == []


def test_the_gravest_kind_comes_first_over_all_services() -> None:
    first = replace(QUIET, name="First", decided=5, came_back=5)
    second = replace(QUIET, name="Second", referrals=(9, 9, 9, 0, 0, 0))
    cap = CapStanding("Fund", 99, 1)
    found = warnings_of([first, second], [cap], TODAY)
    assert [(warning.kind, warning.subject) for warning in found] == [
        (WarningKind.CAP, "Fund"),
        (WarningKind.REFERRALS, "Second"),
        (WarningKind.EVIDENCE, "First"),
    ]
    assert "binds in about 1 month." in found[0].figures
    assert "0 in the last three months after 27" in found[1].figures
