"""What a verifier and an auditor are asked for."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from mhep.shared.inputs import Choices, DayField, line, number, paragraph, some_of
from outcomes.enums import Rule
from outcomes.models import OutcomeEvent
from outcomes.rules.answers import Facts
from payments.rules.credit_transfer import Account


class SelectField(forms.ChoiceField):
    template = "components/field.html"


def select(label: str, choices: Choices, *, needed: str) -> SelectField:
    """Return a choice of one from a list that opens; nothing is chosen at first."""
    return SelectField(
        label=label,
        choices=[("", "Choose"), *choices],
        error_messages={"required": needed, "invalid_choice": needed},
        widget=forms.Select(attrs={"class": "govuk-select"}),
    )


class QueryForm(forms.Form):
    """A question to the provider."""

    about = select("Which rule is it about?", Rule.choices, needed="Choose which rule the question is about")
    question = paragraph("Question to the provider", needed="Write what the provider shall answer")


class RejectForm(forms.Form):
    """Why an event does not count, and what can be done."""

    about = select("Which rule does it break?", Rule.choices, needed="Choose which rule the event breaks")
    reason = paragraph("Reason", needed="Write why the event does not count")
    cure = paragraph(
        "How to cure it",
        needed="Write what the provider can do, or that nothing can be done",
        hint="For example: record it anew under another reference with the first payslip.",
    )


class AnswerForm(forms.Form):
    """The answer to a question, with whatever of the claim it corrects."""

    answer = paragraph("Answer", needed="Write the answer to the question")
    outcome_date = DayField(label="Outcome date", needed="Enter the outcome date")
    hours = number(
        "Hours a week", wrong="Hours a week must be a number from 0 to 168, like 16 or 37.5", most=168
    )
    job = line("Job")
    evidence = line(
        "Kinds of evidence", hint="As in files, with a semicolon between two: payslip; time_slip", width=30
    )

    def __init__(self, data: Any = None, *, event: OutcomeEvent, auto_id: str = "id_%s") -> None:
        initial = {
            "outcome_date": event.outcome_date,
            "hours": event.hours_per_week,
            "job": event.job,
            "evidence": "; ".join(event.evidence),
        }
        super().__init__(data, initial=initial, auto_id=auto_id)
        self._event = event

    def facts(self) -> Facts | None:
        """Return the corrected facts of a valid form, or None if it repeats what the event says."""
        given = self.cleaned_data
        kinds = {kind.strip() for kind in given["evidence"].split(";")} - {""}
        facts = Facts(given["outcome_date"], given["hours"], given["job"].strip(), tuple(sorted(kinds)))
        event = self._event
        before = Facts(event.outcome_date, event.hours_per_week, event.job, tuple(sorted(event.evidence)))
        return None if facts == before else facts


class VoidForm(forms.Form):
    """From which day a verified event does not count, and why."""

    voided_on = DayField(label="Day of the void", needed="Enter the day from which the event does not count")
    reason = paragraph("Reason", needed="Write why the event does not count")

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data, initial={"voided_on": today})


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


class AsAtForm(forms.Form):
    """The day at whose end balances are shown."""

    on = DayField(label="As at", hint="Empty shows today. For example, 31 3 2026")

    def day(self) -> date | None:
        """Return the day that was asked for; None if there is none or it is no day."""
        return self.cleaned_data.get("on") if self.is_valid() else None


class PrepareForm(forms.Form):
    """Which providers to pay, and when."""

    pays_on = DayField(label="Day of the payments", needed="Enter the day on which the bank pays")

    def __init__(self, data: Any = None, *, payable: Choices, today: date) -> None:
        super().__init__(data, initial={"pays_on": today})
        self._today = today
        self.fields["providers"] = some_of("Providers to pay", payable, needed="Choose at least one provider")
        self.order_fields(["providers", "pays_on"])

    def clean_pays_on(self) -> date:
        pays_on: date = self.cleaned_data["pays_on"]
        if pays_on < self._today:
            raise forms.ValidationError("The bank cannot pay on a day that is over")
        return pays_on


class PayeeAccountForm(forms.Form):
    """A bank account of a provider: an IBAN, or a sort code with an account number."""

    holder = line("Name on the account", needed="Enter the name on the account", width=30)
    sort_code = line("Sort code", hint="6 digits, like 20-00-00", width=10)
    number = line("Account number", hint="8 digits", width=10)
    iban = line("IBAN", hint="Instead of sort code and account number", width=30)
    bic = line("BIC", hint="With an IBAN, if the bank wants it", width=10)

    def account(self) -> Account:
        """Return what a valid form says."""
        given = self.cleaned_data
        return Account(
            holder=given["holder"],
            iban=given["iban"],
            bic=given["bic"],
            sort_code=given["sort_code"],
            number=given["number"],
        )


class ReturnForm(forms.Form):
    """A payment that the bank sent back."""

    on = DayField(label="Day on which it came back", needed="Enter the day")
    reason = line("What the bank says", needed="Write why the bank sent it back", width=30)
