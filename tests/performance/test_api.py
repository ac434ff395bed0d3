"""Figures in the API: those of the page, for whoever sees the page."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client

from performance.rules.registry import METRICS
from tests.api.callers import caller_as
from tests.cast import Cast, close
from tests.performance.planning import ruled

pytestmark = pytest.mark.django_db
PATH = "programmes/WL-IPS/metrics"


@pytest.mark.parametrize("person", ["analyst", "commissioner", "manager"])
def test_the_figures_of_the_api_are_those_of_the_page(cast: Cast, client: Client, person: str) -> None:
    close(cast.programme, "2026-04")
    user = getattr(cast, person)
    said = caller_as(user).get(PATH).json()
    client.force_login(user)
    page = client.get("/performance/WL-IPS/")
    shown = {row.metric.code: row for row in page.context["page"].rows}
    assert [each["code"] for each in said["metrics"]] == list(shown)
    assert set(shown) <= {metric.code for metric in METRICS}
    for each in said["metrics"]:
        figures = shown[each["code"]].figures
        assert [one["value"] is None for one in each["figures"]] == [one.value is None for one in figures]
    table = list(
        csv.DictReader(io.StringIO(client.get("/performance/WL-IPS/figures.csv").content.decode("utf-8-sig")))
    )
    assert said["latest_month"] in {row["Month"] for row in table}


def test_c1_a_role_under_disclosure_control_gets_no_exact_figure_by_the_api(cast: Cast) -> None:
    close(cast.programme, "2026-04")
    ruled(cast)
    refused = caller_as(cast.commissioner).get(PATH)
    assert (refused.status_code, refused.json()["code"]) == (403, "ruled")
    assert "figures" not in refused.json()
    assert caller_as(cast.analyst).get(PATH).status_code == 200
