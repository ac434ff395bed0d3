"""Input of the page about people."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.services.memberships import kinds
from mhep.shared.sealed_ids import Kind, opened_id, sealed_id


class InviteForm(forms.Form):
    """An address, and what it is invited to: one choice of organisation and role."""

    email = forms.EmailField(
        label="Email address",
        max_length=254,
        error_messages={
            "required": "Enter the email address of the person",
            "invalid": "Enter an email address like name@example.org",
        },
        widget=forms.EmailInput(
            attrs={"class": "govuk-input govuk-input--width-30", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    seat = forms.ChoiceField(
        label="Organisation and role",
        error_messages={
            "required": "Choose an organisation and a role",
            "invalid_choice": "Choose an organisation and a role from the list",
        },
        widget=forms.Select(attrs={"class": "govuk-select"}),
    )

    def __init__(self, *args: Any, operator: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seat"].choices = [("", "Choose"), *seats(operator)]  # type: ignore[attr-defined]

    def chosen(self) -> tuple[str, int, str]:
        """Return the kind, the key of the organisation and the role of a valid form."""
        kind, place, role = self.cleaned_data["seat"].split(":")
        return kind, opened_id(Kind.PLACE, place), role


def seat_of(kind: str, place: int, role: str) -> str:
    """Return the value that stands for a role at the organisation of that kind and key."""
    return f"{kind}:{sealed_id(Kind.PLACE, place)}:{role}"


def seats(operator: int) -> list[tuple[str, str]]:
    """Return every organisation and role to which the operator may invite, as value and label."""
    return [
        (seat_of(kind, place.pk, role), f"{place.name}: {label.lower()}")
        for kind, known in kinds().items()
        for place in known.places(operator)
        for role, label in known.roles.items()
    ]
