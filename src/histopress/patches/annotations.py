"""Patches of regions that were drawn on slides."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from histopress.cohort.checks import Record, check_records
from histopress.cohort.columns import rename_columns, repeated_columns
from histopress.cohort.paths import Places, unsafe_characters
from histopress.cohort.table import read_table
from histopress.errors import ConfigError, HistopressError, ManifestError
from histopress.patches.asap import read_asap
from histopress.patches.cohort_tiles import SlidePatches, check_spacings
from histopress.patches.geojson import read_geojson
from histopress.patches.regions import Drawing, find_patches
from histopress.patches.settings import AnnotationSource
from histopress.patches.source import Origin
from histopress.seeds import generator
from histopress.slide.geometry import Geometry, lay_geometry
from histopress.slide.settings import GridSettings
from histopress.slide.source import open_slide
from histopress.slide.spacing import settle_spacing

REQUIRED = ("slide_id", "path", "annotations")
READERS = {".geojson": read_geojson, ".json": read_geojson, ".xml": read_asap}


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One slide of the table, its files found."""

    number: int
    slide_id: str
    slide: Path
    annotations: Path
    patient_id: str
    center: str
    spacing_um: float | None


@dataclass(frozen=True, kw_only=True)
class _Cut:
    """What one slide gives: places as (y, x, label), ordered."""

    row: _Row
    geometry: Geometry
    places: list[tuple[int, int, str]]
    warnings: tuple[str, ...]


def open_annotations(
    source: AnnotationSource,
    *,
    input_px: int,
    margin_px: int,
    input_spacing_um: float,
    seed: int,
    root: Path,
    classes: Collection[str] | Mapping[str, Collection[str]] = (),
) -> SlidePatches:
    """Draw patches of the regions on annotated slides.

    Patches start on a lattice of half an encoder's input, so two of one slide may overlap. The
    class is that of the encoder's input; the margin around it may show anything. Input and margin
    lie wholly within the slide. Of each class, up to ``n_per_class`` patches a slide are drawn;
    which ones depends on the seed, the slide's id and its regions alone.

    Parameters
    ----------
    source : AnnotationSource
        The slides' table, number and purity.
    input_px, margin_px : int
        Side of the encoder's input and px around it, at ``input_spacing_um``.
    input_spacing_um : float
        Wanted µm/px; what is read is within 2 % of it.
    seed : int
        The run's seed.
    root : Path
        Folder that ``source.slides`` is relative to.
    classes : collection of str, or mapping of str to collection of str
        Labels to draw, or, by class, each class's labels: then labels of one class count as one,
        also where their regions overlap, and origins carry the first of them. Regions of other
        labels are ignored, as if not drawn. Empty takes every label as a class.

    Returns
    -------
    SlidePatches
        Ordered as the table, then by row and column of the slide.

    Raises
    ------
    ManifestError
        The table, an annotation file or a slide cannot be used; lists every fault with its row.
    ConfigError
        No slide gives a patch.
    """
    table = root / source.slides
    rows = _read_rows(table)
    first = _first_labels(classes)
    grid = GridSettings(
        tile_px=input_px + 2 * margin_px,
        stride_px=max(1, input_px // 2),
        spacing_um=input_spacing_um,
    )
    faults, cuts = [], []
    for row in rows:
        try:
            drawing = _select(read_drawing(row.annotations), first)
            cuts.append(_cut(row, drawing, source=source, grid=grid, input_px=input_px, seed=seed))
        except HistopressError as error:
            faults.append(f"{table} row {row.number}: {error}")
    if faults:
        raise ManifestError(faults)
    if not any(cut.places for cut in cuts):
        raise ConfigError(
            f"{table}: no region of {_named(classes)} holds a patch of {input_px} px at "
            f"{input_spacing_um:g} µm/px to {source.purity:.0%}; check the classes' labels, draw "
            "larger regions or lower 'purity'"
        )
    return _join(
        [cut for cut in cuts if cut.places], [text for cut in cuts for text in cut.warnings], table
    )


def read_drawing(path: Path) -> Drawing:
    """Read an annotation file by its suffix: ``.geojson`` or ``.json`` of QuPath, ``.xml`` of ASAP.

    Raises
    ------
    ConfigError
        Another suffix, or see the readers.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ConfigError(
            f"{path}: suffix '{path.suffix}' is no annotation format; allowed are .geojson and "
            ".json (QuPath) and .xml (ASAP)"
        )
    return reader(path)


def _first_labels(classes: Collection[str] | Mapping[str, Collection[str]]) -> dict[str, str]:
    """Map each label to the one that stands for its class."""
    if isinstance(classes, Mapping):
        return {label: next(iter(labels)) for labels in classes.values() for label in labels}
    return {label: label for label in classes}


def _select(drawing: Drawing, first: Mapping[str, str]) -> Drawing:
    """Leave out regions of labels that no class names."""
    if not first:
        return drawing
    kept = tuple(
        replace(region, label=first[region.label])
        for region in drawing.regions
        if region.label in first
    )
    return replace(drawing, regions=kept)


def _cut(
    row: _Row,
    drawing: Drawing,
    *,
    source: AnnotationSource,
    grid: GridSettings,
    input_px: int,
    seed: int,
) -> _Cut:
    """Lay the lattice on one slide and draw patches."""
    geometry = _lay(row, grid)
    scale = geometry.factor * geometry.downsample
    margin = (grid.tile_px - input_px) / 2 * scale
    found = find_patches(
        drawing.regions,
        tops=geometry.tops + margin,
        lefts=geometry.lefts + margin,
        side=input_px * scale,
        purity=source.purity,
    )
    places = []
    for label, cells in found.items():
        rng = generator(seed, "annotated-patches", row.slide_id, label)
        picks = rng.permutation(len(cells))[: source.n_per_class]
        for line, column in cells[picks]:
            places.append((int(geometry.tops[line]), int(geometry.lefts[column]), label))
    where = f"slide '{row.slide_id}'"
    warnings = [f"{where}: {count} {what} skipped" for what, count in drawing.skipped.items()]
    warnings += [f"{where}: no patch of '{label}'" for label in found if not len(found[label])]
    return _Cut(row=row, geometry=geometry, places=sorted(places), warnings=tuple(warnings))


def _lay(row: _Row, grid: GridSettings) -> Geometry:
    with open_slide(row.slide, row.slide_id) as slide:
        return lay_geometry(
            slide_id=row.slide_id,
            sizes=slide.level_dimensions,
            downsamples=slide.level_downsamples,
            spacing=settle_spacing(
                slide.properties, slide_id=row.slide_id, declared=row.spacing_um
            ),
            settings=grid,
        )


def _join(cuts: list[_Cut], warnings: list[str], table: Path) -> SlidePatches:
    check_spacings([cut.geometry for cut in cuts], str(table))
    origins, places = [], []
    for number, cut in enumerate(cuts):
        for y, x, label in cut.places:
            places.append((number, x, y))
            origins.append(
                Origin(
                    name=f"{cut.row.slide_id}@{x},{y}",
                    label=label,
                    slide_id=cut.row.slide_id,
                    patient_id=cut.row.patient_id,
                    center=cut.row.center,
                )
            )
    return SlidePatches(
        origins=tuple(origins),
        slides=tuple((cut.row.slide, cut.geometry) for cut in cuts),
        places=np.asarray(places, np.int64),
        warnings=tuple(warnings),
    )


def _named(classes: Collection[str]) -> str:
    return ", ".join(f"'{name}'" for name in classes) or "any class"


def _read_rows(path: Path) -> list[_Row]:
    """Read and check the slides' table as a manifest is; relative paths start from its folder."""
    table = read_table(path)
    columns = rename_columns(table.header)
    faults = [(1, f"{path}: {text}") for text in repeated_columns(table.header)]
    found = ", ".join(f"'{name}'" for name in columns)
    faults += [
        (1, f"{path}: no column '{name}'; needed are {', '.join(REQUIRED)}; columns found: {found}")
        for name in REQUIRED
        if name not in columns
    ]
    if not table.rows:
        faults.append((1, f"{path}: has a header and no rows; add one row a slide"))
    records = []
    for number, cells in table.rows:
        if len(cells) == len(columns):
            records.append(Record(number, dict(zip(columns, cells, strict=True))))
        else:
            text = f"{len(cells)} fields, the header has {len(columns)}; quote what holds commas"
            faults.append((number, f"{path} row {number}: {text}"))
    places = Places(path.parent, touch=True, missing_is_fault=True)
    faults += check_records(records, columns=frozenset(columns), places=places, name=str(path))
    faults += [
        (record.number, f"{path} row {record.number}: {text}")
        for record in records
        for text in _annotation_faults(record, places)
    ]
    if faults:
        raise ManifestError([text for _, text in sorted(faults, key=lambda fault: fault[0])])
    return [_row(record, places) for record in records]


def _annotation_faults(record: Record, places: Places) -> Iterator[str]:
    path = record.values.get("annotations")
    if path == "":
        yield "annotations is empty; give the annotation file"
    elif path and unsafe_characters(path):
        yield f"annotations {path!r} holds {unsafe_characters(path)!r}; rename the file"
    elif path:
        fault = places.fault(path, "annotations")
        if fault:
            yield fault


def _row(record: Record, places: Places) -> _Row:
    values = record.values
    spacing = values.get("spacing_um")
    return _Row(
        number=record.number,
        slide_id=values["slide_id"],
        slide=Path(places.resolve(values["path"])),
        annotations=Path(places.resolve(values["annotations"])),
        patient_id=values.get("patient_id", ""),
        center=values.get("center", ""),
        spacing_um=float(spacing) if spacing else None,
    )
