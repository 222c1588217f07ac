"""``histopress simulate digits``: images of scattered digits, labelled by what stands aslant."""

import argparse
from pathlib import Path

from histopress.cli.progress import progress_bar

MAX_COUNT = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from histopress.simulate.digits_bank import PARTS

    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    parser.add_argument("--count", type=int, required=True, metavar="N", help="number of images")
    parser.add_argument(
        "--part", choices=PARTS, required=True, help="which digits to draw; parts share none"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument(
        "--mnist", type=Path, metavar="NPZ", help="file of MNIST; else scikit-learn's digits"
    )
    parser.add_argument("--settings", metavar="JSON", help="see DigitsSettings; or a file of it")
    parser.add_argument(
        "--format",
        choices=("png", "tif"),
        default="png",
        help="grey PNG without loss, or pyramidal TIFF in the colours of H&E",
    )


def run(options: argparse.Namespace) -> int:
    """Write images and, at the end, their manifest."""
    from histopress.cli.settings import read_settings
    from histopress.errors import ConfigError
    from histopress.simulate.digits import draw_digits, image_generator
    from histopress.simulate.digits_bank import load_bank
    from histopress.simulate.digits_files import (
        MANIFEST_COLUMNS,
        manifest_row,
        slide_id,
        write_png,
        write_tiff,
    )
    from histopress.simulate.digits_settings import DigitsSettings
    from histopress.store import atomic, file_digest, write_csv

    part, count = options.part, options.count
    if not 1 <= count <= MAX_COUNT:
        raise ConfigError(f"--count: is {count}; give 1 to {MAX_COUNT} images")
    settings = read_settings(DigitsSettings, options.settings, verb="simulate digits")
    bank = load_bank(part, digit_px=settings.digit_px, mnist=options.mnist)
    rows = []
    progress = progress_bar("draw images")
    for index in range(count):
        drawn = draw_digits(image_generator(options.seed, part, index), bank, settings)
        place = options.out / part / f"{slide_id(part, index)}.{options.format}"
        with atomic(place) as temporary:
            if options.format == "png":
                write_png(temporary, drawn.image)
            else:
                write_tiff(temporary, drawn.image, settings)
        row = manifest_row(drawn, part=part, index=index, path=place.as_posix())
        rows.append({**row, "sha256": file_digest(place)})
        progress(index + 1, count)
    manifest = options.out / f"{part}.csv"
    with atomic(manifest) as temporary:
        write_csv(temporary, rows, (*MANIFEST_COLUMNS, "sha256"))
    print(f"{manifest}: {count} images of {len(bank.classes)} {part} digits from {bank.source}")
    return 0
