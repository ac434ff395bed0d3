"""Putting back into the form of a page what somebody typed into it before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lxml import html
from lxml.html import HtmlElement

Fields = Mapping[str, Sequence[str]]
KIND_CHOSEN = {"checkbox", "radio"}
NEVER_TYPED = {"submit", "button", "file", "password"}


def refill(page: str, *, address: str, action: str, fields: Fields, note: str) -> str:
    """
    Return a page with the form that sends to ``action`` filled in as it was, and a note before everything.

    What the page hides in a ``details`` element is opened where something was typed into it. A page without
    such a form comes back as it is.

    :param address: where the page is: its forms without an address send there.
    :param fields: what was typed, by the names of the inputs; inputs without an entry are left as they are.
    """
    document = html.document_fromstring(page)
    forms = [form for form in document.iter("form") if (form.get("action") or address) == action]
    form = max(forms, key=lambda each: len(fields.keys() & _names(each)), default=None)
    main = document.find(".//main")
    if form is None or main is None:
        return page
    for element in _inputs(form):
        _fill(element, fields.get(element.get("name", "")))
    for around in form.iterancestors("details"):
        around.set("open", "open")
    main.insert(0, _banner(note))
    return str(html.tostring(document, doctype="<!DOCTYPE html>", encoding="unicode"))


def _inputs(form: HtmlElement) -> Iterator[HtmlElement]:
    yield from form.iter("input", "textarea", "select")


def _names(form: HtmlElement) -> set[str]:
    return {element.get("name", "") for element in _inputs(form)}


def _fill(element: HtmlElement, values: Sequence[str] | None) -> None:
    kind = element.get("type", "text")
    if kind in KIND_CHOSEN:
        _set(element, "checked", is_set=element.get("value", "on") in (values or ()))
    elif element.tag == "select":
        for option in element.iter("option"):
            _set(option, "selected", is_set=option.get("value", option.text) in (values or ()))
    elif not values or kind in NEVER_TYPED:
        return
    elif element.tag == "textarea":
        element.text = "\n" + values[0]  # the first line feed in it belongs to the mark-up
    else:
        element.set("value", values[0])


def _set(element: HtmlElement, name: str, *, is_set: bool) -> None:
    if is_set:
        element.set(name, name)
    else:
        element.attrib.pop(name, None)


def _banner(note: str) -> HtmlElement:
    banner = html.Element("div", {"class": "govuk-inset-text", "role": "alert", "tabindex": "-1"})
    banner.text = note
    return banner
