"""check_evidence: make sure that every stored file of evidence is sound, and scan what waits for it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from mhep.shared.commands import PlainCommand
from outcomes.services.evidence import check_evidence


class Command(PlainCommand):
    help = "Reads every file of evidence, compares its hash, scans what waits; ends with 1 if one is spoilt."

    def handle(self, *_: Any, **__: Any) -> None:
        found = check_evidence(at=timezone.now())
        self.stdout.write(
            f"{found.sound} sound, {found.scanned} scanned now, {found.orphans} without a row deleted."
        )
        if found.spoilt:
            keys = ", ".join(str(key) for key in found.spoilt)
            self.refuse(f"Spoilt: {keys}. Restore them from the back-up (docs/runbook.md).")
