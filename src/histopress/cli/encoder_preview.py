"""``histopress encoder preview``: what training would see, as a picture."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from histopress.patches.settings import AugmentSettings
    from histopress.patches.table import PatchTable

SHOWN_PX = 96
"""Small patches are enlarged by whole factors up to about this side."""
EXAMPLES = 3
"""Patches on which each transform is shown alone."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--patches", type=Path, required=True, metavar="H5", help="a patch table")
    parser.add_argument("--sheet", type=Path, required=True, metavar="PNG", help="to write")
    parser.add_argument(
        "--settings",
        metavar="JSON",
        help="see AugmentSettings; or the settings of an encoder, or a file of either",
    )
    parser.add_argument("--rows", type=_count, default=8, metavar="N", help="patches")
    parser.add_argument("--columns", type=_count, default=8, metavar="N", help="variations of each")
    parser.add_argument("--seed", type=int, default=1, metavar="N")


def run(options: argparse.Namespace) -> int:
    """Draw patches evenly over classes, vary them, and write the sheet."""
    from histopress.errors import ConfigError
    from histopress.patches.sheet import stack_sheets, write_sheet
    from histopress.patches.table import read_patches

    settings = read_augmentation(options.settings)
    table = read_patches(options.patches)
    if not len(table):
        raise ConfigError(f"{options.patches}: holds no patches; nothing to show")
    places = choose_patches(table, options.rows, seed=options.seed)
    examples = places[:: max(1, len(places) // EXAMPLES)][:EXAMPLES]
    blocks = [
        varied_block(table, places, settings, columns=options.columns, seed=options.seed),
        ends_block(table, examples, settings, seed=options.seed),
    ]
    write_sheet(options.sheet, stack_sheets([block for block in blocks if block is not None]))
    print(f"{options.sheet}: {len(places)} patches, {options.columns} variations of each")
    return 0


def read_augmentation(text: str | None) -> "AugmentSettings":
    """Read settings of augmentation, or those of an encoder that has some.

    Raises
    ------
    ConfigError
        Lists every key at fault, or says that the encoder does not vary its patches.
    """
    from histopress.cli.settings import read_settings
    from histopress.encoder.settings import EncoderSettings
    from histopress.errors import ConfigError
    from histopress.patches.settings import AugmentSettings

    verb = "encoder preview"
    kind: Any = EncoderSettings if _names_an_encoder(text) else AugmentSettings
    settings = read_settings(kind, text, verb=verb)
    if isinstance(settings, AugmentSettings):
        return settings
    if not hasattr(settings, "augment"):
        raise ConfigError(
            f"settings of '{verb}': an encoder of kind '{settings.kind}' does not vary its "
            "patches; give one of kind multitask, supervised or contrastive"
        )
    return settings.augment


def _names_an_encoder(text: str | None) -> bool:
    if not text:
        return False
    path = Path(text)
    if not text.lstrip().startswith("{") and path.is_file():
        text = path.read_text(encoding="utf-8")
    try:
        return "kind" in json.loads(text)
    except ValueError:
        return False


def choose_patches(table: "PatchTable", count: int, *, seed: int) -> "list[int]":
    """Choose patches of the training part, class by class in turn, each at most once."""
    import numpy as np

    from histopress.seeds import generator

    pool = table.indices("training")
    pool = pool if len(pool) else np.arange(len(table))
    pool = generator(seed, "encoder preview", "patches").permutation(pool)
    by_class = [pool[table.labels[pool] == label].tolist() for label in range(table.n_classes)]
    rounds = range(max(map(len, by_class)))
    dealt = [places[turn] for turn in rounds for places in by_class if turn < len(places)]
    return sorted(dealt[:count], key=lambda place: (table.labels[place], place))


def varied_block(
    table: "PatchTable",
    places: "list[int]",
    settings: "AugmentSettings",
    *,
    columns: int,
    seed: int,
) -> "np.ndarray":
    """One row a patch: its class, the patch, and what training would see of it."""
    import torch

    from histopress.patches.augment import augment_patches, centre_patches
    from histopress.patches.sheet import contact_sheet
    from histopress.seeds import derive_seed

    source = torch.Generator().manual_seed(derive_seed(seed, "encoder preview", "augmentation"))
    patches, side = torch.from_numpy(table.images[places]), table.input_px
    varied = augment_patches(
        patches.repeat_interleave(columns, dim=0), settings, side=side, source=source
    )
    upright = centre_patches(patches, side)
    rows = [
        [*_pictures(upright[row : row + 1]), *_pictures(varied[row * columns :][:columns])]
        for row in range(len(places))
    ]
    name = table.facts.get("task", "")
    return contact_sheet(
        rows,
        row_labels=[table.classes[table.labels[place]] for place in places],
        column_labels=["original", *(f"variation {number + 1}" for number in range(columns))],
        title=f"{name}: {side} px at {table.spacing_um:g} µm/px".removeprefix(": "),
        zoom=_zoom(side),
    )


def ends_block(
    table: "PatchTable", places: "list[int]", settings: "AugmentSettings", *, seed: int
) -> "np.ndarray | None":
    """One row a transform: patches as they are and at both ends of its range; none if all off."""
    import torch

    from histopress.patches.augment import centre_patches, vary_patches
    from histopress.patches.augment.ends import transform_ends
    from histopress.patches.sheet import contact_sheet
    from histopress.seeds import derive_seed

    patches, side = torch.from_numpy(table.images[places]), table.input_px
    upright = _pictures(centre_patches(patches, side))
    labels, rows = [], []
    for label, ends in transform_ends(settings):
        row = []
        for place, picture in enumerate(upright):
            # The same fields of noise and deformation at either end, so that ranges compare.
            fields = derive_seed(seed, "encoder preview", label, place)
            row.append(picture)
            for variation in ends:
                source = torch.Generator().manual_seed(fields)
                one = patches[place : place + 1]
                row += _pictures(vary_patches(one, variation, side=side, source=source))
        labels.append(label)
        rows.append(row)
    if not rows:
        return None
    return contact_sheet(
        rows,
        row_labels=labels,
        column_labels=["original", "low end", "high end"] * len(places),
        title="Each transform alone, at both ends of its range",
        zoom=_zoom(side),
    )


def _pictures(images: "Tensor") -> "list[np.ndarray]":
    """Round images in [0, 1] to bytes."""
    return list((images * 255).round().byte().permute(0, 2, 3, 1).numpy())


def _zoom(side: int) -> int:
    return max(1, round(SHOWN_PX / side))


def _count(text: str) -> int:
    """Read a number of 1 or more; argparse reports the ValueError."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is too few; give 1 or more")
    return value
