"""Area files from anywhere: what fits is taken, what does not is refused in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from performance.rules import geojson
from performance.rules.geojson import read_areas

CODES = ["EAL", "HRW"]
SQUARE = [[[0, 51], [1, 51], [1, 52], [0, 52], [0, 51]]]


def feature(
    code: Any = "EAL", kind: str = "Polygon", coordinates: Any = SQUARE, **more: Any
) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"code": code}, "geometry": geometry, **more}


def file(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_areas_are_matched_by_code_and_the_rest_is_left_out() -> None:
    found = read_areas(file(feature(), feature("FAR"), feature(None, id="HRW")), CODES)
    assert found.problems == ()
    assert set(found.outlines) == {"EAL", "HRW"}
    assert (found.missing, found.ignored) == ((), 1)


def test_what_is_kept_are_rings_of_two_rounded_coordinates() -> None:
    ring = [[0.123456789, 51, 7], [1, 51], [1, 52]]
    found = read_areas(file(feature(kind="MultiPolygon", coordinates=[[ring], [ring]])), CODES)
    assert found.outlines["EAL"] == (((0.12346, 51.0), (1.0, 51.0), (1.0, 52.0)),) * 2
    assert found.missing == ("HRW",)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"{}", "not_geojson"),
        (b"[]", "not_geojson"),
        (b'{"type": "FeatureCollection"}', "not_geojson"),
        (b'{"type": "FeatureCollection", "features": [NaN]}', "not_json"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 100_000, "too_deep"),
        (b" " * (geojson.MAX_BYTES + 1), "too_large"),
        (file(*[0] * (geojson.MAX_FEATURES + 1)), "too_many"),
        (file(0), "not_geojson"),
        (file(feature("FAR")), "no_area"),
        (file(), "no_area"),
        (file(feature(), feature()), "duplicate_area"),
        (file(feature(kind="Point", coordinates=[0, 51])), "bad_geometry"),
        (file({"type": "Feature", "properties": {"code": "EAL"}, "geometry": None}), "bad_geometry"),
        (file(feature(coordinates=[])), "bad_geometry"),
        (file(feature(coordinates=[[[0, 51], [0, 51], [0, 51]]])), "bad_geometry"),
        (file(feature(coordinates=[[[0, 51], [1, 51], [1, "52"]]])), "bad_position"),
        (file(feature(coordinates=[[[0, 51], [1, 51], [True, 52]]])), "bad_position"),
        (file(feature(coordinates=[[[0, 51], [1, 51], [1]]])), "bad_position"),
        (file(feature(coordinates=[[[530_000, 180_000], [1, 51], [1, 52]]])), "bad_position"),
        (file(feature(coordinates=[[[10**400, 51], [1, 51], [1, 52]]])), "bad_position"),
        (file(feature(coordinates=[[[0, 51], [1, 51], [1, 52]] * 40_000])), "too_many"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(content: bytes, code: str) -> None:
    found = read_areas(content, CODES)
    (problem,) = found.problems
    assert problem.code == code
    assert problem.message.endswith(".")
    assert found.outlines == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(CODES),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "features", "properties", "geometry", "coordinates", "code", "id"]),
            inner,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_is_outlines_or_a_refusal(content: bytes) -> None:
    found = read_areas(content, CODES)
    assert bool(found.problems) != bool(found.outlines)


@settings(deadline=None)
@given(st.lists(JSON, max_size=3))
def test_whatever_a_feature_is_it_is_outlines_or_a_refusal(coordinates: list[Any]) -> None:
    found = read_areas(file(feature(coordinates=coordinates)), CODES)
    assert bool(found.problems) != bool(found.outlines)
