"""The pages that say what the figures mean, and their file."""

from __future__ import annotations

import csv
import io

from django.test import Client

from performance.rules.registry import METRICS
from tests.cast import Cast


def test_every_metric_is_listed_and_explained(cast: Cast, client: Client) -> None:
    client.force_login(cast.commissioner)
    listed = client.get("/metrics/").text
    for metric in METRICS:
        assert f'href="/metrics/{metric.code}/"' in listed
        page = client.get(f"/metrics/{metric.code}/").text
        assert metric.definition in page.replace("&#x27;", "'")
        assert all(variant.scheme in page for variant in metric.variants)


def test_a_metric_that_is_not_defined_is_not_found(cast: Cast, client: Client) -> None:
    client.force_login(cast.commissioner)
    assert client.get("/metrics/nonsense/").status_code == 404


def test_the_file_holds_every_metric_and_variant_by_its_code(cast: Cast, client: Client) -> None:
    client.force_login(cast.specialist)
    rows = list(csv.DictReader(io.StringIO(client.get("/metrics.csv").content.decode("utf-8-sig"))))
    expected = [code for each in METRICS for code in (each.code, *(one.code for one in each.variants))]
    assert [row["Code"] for row in rows] == expected
    assert client.get("/metrics.xlsx").content[:2] == b"PK"
