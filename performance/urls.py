"""Addresses of performance: how it is going, what the figures mean, and what is agreed about them."""

from django.urls import path

from performance.views import (
    areas,
    dashboard,
    disclosure,
    exports,
    fidelity,
    metrics,
    packs,
    practice,
    profiles,
    reviews,
)

app_name = "performance"
urlpatterns = [
    path("performance/<str:code>/", dashboard.programme_detail, name="programme-detail"),
    path("performance/<str:code>/figures.<str:form>", dashboard.programme_file, name="programme-file"),
    path("programmes/<str:code>/export.zip", exports.full_export_file, name="full-export-file"),
    path("programmes/<str:code>/indigo.json", exports.indigo_file, name="indigo-file"),
    path("metrics/", metrics.metric_list, name="metric-list"),
    path("metrics.<str:form>", metrics.metric_list_file, name="metric-list-file"),
    path("metrics/<str:metric>/", metrics.metric_detail, name="metric-detail"),
    path("programmes/<str:code>/packs/", packs.pack_list, name="pack-list"),
    path(
        "programmes/<str:code>/packs/<str:funder>/<month:month>.<str:form>", packs.pack_file, name="pack-file"
    ),
    path("programmes/<str:code>/reviews/", reviews.review_list, name="review-list"),
    path("programmes/<str:code>/reviews.<str:form>", reviews.review_list_file, name="review-list-file"),
    path("programmes/<str:code>/reviews/new/", reviews.review_new, name="review-new"),
    path("programmes/<str:code>/reviews/<review_meeting:pk>/", reviews.review_detail, name="review-detail"),
    path("programmes/<str:code>/reviews/<review_meeting:pk>/held/", reviews.review_hold, name="review-hold"),
    path("programmes/<str:code>/reviews/<review_meeting:pk>/notes/", reviews.note_new, name="note-new"),
    path("programmes/<str:code>/reviews/<review_meeting:pk>/actions/", reviews.action_new, name="action-new"),
    path("programmes/<str:code>/actions/", reviews.action_list, name="action-list"),
    path("programmes/<str:code>/actions.<str:form>", reviews.action_list_file, name="action-list-file"),
    path("programmes/<str:code>/actions/<review_action:pk>/", reviews.action_detail, name="action-detail"),
    path("programmes/<str:code>/fidelity/", fidelity.fidelity_list, name="fidelity-list"),
    path("programmes/<str:code>/fidelity.<str:form>", fidelity.fidelity_list_file, name="fidelity-list-file"),
    path("programmes/<str:code>/fidelity/new/", fidelity.fidelity_new, name="fidelity-new"),
    path(
        "programmes/<str:code>/fidelity/<scored_review:pk>/", fidelity.fidelity_detail, name="fidelity-detail"
    ),
    path(
        "programmes/<str:code>/fidelity/<scored_review:pk>/correct/",
        fidelity.fidelity_correct,
        name="fidelity-correct",
    ),
    path("programmes/<str:code>/practice/", practice.practice_list, name="practice-list"),
    path("programmes/<str:code>/practice.<str:form>", practice.practice_list_file, name="practice-list-file"),
    path("programmes/<str:code>/practice/new/", practice.practice_new, name="practice-new"),
    path("programmes/<str:code>/practice/cadence/", practice.cadence_new, name="cadence-new"),
    path("programmes/<str:code>/profiles/", profiles.profile_list, name="profile-list"),
    path("programmes/<str:code>/profiles.<str:form>", profiles.profile_list_file, name="profile-list-file"),
    path("programmes/<str:code>/profiles/new/", profiles.profile_new, name="profile-new"),
    path("programmes/<str:code>/profiles/<profile:pk>/", profiles.profile_detail, name="profile-detail"),
    path(
        "programmes/<str:code>/profiles/<profile:pk>.<str:form>", profiles.profile_file, name="profile-file"
    ),
    path(
        "programmes/<str:code>/profiles/<profile:pk>/draw-anew/",
        profiles.profile_draw_anew,
        name="profile-draw-anew",
    ),
    path("programmes/<str:code>/map/", areas.area_map, name="area-map"),
    path("programmes/<str:code>/map.<str:form>", areas.area_map_file, name="area-map-file"),
    path("programmes/<str:code>/map/outlines/", areas.outlines_new, name="outlines-new"),
    path("programmes/<str:code>/disclosure/", disclosure.disclosure_detail, name="disclosure-detail"),
    path("programmes/<str:code>/disclosure.<str:form>", disclosure.disclosure_file, name="disclosure-file"),
    path("programmes/<str:code>/disclosure/new/", disclosure.disclosure_new, name="disclosure-new"),
]
