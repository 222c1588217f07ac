"""How near drawn slides come to real ones: a table of numbers, and pictures side by side.

Every row sets real tiles or slides beside phantom tissue of the same kind, brought to the same
spacing: mean and standard deviation of red, green and blue over tissue, nuclei a mm² (dark peaks
in red, found alike in both), and the size of JPEG tiles at quality 80. A number is right if the
phantom's mean lies within the real tiles' 5th and 95th percentiles.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import openslide
from jaxtyping import Float64, UInt8

from histopress.simulate.anatomy.tissue import CELL_UM, Anatomy, Tissue
from histopress.simulate.bands import draw_bands
from histopress.simulate.drawing.canvas import Canvas, cell_pixels
from histopress.simulate.drawing.cells import Dark
from histopress.simulate.drawing.fields import BLOCK_CELLS
from histopress.simulate.drawing.kinds import NucleusKind
from histopress.simulate.drawing.scanner import draw_scanner
from histopress.simulate.drawing.stain import draw_stain

MEASURES = ("R", "G", "B", "sd R", "sd G", "sd B", "nuclei", "bytes")
Picture = UInt8[np.ndarray, "H W 3"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """Real pictures and the phantom's tissues to set beside them.

    Attributes
    ----------
    name, paths : str
        Of the table, and a pattern under the data folder.
    spacing_um : float
        µm/px; of files that do not tell, judged by the size of their nuclei and red cells.
    tissues : tuple of Tissue
        In turn, a slide each.
    side : int
        Side of the tiles that slides are cut to in pixels.
    """

    name: str
    paths: str
    spacing_um: float
    tissues: tuple[Tissue, ...]
    side: int = 256


T = Tissue
ROWS = (
    Row(
        name="lymph normal",
        paths="tiles/lymph/train/normal/*",
        spacing_um=0.97,
        tissues=(T.LYMPHOCYTES, T.LYMPHOCYTES, T.FOLLICLE, T.STROMA, T.FAT),
        side=96,
    ),
    Row(
        name="lymph tumour",
        paths="tiles/lymph/train/tumour/*",
        spacing_um=0.97,
        tissues=(T.TUMOUR,),
        side=96,
    ),
    Row(
        name="colon healthy",
        paths="tiles/colorectal/H/*",
        spacing_um=1.0,
        tissues=(T.GLAND,),
        side=224,
    ),
    Row(
        name="colon tumour",
        paths="tiles/colorectal/AC/*",
        spacing_um=1.0,
        tissues=(T.TUMOUR, T.TUMOUR, T.STROMA),
        side=224,
    ),
    Row(
        name="prostate epith.",
        paths="tiles/prostate/epithelium/*",
        spacing_um=0.5,
        tissues=(T.GLAND,),
        side=64,
    ),
    Row(
        name="prostate stroma",
        paths="tiles/prostate/stroma/*",
        spacing_um=0.5,
        tissues=(T.STROMA, T.MUSCLE),
        side=64,
    ),
    Row(
        name="mitosis",
        paths="tiles/mitosis/normal/*",
        spacing_um=0.25,
        tissues=(T.TUMOUR,),
        side=128,
    ),
    Row(
        name="skin (CMU-1)",
        paths="slides/he/cmu-1*",
        spacing_um=0.5,
        tissues=(T.STROMA,),
    ),
    Row(
        name="cptac",
        paths="slides/he/cptac*",
        spacing_um=2.0,
        tissues=(T.MUSCLE, T.STROMA, T.TUMOUR),
    ),
    Row(
        name="breast",
        paths="slides/he/breast*",
        spacing_um=0.25,
        tissues=(T.STROMA, T.TUMOUR),
    ),
    Row(
        name="tcga head & neck",
        paths="slides/he/tcga*",
        spacing_um=0.5,
        tissues=(T.TUMOUR, T.LYMPHOCYTES, T.STROMA),
    ),
)


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA", help="folder with slides/ and tiles/")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="write pictures side by side")
    parser.add_argument("--tiles", type=int, default=120, metavar="N", help="at most, of a row")
    options = parser.parse_args()
    print(f"{'':17}{'':8}" + "".join(f"{name:>15}" for name in MEASURES) + "   outside")
    sheets, numbers = [], []
    for row in ROWS:
        real = list(real_tiles(options.data, row, options.tiles))
        drawn = list(phantom_tiles(row, options.tiles))
        numbers.append((measure(real, row.spacing_um), measure(drawn, row.spacing_um)))
        print_row(row.name, *numbers[-1])
        sheets.append(side_by_side(row, real, drawn))
    print_row("all", *(np.concatenate(parts) for parts in zip(*numbers, strict=True)))
    if options.sheet:
        strips = [*sheets, *magnifications(), mitoses()]
        width = max(strip.shape[1] for strip in strips)
        padded = [
            np.pad(strip, ((0, 6), (0, width - strip.shape[1]), (0, 0)), constant_values=255)
            for strip in strips
        ]
        cv2.imwrite(str(options.sheet), np.concatenate(padded)[..., ::-1])


def real_tiles(data: Path, row: Row, count: int) -> Iterator[Picture]:
    """Tiles of one row's files, evenly over them, that are tissue for the greater part."""
    paths = sorted(data.glob(row.paths))
    if not paths:
        raise SystemExit(f"nothing matches {data / row.paths}; give the folder with the real data")
    if "slides" not in row.paths:
        for path in paths[:: max(len(paths) // count, 1)][:count]:
            yield cv2.imread(str(path))[..., ::-1]
        return
    slide = openslide.OpenSlide(paths[0])
    picture = np.asarray(slide.read_region((0, 0), 0, slide.dimensions).convert("RGB"))
    yield from cut(picture, row.side, count)


def phantom_tiles(row: Row, count: int, *, slides: int = 10) -> Iterator[Picture]:
    """Tiles of a row's tissues from several centres with the default spread of stains."""
    for number in range(slides):
        tissue = row.tissues[number % len(row.tissues)]
        picture = draw(tissue, spacing_um=row.spacing_um, seed=number)
        yield from cut(picture, row.side, max(count // slides, 1))


def draw(
    tissue: Tissue, *, spacing_um: float, seed: int, side_um: float = 500.0, mitoses: float = 20.0
) -> Picture:
    """Draw a square of one tissue."""
    cells = int(np.ceil(side_um / CELL_UM / BLOCK_CELLS)) * BLOCK_CELLS
    rng = np.random.default_rng(seed)
    classes = np.full((cells, cells), tissue, np.uint8)
    glands = np.zeros((0, 5))
    if tissue == Tissue.GLAND:
        classes[:] = Tissue.LYMPHOCYTES if seed % 2 else Tissue.STROMA
        places = np.mgrid[3:cells:6.6, 3:cells:6.6].reshape(2, -1)
        places = places + rng.uniform(-0.6, 0.6, places.shape)
        sizes = (rng.uniform(2, 3, places.shape[1]), rng.uniform(1, 1.25, places.shape[1]))
        glands = np.stack([*places, *sizes, rng.uniform(0, np.pi, places.shape[1])], axis=1)
    canvas = Canvas(
        Anatomy(classes=np.pad(classes, 0), glands=glands),
        draw_stain(rng, rng, center_sd=0.12, slide_sd=0.1),
        size_px=cells * cell_pixels(spacing_um),
        spacing_um=spacing_um,
        noise=2.5,
        root=seed,
        dark=Dark(mitoses_per_mm2=mitoses, lookalikes_per_mm2=mitoses),
        scanner=draw_scanner(rng, center_sd=0.12),
    )
    return np.concatenate(list(draw_bands(canvas)))


def cut(picture: Picture, side: int, count: int) -> Iterator[Picture]:
    """Cut a picture into tiles and give at most ``count``, evenly, that hold enough tissue."""
    rows, cols = (length // side for length in picture.shape[:2])
    whole = picture[: rows * side, : cols * side]
    tiles = whole.reshape(rows, side, cols, side, 3).swapaxes(1, 2).reshape(-1, side, side, 3)
    kept = [tile for tile in tiles if tissue_of(tile).mean() > 0.5 or rows * cols < 5]
    yield from kept[:: max(len(kept) // count, 1)][:count]


def tissue_of(tile: Picture) -> np.ndarray:
    """Which pixels are not glass."""
    return tile.min(axis=-1) < 215


def measure(tiles: list[Picture], spacing_um: float) -> Float64[np.ndarray, "N 8"]:
    """All measures of every tile."""
    found = []
    for tile in tiles:
        inside = tile[tissue_of(tile)]
        if len(inside) < 0.2 * tile.shape[0] * tile.shape[1]:
            continue
        area = tile.shape[0] * tile.shape[1] * (spacing_um / 1000) ** 2
        file = cv2.imencode(".jpg", tile[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
        header = 620
        size = (len(file) - header) * 256**2 / (tile.shape[0] * tile.shape[1])
        count = count_nuclei(tile, spacing_um) / area
        found.append([*inside.mean(0), *inside.std(0), count, size])
    return np.array(found)


def count_nuclei(tile: Picture, spacing_um: float) -> int:
    """Count peaks of optical density in red that stand out of their surroundings."""
    red = -np.log(np.maximum(tile[..., 0], 1) / 245).astype(np.float32)
    near = cv2.GaussianBlur(red, (0, 0), 1.3 / spacing_um)
    around = cv2.GaussianBlur(red, (0, 0), 8.0 / spacing_um)
    size = round(4.5 / spacing_um) | 1
    top = cv2.dilate(near, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    return int(((near == top) & (near > 0.35) & (near > 1.15 * around)).sum())


def print_row(name: str, real: np.ndarray, drawn: np.ndarray) -> None:
    """Print one row: real 5th to 95th percentile, then the phantom's mean."""
    low, high = np.percentile(real, (5, 95), axis=0)
    mean = drawn.mean(0)
    outside = [
        measure_name
        for measure_name, value, least, most in zip(MEASURES, mean, low, high, strict=True)
        if not least <= value <= most
    ]
    spans = "".join(f"{f'{a:.0f}-{b:.0f}':>15}" for a, b in zip(low, high, strict=True))
    print(f"{name:17}{'real':8}{spans}")
    print(f"{'':17}{'phantom':8}{''.join(f'{v:15.0f}' for v in mean)}   {', '.join(outside)}")


def side_by_side(row: Row, real: list[Picture], drawn: list[Picture]) -> Picture:
    """Six real tiles, then six drawn ones."""
    size = 224
    chosen = [*spread(real, 6), *spread(drawn, 6)]
    pictures = [cv2.resize(tile, (size, size), interpolation=cv2.INTER_CUBIC) for tile in chosen]
    strip = np.concatenate(pictures, axis=1)
    strip[:, 6 * size - 3 : 6 * size + 3] = 255
    return np.asarray(cv2.putText(strip, row.name, (4, 16), 0, 0.5, (0, 0, 0), 2))


def spread(tiles: list[Picture], count: int) -> list[Picture]:
    """Choose some of the tiles, evenly."""
    places = np.linspace(0, len(tiles) - 1, count).round().astype(int)
    return [tiles[place] for place in places.tolist()]


def magnifications() -> list[Picture]:
    """Every tissue at 2, 1 and 0.5 µm/px."""
    strips = []
    for spacing_um in (2.0, 1.0, 0.5):
        tiles = [
            draw(tissue, spacing_um=spacing_um, seed=7)[:224, :224] for tissue in list(Tissue)[1:]
        ]
        strips.append(np.concatenate(tiles, axis=1))
    return strips


def mitoses() -> Picture:
    """Mitoses above, look-alikes below, at 0.25 µm/px."""
    cells = 2 * BLOCK_CELLS
    rng = np.random.default_rng(3)
    canvas = Canvas(
        Anatomy(classes=np.full((cells, cells), Tissue.TUMOUR, np.uint8), glands=np.zeros((0, 5))),
        draw_stain(rng, rng, center_sd=0.0, slide_sd=0.0),
        size_px=cells * cell_pixels(0.25),
        spacing_um=0.25,
        noise=2.5,
        root=3,
        dark=Dark(mitoses_per_mm2=120, lookalikes_per_mm2=120),
    )
    picture = np.concatenate(list(draw_bands(canvas)))
    strips = []
    for kind in (NucleusKind.MITOSIS, NucleusKind.LOOKALIKE):
        found = [canvas.nuclei_of(row, col) for row in range(2) for col in range(2)]
        at = np.concatenate([nuclei.at[nuclei.kind == kind] for nuclei in found])
        inside = ((at > 64) & (at < len(picture) - 64)).all(axis=1)
        tiles = [picture[y - 64 : y + 64, x - 64 : x + 64] for x, y in at[inside][:20]]
        tiles += [np.full((128, 128, 3), 255, np.uint8)] * (20 - len(tiles))
        strips.append(np.concatenate(tiles, axis=1))
    return np.concatenate(strips)


if __name__ == "__main__":
    main()
