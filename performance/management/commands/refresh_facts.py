"""``manage.py refresh_facts``"""

from __future__ import annotations

from typing import Any

from mhep.shared.commands import PlainCommand
from performance.services.facts import refresh_facts, stale_programmes


class Command(PlainCommand):
    help = "Count the months anew in which something has changed, as workers do twice a minute."

    def handle(self, *args: Any, **options: Any) -> None:
        programmes = stale_programmes()
        for programme_id in programmes:
            refresh_facts(programme_id=programme_id)
        self.stdout.write(f"{len(programmes)} programmes are counted anew.")
