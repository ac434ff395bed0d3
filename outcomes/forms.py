"""What is asked for, page by page, to log an outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms

from mhep.shared.cells import MAX_HOURS, read_hours
from mhep.shared.columns import PROBLEM_HEADINGS, Column, Doubts, Layout, doubts_of
from mhep.shared.inputs import Choices, DayField, line, one_of, one_row, paragraph
from mhep.shared.received import MAX_BYTES
from mhep.shared.sealed_ids import Kind
from outcomes.models import AnswerDraft, OutcomeDraft, OutcomeEvent
from outcomes.selectors.answers import as_claimed
from outcomes.selectors.drafts import TYPED, is_about_work, typed
from outcomes.services.file_imports import Matching
from participants.models import Participant

HOURS_WRONG = f"Hours a week must be a number from 0 to {MAX_HOURS}, like 16 or 37.5"
WHO = "Choose a person, or enter a reference"
ACCEPTED = "image/jpeg,image/png,image/heic,application/pdf,.pdf,.jpg,.jpeg,.png,.heic,.heif,.docx,.xlsx,.eml"


def _hours(text: str) -> str:
    """Return hours as they were typed, if they can be read."""
    try:
        read_hours(text)
    except ValueError:
        raise forms.ValidationError(HOURS_WRONG) from None
    return text


class WhoForm(forms.Form):
    """Somebody of the list, or somebody by reference."""

    def __init__(
        self, *args: Any, people: Sequence[Participant], names: dict[int, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if people:
            person = one_row("Who is it about?", Kind.PARTICIPANT, needed=WHO)
            person.required = False
            person.offer((each.pk, names.get(each.pk) or each.reference) for each in people)
            self.fields["person"] = person
        label = "Somebody else, by reference" if people else "Reference of the person"
        self.fields["reference"] = line(label, needed=WHO, width=20)
        self.fields["reference"].required = False

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("person") and not given.get("reference"):
            first = "person" if "person" in self.fields else "reference"
            self.add_error(first, WHO)
        return given


class OutcomeForm(forms.Form):
    """What was achieved."""

    outcome = one_of("What was achieved?", [], needed="Choose what was achieved")

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = list(choices)  # type: ignore[attr-defined]


class DetailsForm(forms.Form):
    """When; and, where it matters, for how many hours and in which job."""

    def __init__(self, *args: Any, draft: OutcomeDraft, **kwargs: Any) -> None:
        parts = [typed(draft, name) for name in TYPED[:3]]
        super().__init__(*args, **kwargs)
        self.initial = {
            "happened": parts if any(parts) else None,
            "hours": typed(draft, "hours"),
            "job": typed(draft, "job"),
        }
        kind = draft.outcome_type
        self.fields["happened"] = DayField(
            label="When did it happen?", needed="Enter the day on which it happened"
        )
        if kind and not is_about_work(draft, kind):
            return
        least = kind.min_hours if kind else None
        self.fields["hours"] = line(
            "Hours a week",
            hint=f"At least {least:f}" if least is not None else "For example, 16 or 37.5",
            width=5,
            inputmode="decimal",
        )
        self.fields["job"] = line("Job", hint=self._jobs(draft), width=20)

    @staticmethod
    def _jobs(draft: OutcomeDraft) -> str:
        jobs = sorted(set(draft.participant.work_periods.values_list("job", flat=True)))
        known = f"Known jobs: {', '.join(jobs)}" if jobs else "For example, Job 1"
        return f"What you call it here, not the employer’s name. {known}"

    def clean_hours(self) -> str:
        return _hours(self.cleaned_data["hours"])

    def raw(self) -> dict[str, str]:
        """Return what was typed, right or wrong."""
        return {name: str(self.data[name]) for name in TYPED if name in self.data}


class AnswerForm(forms.Form):
    """The answer to a question, with whatever it corrects of the claim."""

    answer = paragraph("Your answer", needed="Write the answer to the question")

    def __init__(self, *args: Any, draft: AnswerDraft, event: OutcomeEvent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = {**as_claimed(event), **draft.typed}
        self.initial = {name: said[name] for name in ("answer", "hours", "job")}
        self.initial["happened"] = [said[name] for name in TYPED[:3]]
        self.fields["happened"] = DayField(
            label="When did it happen?", needed="Enter the day on which it happened"
        )
        self.fields["hours"] = line("Hours a week", width=5, inputmode="decimal")
        self.fields["job"] = line("Job", hint="What you call it here, not the employer’s name", width=20)

    def clean_hours(self) -> str:
        return _hours(self.cleaned_data["hours"])

    def raw(self) -> dict[str, str]:
        """Return what was typed, right or wrong."""
        return {name: str(self.data[name]) for name in ("answer", *TYPED) if name in self.data}


class EvidenceField(forms.FileField):
    template = "components/field.html"


class EvidenceForm(forms.Form):
    """One piece of evidence: its kind, and the photograph or file if there is one."""

    kind = one_of("What evidence is it?", [], needed="Choose what evidence it is")
    file = EvidenceField(
        label="Photograph or file (optional)",
        help_text="Take a photograph, or choose a picture (JPEG, PNG or HEIC), a PDF, Word, Excel or e-mail "
        "file of up to 10 MB. Without a file you say that you hold the evidence yourselves.",
        required=False,
        max_length=255,
        error_messages={"empty": "The file is empty. Choose another one."},
        widget=forms.FileInput(attrs={"class": "govuk-file-upload", "accept": ACCEPTED}),
    )

    def __init__(self, *args: Any, kinds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = list(kinds)  # type: ignore[attr-defined]

    def is_blank(self) -> bool:
        """Tell whether nothing was chosen at all."""
        return not self.data.get("kind") and not self.files

    def content(self) -> bytes:
        """Return the bytes of the file; of one that is too large, enough to find that out."""
        return bytes(self.cleaned_data["file"].read(MAX_BYTES + 1))


class ColumnsForm(forms.Form):
    """Which column of a file is which, and how its dates and numbers are written where that is in doubt."""

    NOT_HERE = "-"
    DAY_ORDERS = (
        ("dmy", "Day first: 03/04/2026 is 3 April 2026"),
        ("mdy", "Month first: 03/04/2026 is 4 March 2026"),
        ("ymd", "Neither: report these rows, I will write the dates as 2026-04-30"),
    )
    DECIMAL_MARKS = (
        (",", "A comma is a decimal mark: 37,5 is thirty-seven and a half"),
        (".", "It is not: report these rows"),
    )

    def __init__(self, *args: Any, matching: Matching, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.matching = matching
        labels = [(label, label) for label in matching.table.labels]
        for column in matching.columns:
            first = ("", "Choose a column") if column.is_required else (self.NOT_HERE, "Not in this file")
            self.fields[column.heading] = _choice_of_column(column, [first, *labels])
            self.initial[column.heading] = matching.layout.columns.get(column.heading, first[0])
            if held := self._examples(column.heading):
                self.fields[column.heading].help_text = f"{column.about}. Yours holds, for example: {held}"
        layout = self._wanted() if self.is_bound else matching.layout
        doubts = doubts_of(matching.table, matching.columns, layout)
        self.initial.update(_answers_so_far(matching.layout, doubts))
        if doubts.days:
            label = f"How are the dates written? The file has, for example, {', '.join(doubts.days)}"
            self.fields["day_order"] = one_of(label, self.DAY_ORDERS, needed="Say how the dates are written")
        if doubts.numbers:
            label = f"What is the comma in the hours? The file has, for example, {', '.join(doubts.numbers)}"
            self.fields["decimal_mark"] = one_of(
                label, self.DECIMAL_MARKS, needed="Say what the comma in the hours is"
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        used = Counter(given.get(column.heading) for column in self.matching.columns)
        for column in self.matching.columns:
            label = given.get(column.heading)
            if label and label != self.NOT_HERE and used[label] > 1:
                self.add_error(column.heading, f"The column {label} is chosen twice. Choose another one.")
        return given

    def layout(self) -> Layout:
        """Return what a valid form says."""
        return replace(
            self._wanted(),
            day_order=self.cleaned_data.get("day_order", ""),
            decimal_mark=self.cleaned_data.get("decimal_mark", ""),
        )

    def matches(self) -> list[forms.BoundField]:
        """Return the choice for each column that is asked for."""
        return [self[column.heading] for column in self.matching.columns]

    def unused(self) -> list[str]:
        """Return the columns of the file that are left out as the form stands."""
        chosen = {self[column.heading].value() for column in self.matching.columns}
        return [label for label in self.matching.table.labels if label not in {*chosen, *PROBLEM_HEADINGS}]

    def _wanted(self) -> Layout:
        given = {column.heading: str(self.data.get(column.heading, "")) for column in self.matching.columns}
        return Layout(
            {heading: label for heading, label in given.items() if label not in ("", self.NOT_HERE)}
        )

    def _examples(self, heading: str) -> str:
        label, table = self[heading].value(), self.matching.table
        if label not in table.labels:
            return ""
        place = table.labels.index(label)
        held = dict.fromkeys(row.cells[place][:40] for row in table.rows[:200] if row.cells[place])
        return ", ".join(list(held)[:3])


class ConfirmForm(forms.Form):
    """Whether the good rows are stored whatever happens to one of them, or all or none."""

    is_whole = forms.BooleanField(required=False)


class ColumnField(forms.ChoiceField):
    template = "components/field.html"


def _choice_of_column(column: Column, choices: Choices) -> ColumnField:
    needed = f"Choose the column that holds {column.heading}"
    return ColumnField(
        label=column.heading,
        help_text=column.about,
        choices=choices,
        error_messages={"required": needed, "invalid_choice": needed},
        widget=forms.Select(attrs={"class": "govuk-select"}),
    )


def _answers_so_far(layout: Layout, doubts: Doubts) -> dict[str, str]:
    """Return what somebody said before, or the only order in which every date is a real one."""
    only = doubts.day_orders[0] if len(doubts.day_orders) == 1 else ""
    return {"day_order": layout.day_order or only, "decimal_mark": layout.decimal_mark}
