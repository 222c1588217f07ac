"""Progress of long work, on standard error."""

import sys

from tqdm import tqdm

from histopress.types import Progress


def progress_bar(label: str) -> Progress:
    """Make a callback ``(done, total)``: a bar on a terminal, a line each tenth in a log."""
    if sys.stderr.isatty():
        bar = tqdm(desc=label, file=sys.stderr, leave=False)

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)
            if done >= total:
                bar.close()

        return show

    shown = -1

    def tell(done: int, total: int) -> None:
        nonlocal shown
        tenth = 10 * done // max(total, 1)
        if tenth > shown:
            shown = tenth
            print(f"{label}: {done} of {total}", file=sys.stderr, flush=True)

    return tell
