"""Annotations as ASAP saves them."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from histopress.errors import ConfigError
from histopress.patches.regions import Drawing, Region, Ring, make_ring

AREAS = frozenset({"Polygon", "Rectangle", "Spline"})
"""Types that enclose an area; the others are points and measurements."""
_ROOT = "ASAP_Annotations"
_NO_GROUP = "None"
"""What ASAP writes for an annotation that is in no group."""


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """One ``Annotation`` element as it stands in the file."""

    name: str
    kind: str
    group: str
    points: list[tuple[str, str, str]] = field(default_factory=list)


def read_asap(path: Path) -> Drawing:
    """Read the areas of an XML file of ASAP.

    The label is ``PartOfGroup``. Names of groups are labels and nothing else: Camelyon's ``_0``,
    ``_1`` and ``_2``, ``Tumor`` and ``Exclusion``, ``metastases`` and ``normal``. ASAP knows no
    holes: areas drawn to be excluded are a group of their own, and take away from another only
    where both groups' labels are named in the task's classes. A spline is taken as the polygon of
    its points. Annotations in no group, and points and measurements, are skipped and counted.
    Coordinates are level-0 px.

    Parameters
    ----------
    path : Path
        A file with a document type is refused, so nothing outside of it is ever read.

    Returns
    -------
    Drawing
        At least one region.

    Raises
    ------
    ConfigError
        The file cannot be read, is not XML of ASAP, holds no area in a group, or an outline is
        none.
    """
    regions: list[Region] = []
    skipped: Counter[str] = Counter()
    for number, shape in enumerate(_shapes(path), 1):
        if shape.kind not in AREAS:
            skipped["shapes that are no area"] += 1
        elif shape.group in {"", _NO_GROUP}:
            skipped["shapes without a class"] += 1
        else:
            where = f"{path}: annotation {number} ('{shape.name}', {shape.group})"
            regions.append(Region(label=shape.group, exterior=_outline(shape, where)))
    if not regions:
        found = ", ".join(f"{count} {what}" for what, count in skipped.items())
        raise ConfigError(
            f"{path}: no area is in a group ({found or 'no annotation'}); put the annotations "
            "into groups in ASAP and save again"
        )
    return Drawing(regions=tuple(regions), skipped=dict(skipped))


def _shapes(path: Path) -> list[_Shape]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read ({error.strerror}); give an XML file of ASAP"
        ) from error
    shapes: list[_Shape] = []
    seen: list[str] = []

    def start(tag: str, values: dict[str, str]) -> None:
        if not seen:
            _check_root(path, tag)
        seen.append(tag)
        if tag == "Annotation":
            name, kind, group = (values.get(key, "") for key in ("Name", "Type", "PartOfGroup"))
            shapes.append(_Shape(name=name, kind=kind.strip(), group=group.strip()))
        elif tag == "Coordinate" and shapes:
            x, y = values.get("X", ""), values.get("Y", "")
            shapes[-1].points.append((values.get("Order", ""), x, y))

    def refuse(*_: object) -> None:
        raise ConfigError(
            f"{path}: declares a document type (DOCTYPE), which ASAP never does and which could "
            "name other files; remove it"
        )

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise ConfigError(f"{path}: is not XML ({error}); save it in ASAP again") from error
    return shapes


def _check_root(path: Path, tag: str) -> None:
    if tag != _ROOT:
        raise ConfigError(
            f"{path}: is not of ASAP: it begins with <{tag}>, not <{_ROOT}>; open other formats in "
            "QuPath and export them as GeoJSON"
        )


def _outline(shape: _Shape, where: str) -> Ring:
    """Put the points into the order that the file tells."""
    try:
        points = [
            (float(order) if order else float(place), float(x), float(y))
            for place, (order, x, y) in enumerate(shape.points)
        ]
    except ValueError as error:
        raise ConfigError(
            f"{where}: Order, X and Y of a coordinate must be numbers with a decimal point "
            f"({error}); save it in ASAP again"
        ) from error
    points.sort(key=lambda point: point[0])
    return make_ring([(x, y) for _, x, y in points], where)
