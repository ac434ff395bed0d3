"""Asking every address, as one person, for one's own and others' things, by every method."""

from __future__ import annotations

import html
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import resolve, reverse
from pypdf import PdfReader

from tests.access.table import API, ROLES, TABLE
from tests.access.worlds import World, Worlds
from tests.addresses import every_address

METHODS = ("get", "post", "put", "patch", "delete")
ADDRESSES = {resolve(address).view_name: resolve(address).kwargs for address in every_address()}
FILES = {"payments:batch-file": ("csv",)}  # for the bank: XML asks for an IBAN, which the payee lacks


@dataclass(frozen=True, slots=True)
class Answer:
    """What one address answered: ``text`` is all of it, headers too, as somebody reads or copies it."""

    view: str
    place: str
    method: str
    form: str
    status: int
    text: str

    def __str__(self) -> str:
        return f"{self.method} {self.place} {self.view} {self.form}".rstrip()


def crawl(client: Client, letter: str, worlds: Worlds, program: Client | None = None) -> Iterator[Answer]:
    """
    Give what every address answers to the person of the client; whatever they change is taken back.

    :param program: asks the API, whose addresses are left out without it.
    """
    for view, row in TABLE.items():
        asking = program if view in API else client
        if asking is None:
            continue
        places = {"own": worlds.own}
        if row.at != "site" or view == "payments:job-detail":
            places |= {"beside": worlds.beside, "foreign": worlds.foreign}
        for place, world in places.items():
            for method in METHODS:
                for form in _forms(view, method):
                    address = address_of(view, world, ROLES[letter], form)
                    status, text = send(asking, method, address)
                    yield Answer(view, place, method, form, status, text)


def _forms(view: str, method: str) -> tuple[str, ...]:
    """Return the kinds of file that the address has; the empty one stands for a page."""
    if "form" not in ADDRESSES[view]:
        return ("",)
    return FILES.get(view, ("csv", "xlsx")) if method == "get" else ("csv",)


def address_of(view: str, world: World, role: str, form: str = "") -> str:
    given = world.arguments(view, role) | ({"form": form} if form else {})
    return reverse(view, kwargs={name: given[name] for name in ADDRESSES[view] if name in given})


def send(client: Client, method: str, address: str) -> tuple[int, str]:
    """Return the status and the text of the answer; whatever the request changed is taken back."""
    cookies = client.cookies.output()
    before = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic():
        answer = getattr(client, method)(address)
        text = text_of(answer)
        transaction.set_rollback(True)
    if client.cookies.output() != cookies:
        client.cookies.clear()
        for name, value in before.items():
            client.cookies[name] = value
    return answer.status_code, text


def text_of(answer: HttpResponseBase) -> str:
    """Return headers and content: a workbook unpacked, a PDF read, escapes of HTML undone."""
    content = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return f"{headers}\n\n{readable(content)}"


def readable(content: bytes) -> str:
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"\n".join(archive.read(name) for name in archive.namelist())
    elif content.startswith(b"%PDF-1.7"):  # a document of ours; evidence that was handed in is as it is
        reader = PdfReader(io.BytesIO(content))
        return "\n".join([str(reader.metadata), *(page.extract_text() for page in reader.pages)])
    return html.unescape(content.decode(errors="replace"))
