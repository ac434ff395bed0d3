"""What the performance team and the managers of services are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from funders.models import Service
from mhep.shared.inputs import DayField, OneRowField, line, number, one_of, paragraph, select
from mhep.shared.sealed_ids import Kind
from performance.enums import ActionState, PracticeKind
from performance.rules.fidelity import HIGHEST, ITEMS, LOWEST, Section
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
