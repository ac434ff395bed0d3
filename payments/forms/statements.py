"""What a funder is asked about a statement, and finance about a query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from mhep.shared.inputs import LineField, one_of, paragraph
from mhep.shared.sealed_ids import Kind, sealed_id
from payments.enums import Settlement
from payments.selectors.statement_page import LineGroup, LineView, StatementPage


class SettleForm(forms.Form):
    """How a funder's query is settled, and why."""

    settlement = one_of("How do you settle it?", [], needed="Choose how the query is settled")
    reason = paragraph("Reason", needed="Write the reason; the funder reads it")

    def __init__(self, data: Any = None, *, ways: Sequence[Settlement]) -> None:
        super().__init__(data)
        self.fields["settlement"].choices = [(way.value, _SETTLING[way]) for way in ways]  # type: ignore[attr-defined]


_SETTLING = {
    Settlement.UPHELD: "Uphold it: the outcome does not count, for any funder",
    Settlement.WAIVED: "Waive it: this funder is spared the charge, nothing else changes",
    Settlement.DISMISSED: "Dismiss it: the line goes on the next statement as it is",
}


class StatementAnswerForm(forms.Form):
    """
    One optional reason for each line; a line with a reason is queried, all others are approved.

    ``seen`` carries the fingerprint of what is on the page, so that the answer is about nothing else.
    """

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    evidence = paragraph(
        "How did the funder answer?",
        needed="Write how and when the funder answered, and who answered",
        hint="For example: e-mail of the finance officer, 5 July 2026, 10:12. It is shown with your name.",
    )

    def __init__(self, data: Any = None, *, page: StatementPage, is_recorded: bool) -> None:
        super().__init__(data, initial={"seen": page.statement.fingerprint})
        self._page = page
        if not is_recorded:
            del self.fields["evidence"]
        for group in page.groups:
            for view in group.lines:
                if not view.was_dismissed:
                    self.fields[_name(view)] = _reason(view)

    def groups(self) -> Iterator[tuple[LineGroup, list[tuple[LineView, forms.BoundField | None]]]]:
        """Yield each group with its lines, and beside each line its input if it may be queried."""
        for group in self._page.groups:
            yield (
                group,
                [(view, None if view.was_dismissed else self[_name(view)]) for view in group.lines],
            )

    def queries(self) -> dict[int, str]:
        """Return the reasons that a valid form gives, by the key of the line's charge."""
        given = {
            view.line.key: self.cleaned_data.get(_name(view), "").strip()
            for group in self._page.groups
            for view in group.lines
        }
        return {key: reason for key, reason in given.items() if reason}

    def hidden(self) -> Iterator[tuple[str, str]]:
        """Yield what a page that asks once more sends along: names and values of all that was given."""
        for name in self.fields:
            value = self.cleaned_data.get(name, "")
            if value:
                yield name, value


def _name(view: LineView) -> str:
    return f"query-{sealed_id(Kind.CHARGE, view.line.key)}"


def _reason(view: LineView) -> LineField:
    field = paragraph(f"Why do you query {view.line.event or view.line.what}?")
    field.label = f"Why do you query {view.line.event or view.line.what}?"
    field.widget.attrs["rows"] = 2
    return field
