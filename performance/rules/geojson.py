"""An area file (GeoJSON), wherever it comes from: checked, cut down to outlines, matched to areas by code."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mhep.kernel.problems import Problem

MAX_BYTES = 5 * 1024 * 1024
MAX_POINTS = 100_000  # of a file
MAX_FEATURES = 2_000
DEEPEST = 12  # brackets within brackets; a MultiPolygon in a collection has eight
FULL_TURN = 360  # what a longitude may be at most, beyond the date line
PLACES = 5  # decimals of a degree that are kept: about a metre
KEYS = ("code", "CODE", "ref", "id", "LAD23CD", "LAD24CD", "gss_code")  # where a code is looked for
RINGS = {"Polygon": 1, "MultiPolygon": 2}  # how deep the rings lie

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class AreaFileRead:
    """The outlines that were found, by code, and what the file lacks or has too much; or what is wrong."""

    outlines: Mapping[str, tuple[Ring, ...]]
    missing: tuple[str, ...] = ()
    ignored: int = 0
    problems: tuple[Problem, ...] = ()


class _Refused(ValueError):
    def __init__(self, place: str, code: str, message: str) -> None:
        self.problem = Problem(place, code, message)
        super().__init__(message)


def read_areas(content: bytes, codes: Sequence[str]) -> AreaFileRead:
    """
    Read the outlines of the areas with these codes, whatever else the file holds.

    A feature belongs to an area by its property ``code`` (or one of the usual names) or by its ``id``. Codes
    of problems: ``too_large``, ``not_json``, ``too_deep``, ``not_geojson``, ``too_many``, ``bad_geometry``,
    ``bad_position``, ``duplicate_area``, ``no_area``. If anything is wrong, nothing of the file counts.
    """
    try:
        features = _features(content)
        return _matched(features, codes)
    except _Refused as refusal:
        return AreaFileRead({}, problems=(refusal.problem,))


def _features(content: bytes) -> list[Any]:
    if len(content) > MAX_BYTES:
        raise _Refused("file", "too_large", "The file is larger than 5 MB. Simplify its outlines first.")
    _refuse_depth(content)
    try:
        loaded = json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _Refused("file", "not_json", "The file is no JSON text. Export it as GeoJSON.") from None
    if not isinstance(loaded, dict) or loaded.get("type") != "FeatureCollection":
        raise _Refused("file", "not_geojson", "The file is no GeoJSON FeatureCollection.")
    features = loaded.get("features")
    if not isinstance(features, list):
        raise _Refused("features", "not_geojson", "The file has no list of features.")
    if len(features) > MAX_FEATURES:
        raise _Refused("features", "too_many", f"The file has more than {MAX_FEATURES:,} features.")
    return features


def _refuse_depth(content: bytes) -> None:
    """Refuse brackets that lie too deep before anything is built from them; those in texts count too."""
    depth = 0
    for sign in content:
        if sign in b"[{":
            depth += 1
            if depth > DEEPEST:
                raise _Refused("file", "too_deep", "The file has more levels than outlines have.")
        elif sign in b"]}":
            depth -= 1


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _matched(features: Sequence[Any], codes: Sequence[str]) -> AreaFileRead:
    found: dict[str, tuple[Ring, ...]] = {}
    points, ignored = 0, 0
    for number, feature in enumerate(features, 1):
        place = f"feature {number}"
        code = _code_of(feature, place, set(codes))
        if code is None:
            ignored += 1
            continue
        if code in found:
            raise _Refused(place, "duplicate_area", f"{code} is there twice. Leave one feature for it.")
        found[code] = tuple(_rings(feature.get("geometry"), place))
        points += sum(len(ring) for ring in found[code])
        if points > MAX_POINTS:
            message = f"The outlines have more than {MAX_POINTS:,} points. Simplify them first."
            raise _Refused(place, "too_many", message)
    if not found:
        message = f"No feature has the code of an area of the programme, such as {', '.join(codes[:3])}."
        raise _Refused("features", "no_area", message)
    return AreaFileRead(found, tuple(code for code in codes if code not in found), ignored)


def _code_of(feature: Any, place: str, codes: set[str]) -> str | None:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _Refused(place, "not_geojson", "This is no feature.")
    properties = feature.get("properties")
    given = properties if isinstance(properties, dict) else {}
    for value in (*(given.get(key) for key in KEYS), feature.get("id")):
        if isinstance(value, str) and value.strip() in codes:
            return value.strip()
    return None


def _rings(geometry: Any, place: str) -> Iterator[Ring]:
    """Give the rings of a polygon or of several, closed as they were, without a third coordinate."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in RINGS:
        raise _Refused(place, "bad_geometry", "An area needs a Polygon or a MultiPolygon.")
    polygons = [geometry.get("coordinates")] if RINGS[kind] == 1 else geometry.get("coordinates")
    for polygon in _list(polygons, place):
        for ring in _list(polygon, place):
            yield _ring(_list(ring, place), place)


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise _Refused(place, "bad_geometry", "The outline is no list of rings of positions.")
    return value


def _ring(positions: list[Any], place: str) -> Ring:
    ring = tuple(_position(each, place) for each in positions)
    if len(set(ring)) < 3:
        raise _Refused(place, "bad_geometry", "A ring needs three different positions at least.")
    return ring


def _position(value: Any, place: str) -> tuple[float, float]:
    if not isinstance(value, list) or not 2 <= len(value) <= 3 or not all(map(_is_number, value)):
        raise _Refused(place, "bad_position", "A position is a longitude and a latitude.")
    longitude, latitude = float(value[0]), float(value[1])
    if abs(longitude) > FULL_TURN or abs(latitude) > FULL_TURN / 4:
        message = "A position lies outside of the earth. Export the file in degrees (WGS 84), not in metres."
        raise _Refused(place, "bad_position", message)
    return float(f"{longitude:.{PLACES}f}"), float(f"{latitude:.{PLACES}f}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False
