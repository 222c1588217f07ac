"""List the AMi-Br tiles with the slide of each: ``mitosis.py TILES > mitosis-atypia.csv``."""

import csv
import sys
from pathlib import Path

folder = Path(sys.argv[1])
with (folder / "slides.csv").open(newline="", encoding="utf-8") as handle:
    slide_of = {
        f"{row['dataset']}_{row['uid']}": f"{row['dataset']}/{row['slide']}"
        for row in csv.DictReader(handle)
    }
table = csv.writer(sys.stdout, lineterminator="\n")
table.writerow(("path", "label", "slide_id"))
for label in ("normal", "atypical"):
    for tile in sorted((folder / label).glob("*.png")):
        table.writerow((tile, label, slide_of[tile.stem]))
