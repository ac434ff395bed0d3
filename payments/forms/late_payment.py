"""What is asked about late payment and reference rates."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from mhep.shared.inputs import line, one_of, paragraph, select
from payments.enums import LateClaimState, ReferenceSeries
from payments.rules.late_payment import HalfYear
from payments.services.reference_rates import NewRate


class ClaimForm(forms.Form):
    """Something to add to a late payment claim; the funder reads it."""

    reason = paragraph("What the funder should know", hint="It is shown on the claim.")


class WaiveForm(forms.Form):
    """Why a claim is waived or withdrawn."""

    reason = paragraph("Reason", needed="Write why")


class DecideClaimForm(forms.Form):
    """Whether a late payment claim is charged; a refusal has its reason."""

    decision = one_of(
        "What do you decide?",
        [(LateClaimState.CHARGED, "Charge it"), (LateClaimState.REFUSED, "Refuse it")],
        needed="Choose whether it is charged",
    )
    reason = paragraph("Why not", hint="Needed where you refuse it.")

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        is_refused = self.cleaned_data.get("decision") == LateClaimState.REFUSED
        if is_refused and not self.cleaned_data.get("reason", "").strip():
            self.add_error("reason", "Write why it is not charged")
        return given


SYNTHETIC = "synthetic"
YEARS_BACK = 6
PERCENT = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,4})?")


class RateForm(forms.Form):
    """A reference rate, the half-year for which it counts, and where it was published."""

    series = select("Rate", ReferenceSeries.choices, needed="Choose the rate")
    half_year = select("Half-year for which it counts", [], needed="Choose the half-year")
    percent = line(
        "Per cent a year",
        needed="Enter the rate, like 4.25",
        hint="As it was in force on the day that the list above names. It may be negative.",
        width=5,
        inputmode="decimal",
    )
    source = line(
        "Where it was published", needed="Say where it was published", hint="For example, the bank’s notice."
    )
    origin = one_of(
        "Is it a real rate?",
        [("published", "Published by the central bank"), (SYNTHETIC, "Synthetic: made up to try things out")],
        needed="Choose whether it was published",
    )

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data)
        years = range(today.year + 1, today.year - YEARS_BACK, -1)
        halves = [HalfYear(year, half) for year in years for half in (2, 1)]
        self._halves = {str(each.first_day): each for each in halves}
        labels = [(key, str(each).capitalize()) for key, each in self._halves.items()]
        self.fields["half_year"].choices = [("", "Choose"), *labels]  # type: ignore[attr-defined]

    def clean_percent(self) -> Decimal:
        text = self.cleaned_data["percent"].strip().removesuffix("%").strip()
        if not PERCENT.fullmatch(text):
            raise forms.ValidationError("Enter a number with at most four decimals, like 4.25")
        return Decimal(text)

    def rate(self) -> NewRate:
        """Return what a valid form says."""
        given = self.cleaned_data
        half_year = self._halves[given["half_year"]]
        series = ReferenceSeries(given["series"])
        return NewRate(series, half_year, given["percent"], given["source"], given["origin"] == SYNTHETIC)
