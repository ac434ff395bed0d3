"""Addresses of outcome events, and of taking over participants, jobs and outcomes from files."""

from django.urls import path

from outcomes.views import answers, claims, events, evidence, import_files, imports, logged, people

app_name = "outcomes"
DRAFT = "programmes/<str:code>/outcomes/drafts/<uuid:token>"
FILE = "programmes/<str:code>/imports/<slug:kind>/<uuid:ticket>"
urlpatterns = [
    path("caseload/", people.caseload, name="caseload"),
    path("programmes/<str:code>/people/<participant:pk>/", people.person_detail, name="person-detail"),
    path("programmes/<str:code>/events/<event:pk>/", events.event_detail, name="event-detail"),
    path("programmes/<str:code>/imports/", imports.import_list, name="import-list"),
    path("programmes/<str:code>/imports/list.<str:form>", imports.import_list_file, name="import-list-file"),
    path("programmes/<str:code>/imports/<slug:kind>/", imports.import_check, name="import-check"),
    path(
        "programmes/<str:code>/imports/<slug:kind>/template.<str:form>",
        imports.import_template,
        name="import-template",
    ),
    path(f"{FILE}/", import_files.import_preview, name="import-preview"),
    path(f"{FILE}/columns/", import_files.import_columns, name="import-columns"),
    path(f"{FILE}/report.<str:form>", import_files.import_report, name="import-report"),
    path(f"{FILE}/to-mend.<str:form>", import_files.import_mend, name="import-mend"),
    path(f"{FILE}/store/", import_files.import_store, name="import-store"),
    path(f"{FILE}/again/", import_files.import_again, name="import-again"),
    path(f"{FILE}/cancel/", import_files.import_cancel, name="import-cancel"),
    path("caseload/news/seen/", logged.news_seen, name="news-seen"),
    path("programmes/<str:code>/outcomes/", logged.outcome_list, name="outcome-list"),
    path("programmes/<str:code>/outcomes.<str:form>", logged.outcome_list_file, name="outcome-list-file"),
    path("programmes/<str:code>/outcomes/<event:pk>/", logged.outcome_detail, name="outcome-detail"),
    path("programmes/<str:code>/outcomes/<event:pk>/answer/", answers.outcome_answer, name="outcome-answer"),
    path("programmes/<str:code>/outcomes/<event:pk>/answer/keep/", answers.answer_keep, name="answer-keep"),
    path("programmes/<str:code>/outcomes/<event:pk>/again/", logged.outcome_again, name="outcome-again"),
    path("programmes/<str:code>/outcomes/new/", claims.claim_new, name="claim-new"),
    path(f"{DRAFT}/outcome/", claims.claim_outcome, name="claim-outcome"),
    path(f"{DRAFT}/details/", claims.claim_details, name="claim-details"),
    path(f"{DRAFT}/details/keep/", claims.claim_keep, name="claim-keep"),
    path(f"{DRAFT}/evidence/", claims.claim_evidence, name="claim-evidence"),
    path(f"{DRAFT}/evidence/unhold/", claims.claim_unhold, name="claim-unhold"),
    path(f"{DRAFT}/evidence/<uuid:key>/remove/", evidence.evidence_remove, name="evidence-remove"),
    path(f"{DRAFT}/check/", claims.claim_check, name="claim-check"),
    path(f"{DRAFT}/submit/", claims.claim_submit, name="claim-submit"),
    path(f"{DRAFT}/submitted/", claims.claim_submitted, name="claim-submitted"),
    path(f"{DRAFT}/discard/", claims.claim_discard, name="claim-discard"),
    path("programmes/<str:code>/evidence/<uuid:key>/", evidence.evidence_file, name="evidence-file"),
]
