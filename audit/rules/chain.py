"""The chain that binds every change to all before it: its hashes, and where it breaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A link as stored, and what its changes are now: their number and their digests, one after the other."""

    position: int
    batch: int
    changes: int
    hash: str
    found: int
    digests: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The last link: whoever keeps it elsewhere can tell later whether the end was cut off."""

    position: int
    hash: str

    def __str__(self) -> str:
        return f"{self.position}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """
        Read a head as it is printed.

        :raises ValueError: if it is none.
        """
        if text == "0:":
            return START
        position, _, digest = text.partition(":")
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise ValueError(f"{text} is no head: a position, a colon and 64 digits are needed")
        return cls(int(position), digest)


START = Head(0, "")


@dataclass(frozen=True, slots=True)
class Break:
    """The first position at which the chain is not what it was, and why."""

    position: int
    why: str

    def __str__(self) -> str:
        return f"position {self.position}: {self.why}"


def link_hash(before: str, position: int, batch: int, digests: bytes) -> str:
    """Return the hash of the link at ``position``: SHA-256 of the hash before, its place and its changes."""
    return hashlib.sha256(f"{before}|{position}|{batch}|".encode() + digests).hexdigest()


def follow(links: Iterable[Link], anchors: Mapping[int, str]) -> Head | Break:
    """
    Follow the chain from its start; return its head, or the first break.

    :param links: all links by position.
    :param anchors: hashes by position that were kept elsewhere when they were the head.
    """
    head = START
    for link in links:
        why = _fault(head, link, anchors.get(link.position))
        if why:
            return Break(min(link.position, head.position + 1), why)
        head = Head(link.position, link.hash)
    missing = [position for position in anchors if position > head.position]
    if missing:
        return Break(head.position + 1, f"the end was cut off: position {max(missing)} was there once")
    return head


def _fault(head: Head, link: Link, anchor: str | None) -> str:
    if link.position != head.position + 1:
        return f"the next link found is {link.position}"
    if link.found != link.changes:
        return f"{link.changes} changes were written, {link.found} are there"
    if link.hash != link_hash(head.hash, link.position, link.batch, link.digests):
        return "the link or one of its changes is not what was written"
    if anchor is not None and anchor != link.hash:
        return "the chain up to here is not the one that was kept elsewhere"
    return ""
