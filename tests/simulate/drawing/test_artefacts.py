from dataclasses import replace

import numpy as np
import pytest

from histopress.simulate.anatomy.tissue import Tissue
from histopress.simulate.drawing.artefacts import draw_artefacts
from histopress.simulate.drawing.marks import Artefacts, Mark
from histopress.simulate.phantom_settings import ArtefactSettings

NONE = ArtefactSettings(holes=0, folds=0, pen=0, dust=0, blur=0)
SQUARE = np.array([[8.0, 8.0], [24.0, 8.0], [24.0, 24.0], [8.0, 24.0]])


def mark(kind, density, feather=0.1):
    return Artefacts((Mark(kind=kind, parts=(SQUARE,), density=(density,) * 3, feather=feather),))


def test_chances_decide_what_there_is():
    classes = np.full((64, 64), Tissue.STROMA, np.uint8)
    assert draw_artefacts(np.random.default_rng(1), classes, NONE).marks == ()
    for name, kind in (("folds", "fold"), ("pen", "pen"), ("dust", "dust"), ("blur", "blur")):
        found = draw_artefacts(np.random.default_rng(1), classes, replace(NONE, **{name: 1.0}))
        assert len(found.of(kind)) == len(found.marks) > 0


def test_a_chance_changes_no_other_kind():
    classes = np.full((64, 64), Tissue.STROMA, np.uint8)
    alone = draw_artefacts(np.random.default_rng(1), classes, replace(NONE, dust=1.0))
    beside = draw_artefacts(
        np.random.default_rng(1), classes, ArtefactSettings(folds=1, pen=1, dust=1, blur=1)
    )
    for first, second in zip(alone.marks, beside.of("dust"), strict=True):
        assert np.array_equal(first.parts[0], second.parts[0])


def test_folds_lie_on_tissue():
    classes = np.zeros((200, 200), np.uint8)
    classes[150:160, 20:40] = Tissue.STROMA
    for seed in range(5):
        found = draw_artefacts(np.random.default_rng(seed), classes, replace(NONE, folds=1.0))
        for fold in found.marks:
            x, y = np.concatenate(fold.parts).mean(0)
            assert np.hypot(x - 30, y - 155) < 60


@pytest.mark.parametrize(("kind", "density"), [("fold", 0.9), ("pen", 0.6), ("dust", 0.6)])
def test_what_is_covered_is_darker(make_canvas, paint, kind, density):
    plain = paint(make_canvas(Tissue.STROMA))
    marked = paint(make_canvas(Tissue.STROMA, artefacts=mark(kind, density)))
    inside, outside = (slice(300, 700),) * 2, (slice(0, 200),) * 2
    assert marked[inside].mean() < plain[inside].mean() - 25
    assert np.abs(marked[outside].astype(int) - plain[outside]).mean() < 1


def test_ink_and_dust_show_on_glass_but_no_fold_does(make_canvas, paint):
    for kind, shows in (("pen", True), ("dust", True), ("fold", False)):
        image = paint(make_canvas(Tissue.GLASS, artefacts=mark(kind, 0.6)))
        assert (image[400:600, 400:600].mean() < 200) == shows
        assert image[:150, :150].min() > 235


def test_out_of_focus_is_smooth(make_canvas, paint):
    plain = paint(make_canvas(Tissue.LYMPHOCYTES))
    marked = paint(make_canvas(Tissue.LYMPHOCYTES, artefacts=mark("blur", 2.0)))

    def sharpness(image):
        return np.abs(np.diff(image[350:650, 350:650].astype(int), axis=0)).mean()

    assert sharpness(marked) < 0.5 * sharpness(plain)
    assert abs(marked[350:650, 350:650].mean() - plain[350:650, 350:650].mean()) < 4
