"""Addresses of outcomes, charges, documents and statements in the API."""

from django.urls import path

from payments.api import charges, documents, outcomes, statements

app_name = "payments-api"
PROGRAMME = "programmes/<str:code>"
urlpatterns = [
    path(f"{PROGRAMME}/outcomes", outcomes.OutcomeList.as_view(), name="outcome-list"),
    path(f"{PROGRAMME}/outcomes/batch", outcomes.OutcomeBatch.as_view(), name="outcome-batch"),
    path(f"{PROGRAMME}/outcomes/<event:pk>", outcomes.OutcomeDetail.as_view(), name="outcome-detail"),
    path(
        f"{PROGRAMME}/outcomes/<event:pk>/decisions",
        outcomes.OutcomeDecision.as_view(),
        name="outcome-decide",
    ),
    path(f"{PROGRAMME}/charges", charges.ChargeList.as_view(), name="charge-list"),
    path(f"{PROGRAMME}/charges/<charge:pk>", charges.ChargeDetail.as_view(), name="charge-detail"),
    path(f"{PROGRAMME}/documents", documents.DocumentList.as_view(), name="document-list"),
    path(f"{PROGRAMME}/documents/<str:number>", documents.DocumentDetail.as_view(), name="document-detail"),
    path(f"{PROGRAMME}/documents/<str:number>/pdf", documents.DocumentPdf.as_view(), name="document-pdf"),
    path(
        f"{PROGRAMME}/documents/<str:number>/e-invoice",
        documents.DocumentEInvoice.as_view(),
        name="document-einvoice",
    ),
    path(f"{PROGRAMME}/statements", statements.StatementList.as_view(), name="statement-list"),
    path(
        f"{PROGRAMME}/statements/<statement:pk>",
        statements.StatementDetail.as_view(),
        name="statement-detail",
    ),
]
