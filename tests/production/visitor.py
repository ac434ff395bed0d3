"""A browser behind the proxy that ends TLS: it speaks plain HTTP and says that it was HTTPS."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import Message
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back in the end, redirects followed."""

    status: int
    path: str
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def _opener() -> OpenerDirector:
    # The proxy's side of the connection is the safe one.
    cookies = CookieJar(DefaultCookiePolicy(secure_protocols=("http", "https")))
    return build_opener(HTTPCookieProcessor(cookies))


@dataclass(slots=True)
class Visitor:
    """Somebody at a browser."""

    port: int
    host: str
    opener: OpenerDirector = field(default_factory=_opener)

    def get(self, path: str) -> Answer:
        """Look at a page."""
        return self._send(path, None)

    def post(self, path: str, form_on: str, **fields: str) -> Answer:
        """Send a form that stands on the page ``form_on``, with that page's token."""
        found = TOKEN.search(self.get(form_on).text)
        assert found is not None, f"no form on {form_on}"
        return self._send(path, urlencode({"csrfmiddlewaretoken": found[1], **fields}).encode())

    def _send(self, path: str, content: bytes | None) -> Answer:
        headers = {
            "Host": self.host,
            "X-Forwarded-Proto": "https",
            "Referer": f"https://{self.host}/",
        }
        request = Request(f"http://127.0.0.1:{self.port}{path}", content, headers)
        try:
            with self.opener.open(request, timeout=20) as response:
                return Answer(response.status, _path(response.url), response.headers, response.read())
        except HTTPError as error:
            with error:
                return Answer(error.code, _path(error.url), error.headers, error.read())


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]
