"""Pictures of handwritten digits to draw from, in parts that share none."""

import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
from jaxtyping import Int64, UInt8

from histopress.errors import ConfigError

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
CLASSES = 10

MNIST_SIDE = 28
MNIST_KEYS = ("x_train", "y_train", "x_test", "y_test")
MNIST_VALIDATION = 1 / 12
"""Share of MNIST's training pictures that is kept for validation: 5,000 of 60,000."""
_UNREADABLE = (
    *(AttributeError, EOFError, KeyError, OSError, TypeError, ValueError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What numpy raises over files of other kinds, and damaged ones."""
SKLEARN_SHARE = 1 / 6
"""Share of scikit-learn's pictures that goes to validation, and to test."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DigitBank:
    """The digits of one part, ordered by class.

    Attributes
    ----------
    pictures : uint8 ndarray (N, side, side)
        White on black.
    classes : int64 ndarray (N,)
        0 to 9, in rising order; every class has a picture.
    source : str
        Where they come from, in words.
    part : str
        ``train``, ``validation`` or ``test``.
    """

    pictures: UInt8[np.ndarray, "N side side"]
    classes: Int64[np.ndarray, "N"]
    source: str
    part: Part

    def pick(
        self, rng: np.random.Generator, classes: Int64[np.ndarray, "M"]
    ) -> Int64[np.ndarray, "M"]:
        """Draw a picture's number for each wanted class, even over the pictures of the class."""
        bounds = np.searchsorted(self.classes, np.arange(CLASSES + 1))
        return rng.integers(bounds[classes], bounds[classes + 1])


@dataclass(frozen=True, kw_only=True, eq=False)
class _Digits:
    """Pictures as they come, with their classes."""

    pictures: UInt8[np.ndarray, "N H W"]
    classes: Int64[np.ndarray, "N"]


def load_bank(part: Part, *, digit_px: int, mnist: Path | None = None) -> DigitBank:
    """Load the digits of one part and bring them to size.

    MNIST's test pictures are the test part; a twelfth of its training pictures (5,000 of 60,000)
    is for validation. scikit-learn's 1,797 pictures are divided 2/3, 1/6, 1/6. Which of them go
    where, and their order, follows the digests of the pictures alone: files of MNIST in another
    order give the same bank, and copies of a picture go to one part (a training picture that is
    also a test picture stays out of training).

    Parameters
    ----------
    part : str
        ``train``, ``validation`` or ``test``.
    digit_px : int
        Side of the pictures in pixels; larger ones are averaged down, smaller ones interpolated.
    mnist : Path, optional
        NPZ file of MNIST: ``x_train`` and ``x_test`` (uint8, 28 × 28), ``y_train`` and
        ``y_test`` (0 to 9). Without it scikit-learn's own digits (8 × 8) are taken.

    Raises
    ------
    ConfigError
        There is no such file, it is no such file of MNIST, or a class has no picture.

    Notes
    -----
    Writers are not told apart in scikit-learn's set: one may have written digits of several
    parts. MNIST's training and test pictures are by other writers.
    """
    if mnist is None:
        divided, source = _divide_sklearn(), "scikit-learn's load_digits"
    else:
        divided, source = _divide_mnist(mnist), f"MNIST ({mnist.name})"
    chosen = divided[part]
    empty = sorted(set(range(CLASSES)) - set(chosen.classes.tolist()))
    if empty:
        raise ConfigError(
            f"{mnist or source}: no {part} picture of {empty}; each of the ten digits needs one"
        )
    order = np.argsort(chosen.classes, kind="stable")
    return DigitBank(
        pictures=np.stack([_resize(picture, digit_px) for picture in chosen.pictures[order]]),
        classes=chosen.classes[order],
        source=source,
        part=part,
    )


def _divide_mnist(path: Path) -> dict[Part, _Digits]:
    """Read MNIST and hold out validation pictures."""
    arrays = _read_mnist(path)
    test = _unique(_Digits(pictures=arrays["x_test"], classes=arrays["y_test"]))
    train = _unique(_Digits(pictures=arrays["x_train"], classes=arrays["y_train"]), besides=test)
    held = round(MNIST_VALIDATION * len(train.classes))
    return {"train": _cut(train, held, None), "validation": _cut(train, 0, held), "test": test}


def _read_mnist(path: Path) -> dict[str, np.ndarray]:
    """Read the four arrays and check them."""
    if not path.is_file():
        raise ConfigError(
            f"MNIST file '{path}': no such file; give the NPZ file, or none to take "
            "scikit-learn's digits"
        )
    keys = ", ".join(MNIST_KEYS)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: np.asarray(file[key]) for key in MNIST_KEYS}
    except _UNREADABLE as error:
        raise _foreign(path, f"cannot be read as NPZ with the arrays {keys} ({error})") from error
    for kind in ("train", "test"):
        pictures, classes = arrays[f"x_{kind}"], arrays[f"y_{kind}"]
        if pictures.dtype != np.uint8 or pictures.shape[1:] != (MNIST_SIDE, MNIST_SIDE):
            raise _foreign(
                path, f"x_{kind} is {pictures.dtype} {pictures.shape}, not uint8 (N, 28, 28)"
            )
        digits = classes.shape == pictures.shape[:1] and np.isin(classes, range(CLASSES)).all()
        if not digits:
            raise _foreign(path, f"y_{kind} does not hold a digit, 0 to 9, for each picture")
        arrays[f"y_{kind}"] = classes.astype(np.int64)
    return arrays


def _foreign(path: Path, fault: str) -> ConfigError:
    return ConfigError(
        f"MNIST file '{path}': {fault}; give another, or none to take scikit-learn's digits"
    )


def _divide_sklearn() -> dict[Part, _Digits]:
    """Divide the digits that come with scikit-learn."""
    from sklearn.datasets import load_digits

    found = load_digits()
    pictures = np.rint(found.images * (255 / 16)).astype(np.uint8)
    digits = _unique(_Digits(pictures=pictures, classes=found.target.astype(np.int64)))
    share = round(SKLEARN_SHARE * len(digits.classes))
    return {
        "test": _cut(digits, 0, share),
        "validation": _cut(digits, share, 2 * share),
        "train": _cut(digits, 2 * share, None),
    }


def _unique(digits: _Digits, besides: _Digits | None = None) -> _Digits:
    """Keep each picture once, and none of ``besides``, ordered by the pictures' digests."""
    known = set() if besides is None else set(map(_digest, besides.pictures))
    place = {_digest(picture): number for number, picture in enumerate(digits.pictures)}
    order = [place[digest] for digest in sorted(place.keys() - known)]
    return _Digits(pictures=digits.pictures[order], classes=digits.classes[order])


def _digest(picture: UInt8[np.ndarray, "H W"]) -> bytes:
    return hashlib.sha256(picture.tobytes()).digest()


def _cut(digits: _Digits, start: int, stop: int | None) -> _Digits:
    return _Digits(pictures=digits.pictures[start:stop], classes=digits.classes[start:stop])


def _resize(picture: UInt8[np.ndarray, "H W"], side: int) -> UInt8[np.ndarray, "side side"]:
    """Average down or interpolate."""
    method = cv2.INTER_AREA if side < len(picture) else cv2.INTER_LINEAR
    return cv2.resize(picture, (side, side), interpolation=method)
