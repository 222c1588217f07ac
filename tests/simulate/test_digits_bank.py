import zipfile

import cv2
import numpy as np
import pytest

from histopress.errors import ConfigError
from histopress.simulate.digits_bank import PARTS, load_bank


@pytest.fixture
def arrays():
    """What a file of MNIST holds, much smaller."""
    rng = np.random.default_rng(0)
    found = {}
    for kind, count in (("train", 600), ("test", 100)):
        found[f"x_{kind}"] = rng.integers(0, 256, (count, 28, 28), np.uint8)
        found[f"y_{kind}"] = np.arange(count, dtype=np.uint8) % 10
    return found


@pytest.fixture
def save(tmp_path):
    def write(arrays):
        np.savez(tmp_path / "mnist.npz", **arrays)
        return tmp_path / "mnist.npz"

    return write


def pictures_of(bank):
    return {picture.tobytes() for picture in bank.pictures}


def test_sklearns_digits_are_divided_whole_and_keep_their_classes():
    from sklearn.datasets import load_digits

    digits = load_digits()
    known = {
        (picture * (255 / 16)).round().astype(np.uint8).tobytes(): digit
        for picture, digit in zip(digits.images, digits.target, strict=True)
    }
    banks = [load_bank(part, digit_px=8) for part in PARTS]
    assert [len(bank.classes) for bank in banks] == [1197, 300, 300]
    assert set.union(*map(pictures_of, banks)) == set(known)
    for bank in banks:
        assert bank.source == "scikit-learn's load_digits"
        assert [known[picture.tobytes()] for picture in bank.pictures] == bank.classes.tolist()


def test_mnist_is_divided_as_in_the_literature(data):
    file = data / "mnist/mnist.npz"
    banks = [load_bank(part, digit_px=28, mnist=file) for part in PARTS]
    found = [pictures_of(bank) for bank in banks]
    assert [len(own) for own in found] == [55_000, 5_000, 10_000]
    assert len(set.union(*found)) == 70_000
    with np.load(file) as arrays:
        assert found[2] == {picture.tobytes() for picture in arrays["x_test"]}


def test_the_order_of_the_file_does_not_matter(arrays, save):
    rng = np.random.default_rng(1)
    before = [load_bank(part, digit_px=9, mnist=save(arrays)) for part in PARTS]
    for kind in ("train", "test"):
        order = rng.permutation(len(arrays[f"y_{kind}"]))
        for name in "xy":
            arrays[f"{name}_{kind}"] = arrays[f"{name}_{kind}"][order]
    for bank in before:
        again = load_bank(bank.part, digit_px=9, mnist=save(arrays))
        assert np.array_equal(again.pictures, bank.pictures)
        assert np.array_equal(again.classes, bank.classes)


def test_a_picture_that_comes_twice_is_in_one_part(arrays, save):
    arrays["x_train"][:20] = arrays["x_train"][20:40]
    arrays["x_train"][40:50] = arrays["x_test"][:10]
    banks = [load_bank(part, digit_px=28, mnist=save(arrays)) for part in PARTS]
    assert [len(bank.classes) for bank in banks] == [522, 48, 100]
    assert len(set.union(*map(pictures_of, banks))) == 522 + 48 + 100


def test_pictures_are_averaged_down(arrays, save):
    for kind in ("train", "test"):
        arrays[f"x_{kind}"][:, :, 14:] = 0
    bank = load_bank("test", digit_px=7, mnist=save(arrays))
    # 28 px are seven blocks of 4: three and a half of them hold ink.
    whole = {picture.tobytes() for picture in bank.pictures}
    first = arrays["x_test"][0].reshape(7, 4, 7, 4).mean(axis=(1, 3))
    nearest = min(np.abs(picture - first).max() for picture in bank.pictures)
    assert nearest <= 0.5 + 1e-6
    assert len(whole) == 100
    assert not bank.pictures[:, :, 4:].any() and bank.pictures[:, :, :3].any()


def test_small_pictures_are_interpolated():
    small, large = (load_bank("test", digit_px=side) for side in (8, 16))
    for before, after in zip(small.pictures[:20], large.pictures[:20], strict=True):
        back = cv2.resize(after, (8, 8), interpolation=cv2.INTER_AREA)
        assert np.corrcoef(back.ravel(), before.ravel())[0, 1] > 0.9


def test_a_pick_is_of_the_class_and_even_over_its_pictures():
    bank = load_bank("test", digit_px=9)
    wanted = np.random.default_rng(0).integers(10, size=300_000)
    picks = bank.pick(np.random.default_rng(1), wanted)
    assert np.array_equal(bank.classes[picks], wanted)
    counts = np.bincount(picks, minlength=len(bank.classes))
    expected = 30_000 / np.bincount(bank.classes)[bank.classes]
    assert np.abs(counts / expected - 1).max() < 0.2


def damage(path, *, cut):
    path.write_bytes(path.read_bytes()[:cut])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"MNIST file '.*gone\.npz': no such file; give the NPZ"):
        load_bank("train", digit_px=9, mnist=tmp_path / "gone.npz")


def test_a_file_of_another_kind_is_refused(tmp_path, arrays, save):
    text = tmp_path / "mnist.csv"
    text.write_text("label,pixel\n")
    alone = tmp_path / "x_train.npy"
    np.save(alone, arrays["x_train"])
    cut = save(arrays)
    damage(cut, cut=10_000)
    for path in (text, alone, cut):
        with pytest.raises(ConfigError, match=r"cannot be read as NPZ with the arrays x_train, y_"):
            load_bank("train", digit_px=9, mnist=path)


def test_damaged_arrays_are_refused(arrays, tmp_path):
    path = tmp_path / "mnist.npz"
    np.savez_compressed(path, **arrays)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as file:
        start = file.getinfo("x_train.npy").header_offset + 200
    data[start : start + 400] = bytes(400)
    path.write_bytes(data)
    with pytest.raises(ConfigError, match="cannot be read as NPZ"):
        load_bank("train", digit_px=9, mnist=path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_test": None}, "'x_test is not a file in the archive'"),
        ({"x_train": np.zeros((600, 784), np.uint8)}, r"x_train is uint8 \(600, 784\), not uint8"),
        ({"x_test": np.zeros((100, 28, 28))}, r"x_test is float64 \(100, 28, 28\), not uint8"),
        ({"y_test": np.zeros(99, int)}, "y_test does not hold a digit, 0 to 9, for each picture"),
        ({"y_train": np.full(600, 10)}, "y_train does not hold a digit"),
        ({"y_train": np.arange(600) % 9}, r"no train picture of \[9\]; each of the ten"),
    ],
)
def test_what_is_not_mnist_is_refused(change, message, arrays, save):
    changed = {name: array for name, array in (arrays | change).items() if array is not None}
    with pytest.raises(ConfigError, match=message):
        load_bank("train", digit_px=9, mnist=save(changed))
