"""``histopress tile``: spacing settled, tissue found, grid laid."""

from dataclasses import field
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from histopress.cli.job import Job, Port, Verb
from histopress.cli.slide import SlideDigest, read_slide
from histopress.config import OnBadSlide
from histopress.slide.settings import GridSettings
from histopress.types import settings

if TYPE_CHECKING:
    from histopress.slide.tiling import Tiling


@settings
class TileSettings:
    """What decides the tiles of one slide."""

    grid: GridSettings = field(default_factory=GridSettings)
    sha256: SlideDigest = None
    spacing_um: Annotated[float | None, Field(gt=0)] = None
    on_bad_slide: OnBadSlide = "fail"


def tile(job: Job) -> None:
    """Tile one slide and draw what was decided."""
    from histopress.slide.overlay import draw_overlay
    from histopress.slide.tiles import write_tiles

    chosen = job.settings
    tiling = _survey(job)
    if tiling.fault is not None and chosen.on_bad_slide == "fail":
        raise tiling.fault
    tiles = tiling.tiles
    write_tiles(job.output("tiles"), tiles, chosen.grid)
    draw_overlay(tiling).save(job.output("overlay"), format="PNG")
    job.facts.update(
        status="excluded" if tiles.excluded else "ok",
        reason=tiles.reason,
        tiles=len(tiles.coords),
        cells=int(tiles.tile_index.size),
    )


def _survey(job: Job) -> "Tiling":
    from histopress.errors import SlideMissing
    from histopress.slide.files import slide_files
    from histopress.slide.tiles import no_tiles
    from histopress.slide.tiling import Tiling, survey_slide

    slide_id, chosen = job.wildcard("slide-id"), job.settings
    if not job.has("slide"):
        fault = SlideMissing(f"slide '{slide_id}': no file where the manifest says")
        if chosen.on_bad_slide == "fail":
            raise fault
        return Tiling(tiles=no_tiles(slide_id, str(fault)))
    path = job.request.paths["slide"]
    if path.exists():
        read_slide(job, path, slide_files(path))
    return survey_slide(
        path, slide_id=slide_id, declared_spacing_um=chosen.spacing_um, settings=chosen.grid
    )


VERB = Verb(
    name="tile",
    environment="slide",
    settings=TileSettings,
    inputs=(Port(name="slide", help="the slide file", optional=True),),
    outputs=(
        Port(name="tiles", help="HDF5: coordinates, grid, tissue fractions"),
        Port(name="overlay", help="PNG: thumbnail with tissue and tiles"),
    ),
    guards=("sha256",),
    wildcards=("slide-id",),
    run=tile,
)
