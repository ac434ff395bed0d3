"""What a verifier is asked for."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from mhep.shared.inputs import DayField, line, number, paragraph, select
from outcomes.enums import Rule
from outcomes.models import OutcomeEvent
from outcomes.rules.answers import Facts


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
