"""What the app tells others when it gets ready."""

from __future__ import annotations

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        """Remind everybody who has to do with money or outcomes of what waits for them (ADR 0017)."""
        from accounts.services.reminding import register, register_log  # noqa: PLC0415 - models exist only now
        from mhep.shared.webhooks.sources import register as tell  # noqa: PLC0415
        from payments.selectors import happenings  # noqa: PLC0415
        from payments.services import payment_reminders, reminders  # noqa: PLC0415

        register("payments.verification", reminders.of_verification)
        register("payments.second looks", reminders.of_second_looks)
        register("payments.findings", reminders.of_findings)
        register("payments.months", reminders.of_months)
        register("payments.checks", reminders.of_checks)
        register("payments.statements", reminders.of_statements)
        register("payments.line_queries", reminders.of_line_queries)
        register("payments.to pay", payment_reminders.of_invoices_to_pay)
        register("payments.late payers", payment_reminders.of_late_payers)
        register_log("payments.to pay", payment_reminders.note_sent)
        tell("payments.statements", happenings.statements_since)
        tell("payments.documents", happenings.documents_since)
