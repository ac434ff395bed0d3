"""What the performance team and the managers of services are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from funders.models import Service
from mhep.shared.inputs import DayField, OneRowField, amount, line, number, one_of, paragraph, select, some_of
from mhep.shared.sealed_ids import Kind
from mhep.shared.tables import UnreadableTable, read_table
from performance.enums import (
    ActionState,
    PercentageRule,
    PracticeKind,
    ProfileRhythm,
    PublishedBy,
    Scenario,
)
from performance.rules.disclosure import DisclosureRule, Percentages
from performance.rules.fidelity import HIGHEST, ITEMS, LOWEST, Section
from performance.rules.metrics import Unit
from performance.rules.profiles import HEADINGS, SUBJECTS, Plan, Rhythm, read_profile, read_value
from performance.services.disclosure import Ruled
from performance.services.fidelity import Scored
from performance.services.reviews import Task

NAMES_NOBODY = "Write no names of participants."


class _AboutAService(forms.Form):
    """A form that may be about one of some services."""

    needed_service = ""
    about_all = "All services"

    def __init__(self, data: Any = None, *, services: Iterable[Service], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self._services = {service.pk: service for service in services}
        field = OneRowField(
            kind=Kind.SERVICE,
            label="Service" if self.needed_service else "Which service (optional)",
            required=bool(self.needed_service),
            error_messages={"required": self.needed_service, "invalid_choice": "Choose one of the services"},
        )
        field.offer((key, service.name) for key, service in self._services.items())
        if not self.needed_service:
            field.offer_none(self.about_all)
        self.fields["service"] = field

    @property
    def service(self) -> Service | None:
        """The service that was chosen, if one was."""
        key = self.cleaned_data["service"]
        return self._services[key] if key else None


class PlanReviewForm(_AboutAService):
    """A review that is planned: of the contract with its funders, or of one service with its provider."""

    about_all = "The contract, with its funders"
    on = DayField(label="Day of the review", needed="Enter the day of the review")

    def __init__(self, data: Any = None, *, services: Iterable[Service]) -> None:
        super().__init__(data, services=services)
        self.fields["service"].label = "What is reviewed"
        self.order_fields(["service", "on"])


class HoldReviewForm(forms.Form):
    """That a review was held."""

    on = DayField(label="Day on which it was held", needed="Enter the day on which it was held")


class NoteForm(_AboutAService):
    """What was said at a review."""

    text = paragraph("Note", needed="Write what was said", hint=NAMES_NOBODY)

    def __init__(self, data: Any = None, *, services: Iterable[Service]) -> None:
        super().__init__(data, services=services, auto_id="note_%s")


class ActionForm(_AboutAService):
    """What was agreed at a review."""

    about_all = "None in particular"
    text = paragraph("What is done", needed="Write what is done", hint=NAMES_NOBODY)
    owner = line(
        "Who does it", needed="Enter who does it", hint="An organisation or a role, such as “Finance team”."
    )
    due_on = DayField(label="Due on", needed="Enter the day on which it is due")

    def __init__(self, data: Any = None, *, services: Iterable[Service]) -> None:
        super().__init__(data, services=services, auto_id="action_%s")

    def clean_owner(self) -> str:
        owner = str(self.cleaned_data["owner"]).strip()
        if len(owner) > 100:
            raise forms.ValidationError("Who does it must be 100 characters or fewer")
        return owner

    def task(self) -> Task:
        """Return what was agreed, of a valid form."""
        given = self.cleaned_data
        return Task(given["text"], given["owner"], given["due_on"], self.service)


class TellActionForm(forms.Form):
    """How an action goes."""

    state = one_of(
        "How does it stand?",
        [
            (ActionState.OPEN, "Still open"),
            (ActionState.DONE, "Done"),
            (ActionState.DROPPED, "Dropped: it will not be done"),
        ],
        needed="Choose how it stands",
    )
    text = paragraph("What happened", needed="Write what happened", hint=NAMES_NOBODY)


class CadenceForm(forms.Form):
    """How often services shall meet."""

    kind = one_of("Which meeting", PracticeKind.choices, needed="Choose which meeting")
    every_days = number(
        "Every how many days",
        needed="Enter every how many days",
        wrong="Every how many days must be a whole number from 1 to 366, like 14",
        most=366,
    )

    def clean_every_days(self) -> int:
        return _whole(self.cleaned_data["every_days"], "Every how many days", 1, 366)


class PracticeForm(_AboutAService):
    """A supervision or meeting that a service held."""

    needed_service = "Choose the service"
    kind = one_of("Which meeting", PracticeKind.choices, needed="Choose which meeting")
    held_on = DayField(label="Day on which it was held", needed="Enter the day on which it was held")
    attended = number(
        "How many came",
        needed="Enter how many came",
        wrong="How many came must be a whole number from 1 to 200",
        most=200,
    )

    def __init__(self, data: Any = None, *, services: Iterable[Service]) -> None:
        super().__init__(data, services=services)
        self.order_fields(["service", "kind", "held_on", "attended"])

    def clean_attended(self) -> int:
        return _whole(self.cleaned_data["attended"], "How many came", 1, 200)


class FidelityForm(_AboutAService):
    """The scores of a fidelity review, one field for each item."""

    needed_service = "Choose the service that was reviewed"
    on = DayField(label="Day of the review", needed="Enter the day of the review")
    reviewers = line(
        "Who reviewed",
        needed="Enter who reviewed",
        hint="The organisations or roles of the reviewers.",
    )
    summary = paragraph("Summary", hint=NAMES_NOBODY)

    def __init__(self, data: Any = None, *, services: Iterable[Service], initial: Any = None) -> None:
        super().__init__(data, services=services, initial=initial)
        for item in ITEMS:
            self.fields[f"item-{item.number}"] = select(
                f"{item.number}. {item.name}",
                [(str(score), str(score)) for score in range(LOWEST, HIGHEST + 1)],
                needed=f"Choose a score for item {item.number}, {item.name.lower()}",
            )
        self.order_fields(["service", "on", "reviewers"])

    def head(self) -> list[forms.BoundField]:
        """Return the fields before the scores."""
        return [self["service"], self["on"], self["reviewers"]]

    def parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return each section of the scale with the fields of its items."""
        return [
            (section.value, [self[f"item-{item.number}"] for item in ITEMS if item.section is section])
            for section in Section
        ]

    def scored(self) -> Scored:
        """Return the review of a valid form."""
        given = self.cleaned_data
        return Scored(
            on=given["on"],
            reviewers=given["reviewers"],
            summary=given["summary"],
            scores={item.number: int(given[f"item-{item.number}"]) for item in ITEMS},
        )


def _whole(value: Any, label: str, least: int, most: int) -> int:
    if value != int(value) or not least <= value <= most:
        raise forms.ValidationError(f"{label} must be a whole number from {least} to {most}")
    return int(value)


WHOLE = "-"  # stands for the whole programme where a service can be chosen


class ProfileForm(forms.Form):
    """A new version of a profile: typed as a table, or uploaded as one."""

    subject = select(
        "What is planned",
        [(subject.code, subject.name) for subject in SUBJECTS.values()],
        needed="Choose what is planned",
    )
    service = select("For which service", [], needed="Choose a service or the whole programme")
    scenario = one_of("Scenario", Scenario.choices, needed="Choose a scenario")
    rhythm = one_of("Each period is a", ProfileRhythm.choices, needed="Choose how long the periods are")
    table = paragraph(
        "Periods",
        hint=f"The first line is {','.join(HEADINGS)}; then a line for each period: its first month and its "
        "value, such as 2026-04,12",
    )
    file = forms.FileField(
        label="Or a file with the same columns (optional)",
        help_text="CSV or XLSX, up to 20 MB.",
        required=False,
        widget=forms.FileInput(attrs={"class": "govuk-file-upload", "accept": ".csv,.xlsx"}),
    )
    reason = line("What this version is based on", needed="Write what this version is based on", width=30)

    def __init__(self, *args: Any, services: Iterable[Service], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._services = {service.code: service.pk for service in services}
        self.fields["service"].choices = [  # type: ignore[attr-defined]
            ("", "Choose"),
            (WHOLE, "The whole programme"),
            *((service.code, service.name) for service in services),
        ]
        self.fields["file"].template = "components/field.html"  # type: ignore[attr-defined]
        self.plan: Plan | None = None

    def service_id(self) -> int | None:
        """Return the key of the service that was chosen, None for the whole programme."""
        return self._services.get(self.cleaned_data["service"])

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        subject, rhythm = SUBJECTS.get(given.get("subject", "")), given.get("rhythm")
        if subject and rhythm and not self.errors:
            self.plan = self._read(Rhythm[rhythm], subject.unit)
        return given

    def _read(self, rhythm: Rhythm, unit: Unit) -> Plan | None:
        place = "file" if self.cleaned_data.get("file") else "table"
        try:
            content = self._content()
            found = read_profile(read_table(content, HEADINGS).rows, rhythm, unit)
        except UnreadableTable as refusal:
            for problem in refusal.problems:
                self.add_error(place, problem.message)
            return None
        for each in found.rejections:
            self.add_error(place, f"Line {each.row}: {each.message}")
        return found.plan

    def _content(self) -> bytes:
        if file := self.cleaned_data.get("file"):
            return bytes(file.read())
        return str(self.cleaned_data.get("table") or "").encode()


class DrawAnewForm(forms.Form):
    """How far a profile is locked, and what it may come to."""

    periods = select("Lock the results through", [], needed="Choose the last period to lock")
    reason = line("Why it is drawn anew", needed="Write why the profile is drawn anew", width=30)

    def __init__(self, *args: Any, periods: Iterable[tuple[int, str]], unit: Unit, **kwargs: Any) -> None:
        """
        :param periods: that can be locked, each as how many that locks and what it is called.
        """
        super().__init__(*args, **kwargs)
        self.fields["periods"].choices = [("", "Choose"), *periods]  # type: ignore[attr-defined]
        self._unit = unit
        label = "What it may come to in all"
        needed = "Enter what the whole profile may come to"
        self.fields["cap"] = (
            amount(label, needed=needed) if unit is Unit.AMOUNT else line(label, needed=needed, width=10)
        )
        self.order_fields(["periods", "cap", "reason"])

    def clean_cap(self) -> int:
        """Return what the profile may come to, in the smallest unit."""
        given = self.cleaned_data["cap"]
        if isinstance(given, int):
            return given
        try:
            return read_value(given, self._unit)
        except ValueError as refusal:
            raise forms.ValidationError(f"What it may come to: {refusal}") from None


FUNDERS, INVESTORS = "FUNDERS", "INVESTORS"


class DisclosureForm(forms.Form):
    """How small numbers are shown, to whom, and why."""

    threshold = number(
        "Hide counts below",
        needed="Enter the threshold, or 0 to hide none",
        wrong="The threshold is a whole number from 0 to 100",
        most=100,
        hint="8 hides 1 to 7, as NHS hospital data do. 0 hides none.",
    )
    base = number(
        "Round other counts to the nearest",
        needed="Enter the rounding base, or 1 to round none",
        wrong="The rounding base is a whole number from 1 to 100",
        most=100,
        hint="5 for NHS data. 1 rounds none.",
    )
    symbol = line("What stands for a hidden figure", needed="Enter a symbol, such as *", width=3)
    zeros = one_of(
        "A count of nobody",
        [("yes", "is shown as 0"), ("no", "is hidden too")],
        needed="Choose what becomes of 0",
    )
    percentages = one_of("Percentages", PercentageRule.choices, needed="Choose what becomes of percentages")
    published_by = one_of("Tables are by", PublishedBy.choices, needed="Choose the places of the tables")
    roles = some_of(
        "It is for",
        [(FUNDERS, "Funders: commissioners and finance approvers"), (INVESTORS, "Investors")],
        needed="Choose for whom the rule is",
    )
    reason = line("What the contract says", needed="Write where the contract says so", width=30)

    def ruled(self) -> Ruled:
        """Return what a valid form decides."""
        given = self.cleaned_data
        return Ruled(
            rule=DisclosureRule(
                threshold=int(given["threshold"]),
                base=int(given["base"]),
                symbol=given["symbol"],
                shows_zeros=given["zeros"] == "yes",
                percentages=Percentages[given["percentages"]],
            ),
            published_by=given["published_by"],
            for_funders=FUNDERS in given["roles"],
            for_investors=INVESTORS in given["roles"],
            reason=given["reason"],
        )
