"""What the app tells others when it gets ready."""

from __future__ import annotations

from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    name = "outcomes"

    def ready(self) -> None:
        """Remind providers' staff of what their people need (ADR 0017)."""
        from accounts.services.reminding import register  # noqa: PLC0415 - models exist only now
        from outcomes.services.reminders import of_caseload  # noqa: PLC0415

        register("outcomes.caseload", of_caseload)
