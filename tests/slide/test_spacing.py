import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.errors import SpacingFault
from histopress.slide.spacing import settle_spacing


def mpp(x, y=None, **more):
    return {"openslide.mpp-x": str(x), "openslide.mpp-y": str(x if y is None else y), **more}


def tiff(x, unit, y=None):
    return {
        "tiff.XResolution": str(x),
        "tiff.YResolution": str(x if y is None else y),
        "tiff.ResolutionUnit": unit,
    }


POWER = "openslide.objective-power"


@pytest.mark.parametrize(
    ("properties", "declared", "expected", "source"),
    [
        (mpp(0.2525), None, 0.2525, "file"),
        (mpp(0.499, 0.501), None, 0.5, "file"),
        (mpp(0.5, **{POWER: "20"}), None, 0.5, "file"),
        (mpp(0.7, **{POWER: "20"}), None, 0.7, "file"),
        (mpp(0.5, **{POWER: "unknown"}), None, 0.5, "file"),
        (tiff(20_000, "centimeter"), None, 0.5, "tiff"),
        (tiff(50_800, "inch"), None, 0.5, "tiff"),
        ({}, 0.25, 0.25, "manifest"),
        (mpp(0.005), 0.5, 0.5, "manifest"),
        (mpp(0.5, **{POWER: "40"}), 0.5, 0.5, "manifest"),
    ],
)
def test_settled(properties, declared, expected, source):
    spacing = settle_spacing(properties, slide_id="A1", declared=declared)
    assert spacing.spacing_um == pytest.approx(expected, rel=1e-5)
    assert spacing.source == source


@pytest.mark.parametrize(
    ("properties", "declared", "words"),
    [
        ({}, None, "no spacing in the file"),
        ({POWER: "20"}, None, "20× suggests about 0.5"),
        (mpp(""), None, "no spacing"),
        (mpp("nan"), None, "no spacing"),
        (mpp(-0.5), None, "no spacing"),
        ({"openslide.mpp-x": "0.5"}, None, "no spacing"),
        (tiff(1, "none"), None, "no spacing"),
        (tiff(72, "inch"), None, "352.8 µm/px.*0.05 to 10.*72 dots per inch"),
        (tiff(96, "inch"), None, "96 dots per inch"),
        (mpp(0.00499), None, "0.00499 µm/px.*100 times as much is 0.499"),
        (mpp(28.97), None, "28.97 µm/px.*plausible"),
        (mpp(0.5, 0.53), None, "0.5 µm/px across and 0.53 µm/px down"),
        (mpp(0.5, **{POWER: "40"}), None, "40× expects about 0.25"),
        (mpp(0.25, **{POWER: "20"}), None, "20× expects about 0.5"),
        (mpp(0.5), 29.0, "'spacing_um' in the manifest is 29"),
        (mpp(0.5), float("nan"), "'spacing_um' in the manifest is nan"),
    ],
)
def test_refused_with_what_to_write(properties, declared, words):
    with pytest.raises(SpacingFault, match=words) as caught:
        settle_spacing(properties, slide_id="A1", declared=declared)
    assert str(caught.value).startswith("slide 'A1': ")
    assert "manifest" in str(caught.value)


@given(st.dictionaries(st.sampled_from([*mpp(1), *tiff(1, ""), POWER]), st.text(max_size=6)))
def test_any_text_is_settled_or_refused(properties):
    try:
        spacing = settle_spacing(properties, slide_id="A1").spacing_um
    except SpacingFault:
        return
    assert 0.05 <= spacing <= 10
