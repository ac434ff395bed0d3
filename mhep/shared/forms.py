"""Input that several screens take."""

from __future__ import annotations

from typing import Any

from django import forms

from mhep.shared.tables import MAX_BYTES


class UploadForm(forms.Form):
    """One file. What it holds is judged by the rules that read it."""

    file = forms.FileField(
        allow_empty_file=True,
        error_messages={
            "required": "Choose a file",
            "invalid": "Choose a file",
            "missing": "Choose a file",
        },
    )

    def __init__(self, *args: Any, label: str, hint: str, accept: str, **kwargs: Any) -> None:
        """
        :param label: what the file is.
        :param hint: its type and size, for the person who chooses it.
        :param accept: the file name endings that the browser offers.
        """
        super().__init__(*args, **kwargs)
        field = self.fields["file"]
        field.label = label
        field.help_text = hint
        field.widget = forms.FileInput(attrs={"class": "govuk-file-upload", "accept": accept})

    def content(self) -> bytes:
        """Return the bytes of a valid form's file; of one that is too large, enough to find that out."""
        return bytes(self.cleaned_data["file"].read(MAX_BYTES + 1))
