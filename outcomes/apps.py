"""What the app tells others when it gets ready."""

from __future__ import annotations

from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    name = "outcomes"

    def ready(self) -> None:
        """Remind providers' staff of their people's needs, and tell webhooks of outcomes (ADR 0017, 0034)."""
        from accounts.services.reminding import register  # noqa: PLC0415 - models exist only now
        from mhep.shared.webhooks.sources import register as tell  # noqa: PLC0415
        from outcomes.selectors.happenings import steps_since  # noqa: PLC0415
        from outcomes.services.reminders import of_caseload  # noqa: PLC0415

        register("outcomes.caseload", of_caseload)
        tell("outcomes.steps", steps_since)
