"""``manage.py einvoice_rules import FILE [--name NAME]``, ``list``, ``remove --name NAME``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from mhep.shared.commands import PlainCommand
from payments.models import EInvoiceRules
from payments.services.einvoices import import_rules
from payments.services.official_rules import CEN, are_installed


class Command(PlainCommand):
    help = "Import rules of your own for e-invoices (Schematron or XSLT), list them, or remove one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["import", "list", "remove"])
        parser.add_argument("file", type=Path, nargs="?", help="a Schematron file, or XSLT that writes SVRL")
        parser.add_argument("--name", help="what the rules are called; by default the file's name")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "import":
            self._import(options["file"], options["name"])
        elif options["action"] == "remove":
            self._remove(options["name"])
        if are_installed():
            self.stdout.write(f"  {CEN}")
        for rules in EInvoiceRules.objects.order_by("name"):
            self.stdout.write(f"  {rules.name}, imported {rules.imported_at:%Y-%m-%d}")

    def _import(self, file: Path | None, name: str | None) -> None:
        if file is None:
            self.refuse("Name the file to import.")
            return
        import_rules(name=name or file.stem, content=self.read_file(file), at=timezone.now())

    def _remove(self, name: str | None) -> None:
        removed, _ = EInvoiceRules.objects.filter(name=name or "").delete()
        if not removed:
            self.refuse(f"There are no rules called {name}.")
