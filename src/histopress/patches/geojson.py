"""Annotations as QuPath exports them."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from histopress.errors import ConfigError
from histopress.patches.regions import Drawing, Region, make_ring

NO_CLASS = "shapes without a class"


def read_geojson(path: Path) -> Drawing:
    """Read the areas of a GeoJSON file of QuPath.

    A FeatureCollection, a list of features or a single feature. Polygons and MultiPolygons are
    read, with their holes; each polygon of a MultiPolygon is a region. The class is
    ``properties.classification``: a text, or an object with ``name`` or, as QuPath has written
    derived classes since 0.2, ``names``, which are joined as QuPath shows them
    (``Tumour: Necrosis``). Shapes without a class, and points and lines, are skipped and counted.
    Coordinates are level-0 px; QuPath counts them from the top left of the whole image.

    Parameters
    ----------
    path : Path
        UTF-8, not compressed.

    Returns
    -------
    Drawing
        At least one region.

    Raises
    ------
    ConfigError
        The file cannot be read, is not GeoJSON, holds no area with a class, or an outline is none.
    """
    regions: list[Region] = []
    skipped: Counter[str] = Counter()
    for number, feature in enumerate(_features(path), 1):
        where = f"{path}: feature {number}"
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise ConfigError(f"{where} is not a GeoJSON feature; export from QuPath again")
        label = _label(feature.get("properties"))
        polygons = _polygons(feature.get("geometry"), where)
        if polygons is None:
            skipped["shapes that are no area"] += 1
        elif not label:
            skipped[NO_CLASS] += 1
        else:
            regions += [_region(label, polygon, where) for polygon in polygons]
    if not regions:
        found = ", ".join(f"{count} {what}" for what, count in skipped.items()) or "no feature"
        raise ConfigError(
            f"{path}: no area has a class ({found}); set the annotations' class in QuPath and "
            "export again"
        )
    return Drawing(regions=tuple(regions), skipped=dict(skipped))


def _features(path: Path) -> list[Any]:
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); give a GeoJSON file of QuPath"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"{path}: is not JSON ({error}); export from QuPath as GeoJSON, not compressed"
        ) from error
    if isinstance(content, dict) and content.get("type") == "Feature":
        return [content]
    if isinstance(content, dict) and content.get("type") == "FeatureCollection":
        content = content.get("features")
    if not isinstance(content, list):
        raise ConfigError(
            f"{path}: is not GeoJSON; it must be a FeatureCollection, a list of features or one "
            "feature; export from QuPath again"
        )
    return content


def _label(properties: Any) -> str:
    """Give the class, empty if there is none."""
    found = properties.get("classification") if isinstance(properties, dict) else None
    if isinstance(found, dict):
        names = found.get("names")
        found = found.get("name") or (names if isinstance(names, list) else None)
    if isinstance(found, list):
        found = ": ".join(str(name) for name in found)
    return found.strip() if isinstance(found, str) else ""


def _polygons(geometry: Any, where: str) -> list[Any] | None:
    """Give the polygons, each a list of rings; None if the shape is no area."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in {"Polygon", "MultiPolygon"}:
        return None
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(polygons, list) or not all(isinstance(p, list) and p for p in polygons):
        raise ConfigError(f"{where}: a {kind} without coordinates; export from QuPath again")
    return polygons


def _region(label: str, polygon: list[Any], where: str) -> Region:
    def rings() -> Iterator[Any]:
        for ring in polygon:
            yield make_ring(ring, f"{where} ({label})")

    exterior, *holes = rings()
    return Region(label=label, exterior=exterior, holes=tuple(holes))
