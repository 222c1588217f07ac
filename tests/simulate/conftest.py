"""Small phantoms and folders of small tiles."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from histopress.simulate.phantom_settings import PhantomSettings
from histopress.simulate.phantom_slides import draw_cohort
from histopress.simulate.settings import CollageSettings


@pytest.fixture
def small() -> PhantomSettings:
    return PhantomSettings(size_px=1024, n_patients=4)


@pytest.fixture
def positive(small):
    return next(slide for slide in draw_cohort(small, seed=3) if slide.tumour)


@pytest.fixture
def tile_folder(tmp_path) -> Callable[..., Path]:
    """Make ``{train,valid}/{normal,tumour}`` with pictures of smooth noise."""

    def make(counts: dict[str, int], *, side: int = 32, seed: int = 0) -> Path:
        rng = np.random.default_rng(seed)
        for name, count in counts.items():
            folder = tmp_path / "tiles" / name
            folder.mkdir(parents=True)
            for number in range(count):
                noise = rng.normal(size=(side, side, 3)).astype(np.float32)
                smooth = cv2.GaussianBlur(noise, (0, 0), 2)
                picture = np.clip(smooth / smooth.std() * 40 + 128, 0, 255).astype(np.uint8)
                cv2.imwrite(str(folder / f"{number:04d}.png"), picture)
        return tmp_path / "tiles"

    return make


@pytest.fixture
def few() -> CollageSettings:
    """Settings that suit the folder above."""
    return CollageSettings(
        tile_px=32, n_patients=4, tiles_per_slide=(6, 9), positive_fraction=(0.2, 0.6)
    )


@pytest.fixture
def lymph(data) -> Path:
    return data / "tiles" / "lymph"
