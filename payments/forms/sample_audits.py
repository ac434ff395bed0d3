"""What somebody who looks a second time is asked for, and the provider who replies."""

from __future__ import annotations

from typing import Any

from django import forms

from mhep.shared.inputs import DayField, line, number, paragraph, select


class DrawForm(forms.Form):
    """From which events a sample is drawn, and how much of them."""

    first_day = DayField(label="Verified from", needed="Enter the first day of the period")
    last_day = DayField(label="Verified to", needed="Enter the last day of the period")
    percent = number(
        "Share to look at, in per cent",
        needed="Enter a share from 1 to 100",
        wrong="The share must be a whole number from 1 to 100",
        most=100,
    )
    seed = line(
        "Seed",
        needed="Enter a seed: any words or numbers that were not used before",
        hint="The same seed draws the same sample again. A number thrown with dice is a good one.",
    )

    def clean_percent(self) -> int:
        percent = self.cleaned_data["percent"]
        if percent != int(percent) or percent < 1:
            raise forms.ValidationError("The share must be a whole number from 1 to 100")
        return int(percent)


class FindingForm(forms.Form):
    """What the second look at one event found."""

    is_agreed = select(
        "Do you agree with the verification?",
        [("yes", "Agreed"), ("no", "Not agreed")],
        needed="Choose whether you agree",
    )
    finding = paragraph("Finding", hint="Needed where you do not agree: what is wrong, and how you know.")

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        if self.cleaned_data.get("is_agreed") == "no" and not self.cleaned_data.get("finding", "").strip():
            self.add_error("finding", "Write what is wrong and how you know")
        return given


class ReplyForm(forms.Form):
    """The provider's reply to a finding."""

    reply = paragraph("Reply", needed="Write the reply")
