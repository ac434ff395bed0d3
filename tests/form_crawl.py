"""
Every form that a role can reach, sent empty and sent with nonsense, and what is wrong with the answers (B11).

Pages are found by their links. Of each view a few pages are opened, so that the walk ends soon.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve
from lxml import html
from lxml.html import FormElement, HtmlElement

MOST_PAGES = 2  # of one view
NONSENSE = "?!"
TYPED = ("text", "email", "tel", "search", "number", None)
LEFT_ALONE = {"accounts:sign-out"}


@dataclass(slots=True)
class Crawl:
    """
    What was found so far: the views whose forms were sent, and every fault in words.

    ``silent`` are the forms that were refused without saying why, as the view, its address and what was sent.
    """

    sent: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    _done: set[tuple[str, str, str]] = field(default_factory=set)

    def walk(self, client: Client, *starts: str) -> None:
        """Open what can be reached from here and send every form that was not sent before."""
        opened: Counter[str] = Counter()
        seen, waiting = set(starts), deque(starts)
        while waiting:
            address = waiting.popleft()
            view = _view_of(address)
            if view is None or opened[view] >= MOST_PAGES:
                continue
            page = _page(client.get(address))
            if page is None:
                continue
            opened[view] += 1
            for target in _links(page, address):
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
            for form in page.forms:
                self._send(client, view, address, form)

    def _send(self, client: Client, view: str, address: str, form: FormElement) -> None:
        action = urljoin(address, form.get("action") or address)
        names = " ".join(sorted({each.name for each in form.inputs if each.name}))
        key = (view, _view_of(action) or "", names)
        if form.method != "POST" or key in self._done or key[1] in LEFT_ALONE:
            return
        self._done.add(key)
        self.sent.add(key[1])
        for how, given in (("empty", _empty(form)), ("with nonsense", _nonsense(form))):
            answer = _undone(client, action, given)
            where = f"{key[1]}, sent {how} from {address}"
            if answer.status_code >= 400:
                self.faults.append(f"{where}: {answer.status_code}")
            elif answer.status_code == 200 and (page := _page(answer)) is not None:
                self._judge(page, where, given)

    def _judge(self, page: HtmlElement, where: str, given: Mapping[str, Any]) -> None:
        summaries = page.find_class("govuk-error-summary")
        if not summaries:
            self.silent.add(where.partition(",")[0])
            return
        self.faults += [f"{where}: {fault}" for fault in _faults_of(page, summaries, given)]


def _faults_of(page: HtmlElement, summaries: list[HtmlElement], given: Mapping[str, Any]) -> Iterator[str]:
    title = page.findtext(".//title") or ""
    if not title.startswith("Error: ") or title.startswith("Error: Error"):
        yield f"the title is “{title}”"
    if len(summaries) > 1 or summaries[0].get("data-module") != "govuk-error-summary":
        yield "there is not one summary that takes the focus"
    told = {_told(each) for each in page.find_class("govuk-error-message") if not _is_hidden(each)}
    listed = summaries[0].findall(".//li")
    if not listed:
        yield "the summary says nothing"
    for entry in listed:
        yield from _faults_of_entry(page, entry)
    said = {_words(entry) for entry in listed}
    yield from (f"“{words}” is beside a field and not in the summary" for words in sorted(told - said))
    for name, value in given.items():
        if value == NONSENSE and not _is_kept(page, name):
            yield f"what was typed into {name} is lost"


def _faults_of_entry(page: HtmlElement, entry: HtmlElement) -> Iterator[str]:
    words, link = _words(entry), entry.find(".//a")
    if link is None or not (link.get("href") or "").startswith("#"):
        yield f"“{words}” leads nowhere"
        return
    target = page.get_element_by_id(link.get("href")[1:], None)
    if target is None:
        yield f"“{words}” leads to {link.get('href')}, which is not there"
        return
    groups = [
        each for each in target.iterancestors() if "govuk-form-group--error" in (each.get("class") or "")
    ]
    beside = {
        _words(each).removeprefix("Error: ")
        for group in groups
        for each in group.find_class("govuk-error-message")
    }
    if target.tag in ("input", "select", "textarea") and words not in beside:
        yield f"“{words}” is not beside {target.get('name')}"


def _is_hidden(element: HtmlElement) -> bool:
    return bool(element.xpath("ancestor::div[@hidden]"))


def _is_kept(page: HtmlElement, name: str) -> bool:
    fields = page.xpath("//input[@name=$name] | //textarea[@name=$name]", name=name)
    return not fields or any(NONSENSE in (each.get("value") or each.text or "") for each in fields)


def _empty(form: FormElement) -> dict[str, Any]:
    """Fill in nothing, choose nothing where that can be, and press the first button."""
    hidden = {each.name: each.get("value", "") for each in form.inputs if each.get("type") == "hidden"}
    pressed = {each.get("name"): each.get("value") for each in form.findall(".//button[@name]")[:1]}
    lists = [each for each in form.inputs if each.tag == "select"]
    chosen = {each.name: "" if "" in each.value_options else each.value for each in lists}
    return hidden | pressed | chosen | {each.name: "" for each in _written(form)}


def _nonsense(form: FormElement) -> dict[str, Any]:
    """Write nonsense wherever something can be written, and choose the first of whatever can be chosen."""
    given = _empty(form) | {each.name: NONSENSE for each in _written(form)}
    for each in form.inputs:
        if each.tag == "select":
            given[each.name] = next((value for value in each.value_options if value), "")
        elif each.get("type") in ("radio", "checkbox"):
            given.setdefault(each.name, each.get("value") or "on")
    return given


def _written(form: FormElement) -> list[HtmlElement]:
    return [
        each
        for each in form.inputs
        if each.name and (each.tag == "textarea" or (each.tag == "input" and each.get("type") in TYPED))
    ]


def _undone(client: Client, action: str, given: Mapping[str, Any]) -> Any:
    """Send a form, and leave no trace of it in the database."""
    with transaction.atomic():
        answer = client.post(action, given)
        transaction.set_rollback(True)
    return answer


def _page(answer: Any) -> HtmlElement | None:
    if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
        return None
    return html.fromstring(answer.content) if answer.content.strip() else None


def _links(page: HtmlElement, address: str) -> Iterator[str]:
    for link in page.iterfind(".//a[@href]"):
        target = urlsplit(urljoin(address, link.get("href")))
        if not target.netloc and link.get("download") is None:
            yield target.path + (f"?{target.query}" if target.query else "")


def _view_of(address: str) -> str | None:
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return None


def _told(message: HtmlElement) -> str:
    return _words(message).removeprefix("Error: ")


def _words(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())
