"""Addresses of what is owed and billed."""

from django.urls import path

from payments.views import (
    acceptance,
    adjustments,
    audit_trail,
    bank,
    booking_codes,
    documents,
    einvoices,
    explanations,
    exports,
    late_payment,
    ledger,
    months,
    on_account,
    paying,
    payments_received,
    programme_file,
    rate_card,
    reconciliation,
    reference_rates,
    sample_audits,
    self_billing,
    settlements,
    statements,
    tracing,
    verification,
    verification_event,
    voids,
)

app_name = "payments"
urlpatterns = [
    path("programmes/load/", programme_file.programme_load, name="programme-load"),
    path("programmes/<str:code>/rate-card/", rate_card.rate_card, name="rate-card"),
    path("programmes/<str:code>/provider-payments/", paying.batch_list, name="batch-list"),
    path(
        "programmes/<str:code>/provider-payments.<str:form>", paying.batch_list_file, name="batch-list-file"
    ),
    path(
        "programmes/<str:code>/provider-payments/accounts/",
        paying.payee_account_list,
        name="payee-account-list",
    ),
    path(
        "programmes/<str:code>/provider-payments/accounts/<str:provider>/",
        paying.payee_account_new,
        name="payee-account-new",
    ),
    path(
        "programmes/<str:code>/provider-payments/accounts/<str:provider>/decide/",
        paying.payee_account_decide,
        name="payee-account-decide",
    ),
    path("programmes/<str:code>/provider-payments/<str:batch>/", paying.batch_detail, name="batch-detail"),
    path(
        "programmes/<str:code>/provider-payments/<str:batch>.<str:form>", paying.batch_file, name="batch-file"
    ),
    path(
        "programmes/<str:code>/provider-payments/<str:batch>/release/",
        paying.batch_release,
        name="batch-release",
    ),
    path(
        "programmes/<str:code>/provider-payments/<str:batch>/discard/",
        paying.batch_discard,
        name="batch-discard",
    ),
    path(
        "programmes/<str:code>/provider-payments/<str:batch>/<str:provider>/back/",
        paying.order_return,
        name="order-return",
    ),
    path("programmes/<str:code>/months/", months.month_list, name="month-list"),
    path("programmes/<str:code>/months/by-themselves/", months.month_automate, name="month-automate"),
    path("programmes/<str:code>/months/<month:month>/", months.month_detail, name="month-detail"),
    path(
        "programmes/<str:code>/months/<month:month>/<str:direction>/<str:ref>/",
        months.month_charges,
        name="month-charges",
    ),
    path("programmes/<str:code>/months/<month:month>/price/", months.month_price, name="month-price"),
    path(
        "programmes/<str:code>/months/<month:month>/confirm-close/",
        months.month_confirm_close,
        name="month-confirm-close",
    ),
    path("programmes/<str:code>/months/<month:month>/close/", months.month_close, name="month-close"),
    path("programmes/<str:code>/documents/", documents.document_list, name="document-list"),
    path(
        "programmes/<str:code>/documents.<str:form>", documents.document_list_file, name="document-list-file"
    ),
    path("programmes/<str:code>/documents/<str:number>/", documents.document_detail, name="document-detail"),
    path("programmes/<str:code>/documents/<str:number>.pdf", documents.document_pdf, name="document-pdf"),
    path(
        "programmes/<str:code>/documents/<str:number>.xml",
        einvoices.document_einvoice,
        name="document-einvoice",
    ),
    path("programmes/<str:code>/invoicing-details/", einvoices.invoicing_details, name="invoicing-details"),
    path(
        "programmes/<str:code>/documents/<str:number>.<str:form>",
        documents.document_schedule,
        name="document-schedule",
    ),
    path("programmes/<str:code>/charges/<charge:pk>/", explanations.charge_detail, name="charge-detail"),
    path(
        "programmes/<str:code>/events/<event:pk>/charges/", explanations.event_charges, name="event-charges"
    ),
    path("programmes/<str:code>/verification/", verification.verification_queue, name="verification-queue"),
    path(
        "programmes/<str:code>/verification.<str:form>",
        verification.verification_queue_file,
        name="verification-queue-file",
    ),
    path(
        "programmes/<str:code>/verification/confirm/",
        verification.verification_confirm,
        name="verification-confirm",
    ),
    path(
        "programmes/<str:code>/verification/several/",
        verification.verification_several,
        name="verification-several",
    ),
    path("programmes/<str:code>/verification/acceptance/", acceptance.acceptance, name="acceptance"),
    path(
        "programmes/<str:code>/verification/acceptance.<str:form>",
        acceptance.acceptance_file,
        name="acceptance-file",
    ),
    path(
        "programmes/<str:code>/verification/<event:pk>/",
        verification_event.verification_detail,
        name="verification-detail",
    ),
    path(
        "programmes/<str:code>/verification/<event:pk>/verify/",
        verification_event.verification_verify,
        name="verification-verify",
    ),
    path(
        "programmes/<str:code>/verification/<event:pk>/query/",
        verification_event.verification_query,
        name="verification-query",
    ),
    path(
        "programmes/<str:code>/verification/<event:pk>/reject/",
        verification_event.verification_reject,
        name="verification-reject",
    ),
    path(
        "programmes/<str:code>/verification/<event:pk>/answer/",
        verification_event.verification_answer,
        name="verification-answer",
    ),
    path("programmes/<str:code>/verification/<event:pk>/void/", voids.void_form, name="void-form"),
    path(
        "programmes/<str:code>/verification/<event:pk>/void/confirm/", voids.void_confirm, name="void-confirm"
    ),
    path("programmes/<str:code>/sample-audits/", sample_audits.sample_audit_list, name="sample-audit-list"),
    path(
        "programmes/<str:code>/sample-audits/<sample_audit:pk>/",
        sample_audits.sample_audit_detail,
        name="sample-audit-detail",
    ),
    path(
        "programmes/<str:code>/sample-audits/<sample_audit:pk>/<sampled_event:position>/",
        sample_audits.sampled_event,
        name="sampled-event",
    ),
    path("audit/", audit_trail.audit_events, name="audit-events"),
    path("audit/changes/", audit_trail.audit_changes, name="audit-changes"),
    path("audit/events.<str:form>", audit_trail.audit_events_file, name="audit-events-file"),
    path("audit/changes.<str:form>", audit_trail.audit_changes_file, name="audit-changes-file"),
    path("jobs/<uuid:job_id>/", months.job_detail, name="job-detail"),
    path("programmes/<str:code>/ledger/", ledger.trial_balance, name="trial-balance"),
    path("programmes/<str:code>/ledger.<str:form>", ledger.trial_balance_file, name="trial-balance-file"),
    path("programmes/<str:code>/ledger/<str:account>/", ledger.ledger_account, name="ledger-account"),
    path(
        "programmes/<str:code>/ledger/<str:account>.<str:form>",
        ledger.ledger_account_file,
        name="ledger-account-file",
    ),
    path("programmes/<str:code>/journals/<journal:pk>/", ledger.journal_detail, name="journal-detail"),
    path("programmes/<str:code>/exports/", exports.export_list, name="export-list"),
    path("programmes/<str:code>/exports.<str:form>", exports.export_list_file, name="export-list-file"),
    path("programmes/<str:code>/exports/<str:number>/", exports.export_detail, name="export-detail"),
    path("programmes/<str:code>/exports/<str:number>/undo/", exports.export_undo, name="export-undo"),
    path(
        "programmes/<str:code>/exports/<str:number>/<str:part>.csv", exports.export_file, name="export-file"
    ),
    path("programmes/<str:code>/codes/", booking_codes.booking_code_list, name="booking-code-list"),
    path(
        "programmes/<str:code>/codes.<str:form>",
        booking_codes.booking_code_list_file,
        name="booking-code-list-file",
    ),
    path("programmes/<str:code>/codes/new/", booking_codes.booking_code_new, name="booking-code-new"),
    path(
        "programmes/<str:code>/codes/several/",
        booking_codes.booking_code_several,
        name="booking-code-several",
    ),
    path(
        "programmes/<str:code>/codes/<booking_code:pk>/withdraw/",
        booking_codes.booking_code_withdraw,
        name="booking-code-withdraw",
    ),
    path("programmes/<str:code>/statements/", statements.statement_list, name="statement-list"),
    path(
        "programmes/<str:code>/statements.<str:form>",
        statements.statement_list_file,
        name="statement-list-file",
    ),
    path(
        "programmes/<str:code>/statements/<statement:pk>/",
        statements.statement_detail,
        name="statement-detail",
    ),
    path(
        "programmes/<str:code>/statements/<statement:pk>.<str:form>",
        statements.statement_lines_file,
        name="statement-lines-file",
    ),
    path(
        "programmes/<str:code>/statements/<statement:pk>/answer/",
        statements.statement_answer,
        name="statement-answer",
    ),
    path(
        "programmes/<str:code>/statements/<statement:pk>/record/",
        statements.statement_record,
        name="statement-record",
    ),
    path("programmes/<str:code>/queries/", settlements.line_query_list, name="line-query-list"),
    path(
        "programmes/<str:code>/queries.<str:form>",
        settlements.line_query_list_file,
        name="line-query-list-file",
    ),
    path(
        "programmes/<str:code>/queries/<line_query:pk>/",
        settlements.line_query_settle,
        name="line-query-settle",
    ),
    path("programmes/<str:code>/adjustments/", adjustments.adjustment_list, name="adjustment-list"),
    path(
        "programmes/<str:code>/adjustments.<str:form>",
        adjustments.adjustment_list_file,
        name="adjustment-list-file",
    ),
    path("programmes/<str:code>/adjustments/new/", adjustments.adjustment_new, name="adjustment-new"),
    path(
        "programmes/<str:code>/adjustments/<adjustment:pk>/",
        adjustments.adjustment_detail,
        name="adjustment-detail",
    ),
    path(
        "programmes/<str:code>/adjustments/<adjustment:pk>/decide/",
        adjustments.adjustment_decide,
        name="adjustment-decide",
    ),
    path("programmes/<str:code>/bank/", bank.bank_account_list, name="bank-account-list"),
    path("programmes/<str:code>/bank/<bank_account:pk>/", bank.bank_account, name="bank-account"),
    path("programmes/<str:code>/bank/<bank_account:pk>/import/", bank.bank_import, name="bank-import"),
    path(
        "programmes/<str:code>/bank/<bank_account:pk>/made-up-statement.xml",
        bank.bank_demo_statement,
        name="bank-demo-statement",
    ),
    path("programmes/<str:code>/bank/<bank_account:pk>/columns/", bank.bank_columns, name="bank-columns"),
    path("programmes/<str:code>/bank/<bank_account:pk>/confirm/", bank.bank_confirm, name="bank-confirm"),
    path(
        "programmes/<str:code>/bank/<bank_account:pk>/lines.<str:form>",
        bank.bank_lines_file,
        name="bank-lines-file",
    ),
    path("programmes/<str:code>/payments/<bank_line:pk>/", payments_received.bank_line, name="bank-line"),
    path(
        "programmes/<str:code>/payments/<bank_line:pk>/allocate/",
        payments_received.bank_line_allocate,
        name="bank-line-allocate",
    ),
    path(
        "programmes/<str:code>/allocations/<allocation:pk>/undo/",
        payments_received.allocation_undo,
        name="allocation-undo",
    ),
    path("programmes/<str:code>/on-account/", on_account.on_account, name="on-account"),
    path("programmes/<str:code>/on-account.<str:form>", on_account.on_account_file, name="on-account-file"),
    path(
        "programmes/<str:code>/on-account/<allocation:pk>/",
        on_account.on_account_spend,
        name="on-account-spend",
    ),
    path("programmes/<str:code>/reconciliation/", reconciliation.reconciliation_page, name="reconciliation"),
    path(
        "programmes/<str:code>/reconciliation.<str:form>",
        reconciliation.reconciliation_file,
        name="reconciliation-file",
    ),
    path(
        "programmes/<str:code>/reconciliation/<str:funder>/compare/",
        reconciliation.remittance_compare,
        name="remittance-compare",
    ),
    path(
        "programmes/<str:code>/reconciliation/<str:funder>/<month:month>/",
        reconciliation.reconciliation_cell,
        name="reconciliation-cell",
    ),
    path("programmes/<str:code>/late-payment/", late_payment.late_payment_list, name="late-payment-list"),
    path(
        "programmes/<str:code>/late-payment.<str:form>",
        late_payment.late_payment_list_file,
        name="late-payment-list-file",
    ),
    path("programmes/<str:code>/late-payment/<str:number>/", late_payment.late_invoice, name="late-invoice"),
    path(
        "programmes/<str:code>/late-payment/<str:number>/propose/",
        late_payment.late_claim_propose,
        name="late-claim-propose",
    ),
    path(
        "programmes/<str:code>/late-payment/<str:number>/waive/",
        late_payment.late_claim_waive,
        name="late-claim-waive",
    ),
    path("programmes/<str:code>/late-claims/<late_claim:pk>/", late_payment.late_claim, name="late-claim"),
    path(
        "programmes/<str:code>/late-claims/<late_claim:pk>.<str:form>",
        late_payment.late_claim_file,
        name="late-claim-file",
    ),
    path(
        "programmes/<str:code>/late-claims/<late_claim:pk>/decide/",
        late_payment.late_claim_decide,
        name="late-claim-decide",
    ),
    path(
        "programmes/<str:code>/late-claims/<late_claim:pk>/withdraw/",
        late_payment.late_claim_withdraw,
        name="late-claim-withdraw",
    ),
    path(
        "programmes/<str:code>/reference-rates/",
        reference_rates.reference_rate_list,
        name="reference-rate-list",
    ),
    path(
        "programmes/<str:code>/reference-rates.<str:form>",
        reference_rates.reference_rate_list_file,
        name="reference-rate-list-file",
    ),
    path("programmes/<str:code>/payments/<bank_line:pk>/trace/", tracing.line_trace, name="line-trace"),
    path(
        "programmes/<str:code>/payments/<bank_line:pk>/trace.<str:form>",
        tracing.line_trace_file,
        name="line-trace-file",
    ),
    path(
        "programmes/<str:code>/provider-payments/<str:batch>/<str:provider>/trace/",
        tracing.order_trace,
        name="order-trace",
    ),
    path(
        "programmes/<str:code>/provider-payments/<str:batch>/<str:provider>/trace.<str:form>",
        tracing.order_trace_file,
        name="order-trace-file",
    ),
    path("programmes/<str:code>/events/<event:pk>/trace/", tracing.event_trace, name="event-trace"),
    path(
        "programmes/<str:code>/events/<event:pk>/trace.<str:form>",
        tracing.event_trace_file,
        name="event-trace-file",
    ),
    path("programmes/<str:code>/self-billing/", self_billing.self_billing, name="self-billing"),
    path(
        "programmes/<str:code>/self-billing.<str:form>",
        self_billing.self_billing_file,
        name="self-billing-file",
    ),
    path(
        "programmes/<str:code>/self-billing/issue/",
        self_billing.self_billing_issue,
        name="self-billing-issue",
    ),
    path(
        "programmes/<str:code>/self-billing/invoices/<str:number>/",
        self_billing.self_billed_invoice,
        name="self-billed-invoice",
    ),
    path(
        "programmes/<str:code>/self-billing/<str:provider>/new/",
        self_billing.self_billing_new,
        name="self-billing-new",
    ),
    path(
        "programmes/<str:code>/self-billing/<str:provider>/end/",
        self_billing.self_billing_end,
        name="self-billing-end",
    ),
]
