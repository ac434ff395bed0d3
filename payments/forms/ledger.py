"""Which day of the ledger is shown."""

from __future__ import annotations

from datetime import date

from django import forms

from mhep.shared.inputs import DayField


class AsAtForm(forms.Form):
    """The day at whose end balances are shown."""

    on = DayField(label="As at", hint="Empty shows today. For example, 31 3 2026")

    def day(self) -> date | None:
        """Return the day that was asked for; None if there is none or it is no day."""
        return self.cleaned_data.get("on") if self.is_valid() else None
