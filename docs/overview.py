"""Draw docs/overview.png from the results of `make run`: python docs/overview.py [SLIDE]."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import openslide
from matplotlib.patches import Rectangle

from histopress.compress.slide import read_compressed
from histopress.slide.tiles import read_tiles

ENCODER, GRID = "multitask", "half-um"


def main(slide_id: str = "phantom-0003-a") -> None:
    """Draw the slide, its tiles and its compressed form side by side."""
    slide = openslide.OpenSlide(f"data/phantom/{slide_id}.tif")
    tiles = read_tiles(Path(f"results/tiles/{GRID}/{slide_id}.h5"))
    compressed = read_compressed(Path(f"results/compressed/{ENCODER}/{slide_id}.h5"))
    thumbnail = slide.get_thumbnail((900, 900)).convert("RGB")
    figure, axes = plt.subplots(1, 3, figsize=(10.5, 3.9), layout="constrained")
    axes[0].imshow(thumbnail)
    axes[0].set_title(f"slide: {slide.dimensions[0]:,} × {slide.dimensions[1]:,} px")
    axes[1].imshow(thumbnail)
    scale = thumbnail.width / slide.dimensions[0]
    side = tiles.geometry.tile_px0 * scale
    for x, y in tiles.coords * scale:
        axes[1].add_patch(Rectangle((x, y), side, side, fill=False, ec="#0072b2", lw=0.5))
    axes[1].set_title(f"tiles: {len(tiles.coords)} of {tiles.tile_index.size} cells are tissue")
    axes[2].imshow(components(compressed.grid[0], compressed.kept))
    channels, rows, columns = compressed.grid.shape[1:]
    axes[2].set_title(f"compressed: {rows} × {columns} cells × {channels}")
    for axis in axes:
        axis.set_axis_off()
    figure.savefig("docs/overview.png", dpi=110)


def components(grid: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """First three principal components of the tissue cells as red, green and blue."""
    cells = grid[:, kept].T.astype(np.float64)
    cells -= cells.mean(0)
    scores = cells @ np.linalg.svd(cells, full_matrices=False)[2][:3].T
    low, high = np.quantile(scores, [0.02, 0.98], axis=0)
    picture = np.ones((*kept.shape, 3))
    picture[kept] = np.clip((scores - low) / (high - low), 0, 1)
    return picture


if __name__ == "__main__":
    main(*sys.argv[1:])
