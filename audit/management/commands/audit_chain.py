"""``manage.py audit_chain``: is the record of changes what was written? Print its head, to keep elsewhere."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandParser

from audit.rules.chain import Break, Head
from audit.selectors.chain import check
from mhep.shared.commands import PlainCommand


def _head(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


class Command(PlainCommand):
    help = (
        "Check the chain of all changes and print its head; exit code 1 and the first break if it is broken."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anchor",
            type=_head,
            action="append",
            default=[],
            metavar="POSITION:HASH",
            help="a head that was printed earlier and kept elsewhere; shows a cut-off end. May be repeated.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = check(options["anchor"])
        if isinstance(found, Break):
            self.refuse(f"The chain is broken at {found}.")
        self.stdout.write(f"The chain holds. Its head is {found}")
