"""
Sending to an address that somebody typed, and to nothing inside of our own walls (SSRF).

The name is looked up once, every address that it has must be one of the public internet, and the connection
goes to the very address that was looked at: a name that changes its mind in between gains nothing. There are
no redirects, no proxies and no other ports than those of HTTPS.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from django.conf import settings

from mhep.kernel.problems import BusinessRuleError

PORTS = {443, 8443}
TIMEOUT = 10  # seconds for each step of the connection
MOST_READ = 1_000  # bytes of an answer, which nobody reads
LONGEST = 500
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # an IPv4 address in disguise

Ip = IPv4Address | IPv6Address


class ForbiddenAddress(BusinessRuleError):
    """The address is none to which anything is sent."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send: the parts of an address, and the one IP address that was looked at."""

    host: str
    port: int
    path: str
    ip: str
    is_encrypted: bool


def check_url(url: str) -> None:
    """
    Let an address pass as far as can be told without asking anybody.

    :raises ForbiddenAddress: saying what an address looks like.
    """
    _parts(url)


def target_of(url: str) -> Target:
    """
    Look up where an address leads.

    :raises ForbiddenAddress: if any of its IP addresses is not one of the public internet, or it has none.
    """
    host, port, path, is_encrypted = _parts(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ForbiddenAddress(f"There is no {host}.") from error
    ips = [str(each[4][0]) for each in found]
    if not ips or not all(_is_allowed(ip) for ip in ips):
        raise ForbiddenAddress(f"{host} is not on the public internet. Nothing is sent there.")
    return Target(host, port, path, ips[0], is_encrypted)


def post(target: Target, body: bytes, headers: Mapping[str, str]) -> int:
    """
    Send a body; return the status of the answer, whatever it is.

    :raises OSError, http.client.HTTPException: if there is no answer.
    """
    connection = _connection(target)
    try:
        connection.request("POST", target.path, body, dict(headers))
        answer = connection.getresponse()
        answer.read(MOST_READ)
        return answer.status
    finally:
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was looked at, under the name that it is for."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=TIMEOUT)
        self._target = target

    def connect(self) -> None:
        plain = socket.create_connection((self._target.ip, self._target.port), TIMEOUT)
        if self._target.is_encrypted:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(plain, server_hostname=self._target.host)
        else:
            self.sock = plain


def _connection(target: Target) -> http.client.HTTPConnection:
    return _Pinned(target)


def _parts(url: str) -> tuple[str, int, str, bool]:
    """Return host, port, path and whether it is encrypted."""
    may_be_private = settings.WEBHOOKS_TO_PRIVATE_ADDRESSES
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError as error:
        raise ForbiddenAddress(WHAT_IT_IS) from error
    is_fit = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST
    is_plain = parts.scheme == "http" and may_be_private
    if not is_fit or parts.username is not None or not parts.hostname:
        raise ForbiddenAddress(WHAT_IT_IS)
    if not is_plain and (parts.scheme != "https" or port not in PORTS):
        raise ForbiddenAddress(WHAT_IT_IS)
    path = parts.path or "/"
    return parts.hostname, port, f"{path}?{parts.query}" if parts.query else path, not is_plain


WHAT_IT_IS = "Enter an address that begins with https:// and has no name or password in it."


def _is_allowed(text: str) -> bool:
    return settings.WEBHOOKS_TO_PRIVATE_ADDRESSES or is_public(ip_address(text.partition("%")[0]))


def is_public(ip: Ip) -> bool:
    """Tell whether an IP address is one of the public internet, also inside of another one."""
    if isinstance(ip, IPv6Address):
        inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if any(ip in network for network in _TRANSLATED):
            inner.append(IPv4Address(int(ip) & 0xFFFFFFFF))
        if any(each is not None and not is_public(each) for each in inner):
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
