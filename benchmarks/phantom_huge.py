"""Whether a slide of 100,000 × 100,000 px is drawn, and tiled, in less than 1 GB of memory.

Draws a phantom slide in one process and tiles it in another; prints what both took, and exits
with 1 if either's peak is 1 GB or more. The slide, several GB, lies in a temporary folder.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

LIMIT_BYTES = 10**9
SEED = 1


def main() -> int:
    """Measure and print."""
    options = read_options()
    if options.draw is not None:
        draw(options)
        return 0
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        slide = folder / "huge.tif"
        same = [f"--{key}={getattr(options, key)}" for key in ("side", "threads", "container")]
        peaks = [measure("draw", [sys.executable, __file__, *same, f"--draw={slide}"])]
        pixels, size = options.side**2, slide.stat().st_size
        print(f"  {size / 1e9:.3f} GB, {size / pixels:.3f} bytes a pixel of level 0", flush=True)
        verb = [sys.executable, "-m", "histopress", "tile", "--slide-id=huge", f"--slide={slide}"]
        written = {"tiles": "tiles.h5", "overlay": "overlay.png", "record": "record.json"}
        verb += [f"--{port}={folder / file}" for port, file in written.items()]
        peaks.append(measure("tile", verb))
    too_much = max(peaks) >= LIMIT_BYTES
    print(f"a peak of {LIMIT_BYTES / 1e9:.0f} GB is {'passed' if too_much else 'kept'}")
    return int(too_much)


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=100_000, metavar="PX")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="that draw")
    parser.add_argument("--container", choices=("generic", "aperio"), default="generic")
    parser.add_argument("--folder", metavar="DIR", help="with room for the slide")
    parser.add_argument("--draw", type=Path, metavar="TIFF", help="only draw, to this file")
    return parser.parse_args()


def measure(name: str, command: list[str]) -> int:
    """Run a command; print its time, and return its peak of resident memory in bytes."""
    start = time.perf_counter()
    child = subprocess.Popen(command)
    # This process holds next to nothing: a child's peak counts what it was forked from, too.
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{name}: failed with {child.returncode}")
    seconds, peak = time.perf_counter() - start, usage.ru_maxrss * 1024
    cpu = usage.ru_utime + usage.ru_stime
    print(
        f"{name}: {seconds:.1f} s ({cpu:.1f} s of processors), peak {peak / 1e6:.0f} MB", flush=True
    )
    return peak


def draw(options: argparse.Namespace) -> None:
    """Draw the first slide with tumour of a cohort of such slides."""
    from histopress.cli.progress import progress_bar
    from histopress.simulate.bands import draw_bands
    from histopress.simulate.phantom import draw_anatomy, prepare_canvas
    from histopress.simulate.phantom_settings import PhantomSettings
    from histopress.simulate.phantom_slides import draw_cohort
    from histopress.simulate.pyramid import write_pyramid
    from histopress.simulate.pyramid_levels import Band

    settings = PhantomSettings(size_px=options.side)
    slide = next(slide for slide in draw_cohort(settings, seed=SEED) if slide.tumour)
    start = time.perf_counter()
    anatomy = draw_anatomy(slide, settings=settings, seed=SEED)
    canvas = prepare_canvas(anatomy, slide, settings=settings, seed=SEED)
    ready, progress = time.perf_counter(), progress_bar("draw rows of blocks")

    def bands() -> Iterator[Band]:
        for done, band in enumerate(draw_bands(canvas, options.threads), start=1):
            yield band
            del band
            progress(done, canvas.blocks)

    write_pyramid(
        options.draw,
        bands(),
        shape=(options.side, options.side),
        spacing_um=settings.spacing_um,
        quality=settings.quality,
        container=options.container,
    )
    seconds = time.perf_counter() - ready
    print(f"{options.side} px: anatomy and canvas {ready - start:.1f} s; ", end="")
    print(f"{options.side**2 / 1e6 / seconds:.1f} Mpx/s drawn, encoded and halved")


if __name__ == "__main__":
    sys.exit(main())
