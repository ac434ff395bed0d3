"""What was typed goes back into the form that it was typed into, letter by letter (B8)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from mhep.shared.refill import refill

PAGE = """<!DOCTYPE html><html lang="en"><body><main><h1>A form</h1>
<form method="post"><input name="note" value="old"><input type="password" name="secret"></form>
<details><form method="post" action="/other/">
<input type="hidden" name="csrf" value="fresh"><input type="hidden" name="version" value="9">
<textarea name="note">old</textarea>
<input type="checkbox" name="kinds" value="A" checked><input type="checkbox" name="kinds" value="B">
<input type="radio" name="one" value="1"><input type="radio" name="one" value="2" checked>
<select name="about"><option value="x" selected>X</option><option value="y">Y</option></select>
</form></details></main></body></html>"""
# What a browser sends of a text area, and a mark-up can hold.
TYPED = st.text(
    st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs", "Cc"]) | st.just("\n")
)


def refilled(action: str, **fields: list[str]) -> html.HtmlElement:
    page = refill(PAGE, address="/here/", action=action, fields=fields, note="It is back.")
    return html.document_fromstring(page)


@given(TYPED)
def test_not_a_letter_is_lost(text: str) -> None:
    _, form = refilled("/other/", note=[text]).forms
    found = form.xpath(".//textarea")[0].text or ""
    assert found.removeprefix("\n") == text or (not text and found == "old")


def test_everything_is_as_it_was_and_what_was_hidden_is_open() -> None:
    document = refilled("/other/", note=["<b>&\"'"], kinds=["B"], one=["1"], about=["y"], version=["3"])
    untouched, form = document.forms
    assert dict(untouched.fields) == {"note": "old", "secret": None}
    assert form.fields["note"].removeprefix("\n") == "<b>&\"'"
    assert (form.fields["one"], form.fields["about"], form.fields["version"]) == ("1", "y", "3")
    assert [box.get("value") for box in form.xpath(".//input[@name='kinds'][@checked]")] == ["B"]
    assert form.fields["csrf"] == "fresh"
    assert document.xpath("//details/@open")
    assert document.xpath("//main/*[1][@role='alert']")[0].text == "It is back."


def test_a_form_without_an_address_sends_to_its_page_and_gets_no_secret() -> None:
    here, other = refilled("/here/", note=["new"], secret=["no"]).forms
    assert dict(here.fields) == {"note": "new", "secret": None}
    assert other.fields["note"] == "old"


@pytest.mark.parametrize("page", [PAGE, "<html><body><form></form></body></html>"])
def test_a_page_without_that_form_stays_as_it_is(page: str) -> None:
    assert refill(page, address="/here/", action="/nowhere/", fields={"note": ["new"]}, note="") == page
