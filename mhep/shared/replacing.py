"""Forms that replace what is there, and tell whoever overtakes somebody else (B10)."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from django import forms

CHANGED = (
    "This was changed since you opened it, perhaps in another window. It now says: {now}. "
    "What you typed is still below; send it again to put it in its place."
)


class Replacing(forms.Form):
    """
    A form that begins with what is there, in ``initial``, and replaces it.

    What was there when the form was shown goes with it as a hash. If somebody has changed it meanwhile, the
    form says beside ``blamed`` what it is now, and takes what was typed only when it is sent once more. The
    page has to send the hidden input ``shown``.
    """

    blamed: ClassVar[str]
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def show(self) -> None:
        """Note what is there; called once ``initial`` holds it."""
        self.initial["shown"] = self.now()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        seen = given.pop("shown", "")
        if seen and seen != self.now():
            typed = {name: self.data[name] for name in self.data}
            self.data = {**typed, "shown": self.now()}
            self.add_error(self.blamed, CHANGED.format(now=self.in_words()))
        return given

    def now(self) -> str:
        """Return the hash of what is there now."""
        return hashlib.sha256(repr(self.there()).encode()).hexdigest()

    def in_words(self) -> str:
        """Return what is there now, for people."""
        texts = ((self.fields[name].label, value) for name, value in self.there() if value)
        return "; ".join(f"{label}: {value}" for label, value in texts) or "nothing"

    def there(self) -> list[tuple[str, Any]]:
        """Return what is there now, by the names of the inputs."""
        return [(name, self.initial.get(name)) for name in self.fields if name not in {"shown", "day"}]
