import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from histopress.errors import ConfigError
from histopress.simulate.digits import draw_digits, image_generator, truth_mask
from histopress.simulate.digits_bank import load_bank
from histopress.simulate.digits_settings import DigitsSettings

SMALL = DigitsSettings(image_px=450, n_digits=405, long_px=(36, 225))
"""An eighth of the published side, as dense."""


@pytest.fixture(scope="module")
def bank():
    return load_bank("train", digit_px=9)


def draw(bank, index, asked=SMALL, *, seed=1):
    return draw_digits(image_generator(seed, "train", index), bank, asked)


@pytest.fixture(scope="module")
def many(bank):
    """Images without their pixels but for the mean."""
    found = [draw(bank, index) for index in range(1500)]
    return {
        "label": np.array([drawn.label for drawn in found]),
        "upright": np.array([drawn.upright_label for drawn in found]),
        "mean": np.array([drawn.image.mean() for drawn in found]),
        "images": found[:300],
    }


@settings(max_examples=40)
@given(
    st.integers(0, 10**6),
    st.builds(
        DigitsSettings,
        image_px=st.integers(200, 300),
        digit_px=st.integers(5, 14),
        n_digits=st.integers(1, 80),
        tilts_deg=st.sampled_from(((45, 135), (30,))),
        long_px=st.just((40, 100)),
    ),
)
def test_each_rectangle_holds_one_class_and_pixels_are_those_of_the_digits(seed, asked):
    bank = load_bank("validation", digit_px=asked.digit_px)
    drawn = draw_digits(np.random.default_rng(seed), bank, asked)
    side = asked.digit_px
    assert len(drawn.positions) == len(drawn.classes) == asked.n_digits
    image = np.zeros_like(drawn.image)
    for (x, y), kind, number in zip(drawn.positions, drawn.classes, drawn.pictures, strict=True):
        place = (slice(y, y + side), slice(x, x + side))
        assert not image[place].any()
        image[place] = bank.pictures[number]
        assert bank.classes[number] == kind
        for rectangle, own in (
            (drawn.tilted, drawn.label),
            (drawn.upright, drawn.upright_label),
        ):
            if rectangle.contains(x + side / 2, y + side / 2):
                assert kind == own
    assert np.array_equal(image, drawn.image)
    assert drawn.tilted.angle_deg in asked.tilts_deg and drawn.upright.angle_deg in (0, 90)


def test_the_mask_shows_the_rectangles(bank):
    for index in range(20):
        drawn = draw(bank, index)
        mask = truth_mask(drawn)
        assert mask.shape == drawn.image.shape
        for value, rectangle in ((1, drawn.tilted), (2, drawn.upright)):
            assert (mask == value).sum() == pytest.approx(rectangle.long_px**2 / 2, rel=0.05)
            rows, columns = np.nonzero(mask == value)
            assert rectangle.contains(columns + 0.5, rows + 0.5).all()
        x, y = drawn.positions.T + 4
        marked = mask[y, x]
        assert set(drawn.classes[marked == 1]) <= {drawn.label}
        assert (marked == 1).sum() == drawn.count_inside(drawn.tilted)


def test_labels_are_even_and_the_upright_class_tells_nothing(many):
    for name in ("label", "upright"):
        assert stats.chisquare(np.bincount(many[name], minlength=10)).pvalue > 0.01
    both = np.zeros((10, 10))
    np.add.at(both, (many["label"], many["upright"]), 1)
    assert stats.chi2_contingency(both).pvalue > 0.01


def test_outside_every_class_is_as_frequent(many):
    outside = np.zeros(10)
    for drawn in many["images"]:
        x, y = drawn.positions.T + 4.5
        free = ~drawn.tilted.contains(x, y) & ~drawn.upright.contains(x, y)
        outside += np.bincount(drawn.classes[free], minlength=10)
    assert stats.chisquare(outside).pvalue > 0.01


def test_rectangles_are_no_denser_than_the_rest(many):
    inside = sum(
        drawn.count_inside(rectangle)
        for drawn in many["images"]
        for rectangle in (drawn.tilted, drawn.upright)
    )
    area = sum(
        rectangle.long_px**2 / 2
        for drawn in many["images"]
        for rectangle in (drawn.tilted, drawn.upright)
    )
    assert inside / area == pytest.approx(405 / 450**2, rel=0.05)


def accuracy_of_grey(values, labels):
    """Predict the most frequent label of 20 ranges of a value; judged on the second half."""
    half = len(labels) // 2
    ranges = np.digitize(values, np.quantile(values[:half], np.linspace(0, 1, 21)[1:-1]))
    counts = np.zeros((20, 10))
    np.add.at(counts, (ranges[:half], labels[:half]), 1)
    return np.mean(counts.argmax(axis=1)[ranges[half:]] == labels[half:])


def test_the_mean_grey_level_does_not_tell_the_label(many):
    # 750 images, chance 0.1: its standard error is 0.011.
    assert accuracy_of_grey(many["mean"], many["label"]) < 0.16
    assert accuracy_of_grey(many["mean"] + 5 * many["label"], many["label"]) > 0.3


def test_nor_with_the_ink_of_mnist(data):
    bank = load_bank("train", digit_px=9, mnist=data / "mnist/mnist.npz")
    drawn = [draw(bank, index) for index in range(1500)]
    means, labels = (
        np.array([image.image.mean() for image in drawn]),
        np.array([image.label for image in drawn]),
    )
    # A 1 has half the ink of others: 0.13 of 3,000 images of the published size.
    assert accuracy_of_grey(means, labels) < 0.18


def test_an_image_is_the_same_whoever_draws_how_many(bank):
    alone = draw(bank, 3)
    third = [draw(bank, index) for index in range(4)][3]
    assert np.array_equal(alone.image, third.image)
    assert (alone.tilted, alone.upright, alone.label) == (third.tilted, third.upright, third.label)


def test_seed_part_and_number_tell(bank):
    first = draw(bank, 0)
    others = [draw(bank, 1), draw(bank, 0, seed=2)]
    others.append(draw_digits(image_generator(1, "test", 0), bank, SMALL))
    assert all(not np.array_equal(first.positions, other.positions) for other in others)


def test_the_published_size(bank):
    drawn = draw(bank, 0, DigitsSettings())
    assert drawn.image.shape == (3600, 3600)
    assert len(drawn.classes) == 25_920 == 0.002 * 3600**2
    # Digits fill 16.2 % of the image at 81 px each; nothing is drawn elsewhere.
    assert 0.05 < (drawn.image > 0).mean() < 0.162


def test_a_bank_of_another_size_is_refused():
    with pytest.raises(ConfigError, match="are 8 px wide, 'digit_px' is 9; load the bank with"):
        draw(load_bank("test", digit_px=8), 0)
