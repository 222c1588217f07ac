import time

import cv2
import numpy as np
import pytest

from histopress.simulate.anatomy.tissue import Tissue
from histopress.simulate.drawing.artefacts import draw_artefacts
from histopress.simulate.drawing.cells import Dark
from histopress.simulate.drawing.kinds import NucleusKind
from histopress.simulate.phantom_settings import ArtefactSettings


def seam(image, at, axis):
    """Step across a line between blocks, and the largest of the steps near it."""
    steps = np.abs(np.diff(image.astype(int), axis=axis)).mean(axis=(1 - axis, 2))
    near = np.r_[steps[at - 90 : at - 1], steps[at : at + 90]]
    return steps[at - 1], near.max()


@pytest.mark.parametrize("spacing_um", [0.25, 0.5, 0.97, 0.3])
def test_blocks_join_whatever_lies_there(make_canvas, motley, paint, spacing_um):
    everything = ArtefactSettings(folds=1, pen=1, dust=1, blur=1)
    marks = draw_artefacts(np.random.default_rng(2), motley, everything)
    glands = [(16.0, 24.0, 2.6, 1.1, 0.3), (31.5, 32.2, 3.0, 1.2, 1.0)]
    canvas = make_canvas(motley, glands=glands, spacing_um=spacing_um, artefacts=marks)
    image = paint(canvas)
    for place in range(1, canvas.blocks):
        for axis in (0, 1):
            step, near = seam(image, place * canvas.block_px, axis)
            assert step < 1.15 * near


def test_any_order_gives_the_same_pixels_and_nuclei(make_canvas, motley, paint):
    whole = paint(make_canvas(motley, noise=2.0))
    canvas = make_canvas(motley, noise=2.0)
    nuclei = canvas.nuclei_of(1, 1)
    side = canvas.block_px
    for row, col in ((2, 2), (0, 1), (1, 1)):
        part = whole[row * side : (row + 1) * side, col * side : (col + 1) * side]
        assert np.array_equal(canvas.block(row, col), part)
    again = canvas.nuclei_of(1, 1)
    assert np.array_equal(again.at, nuclei.at)
    assert np.array_equal(again.kind, nuclei.kind)


def test_tissues_differ(make_canvas):
    colours = {}
    for kind in list(Tissue)[1:]:
        block = make_canvas(kind, cells=16).block(0, 0)[100:-100, 100:-100]
        colours[kind] = np.r_[block.mean((0, 1)), block.std((0, 1))]
    kinds = [kind for kind in colours if kind != Tissue.GLAND]
    for number, first in enumerate(kinds):
        for second in kinds[number + 1 :]:
            assert np.abs(colours[first] - colours[second]).max() > 3, (first, second)
    assert colours[Tissue.FAT][:3].min() > 220
    red, green, blue = colours[Tissue.BLOOD][:3]
    assert red > blue + 60
    assert red > green + 60
    red, green, blue = colours[Tissue.MUCUS][:3]
    assert blue > red
    assert colours[Tissue.LYMPHOCYTES][0] < colours[Tissue.FOLLICLE][0] - 5


def gather(canvas):
    lists = [
        canvas.nuclei_of(row, col) for row in range(canvas.blocks) for col in range(canvas.blocks)
    ]
    return np.concatenate([n.at for n in lists]), np.concatenate([n.kind for n in lists])


def test_every_nucleus_is_in_one_block_and_on_the_slide(make_canvas, motley):
    canvas = make_canvas(motley)
    at, _ = gather(canvas)
    assert len(np.unique(at, axis=0)) == len(at)
    assert ((at >= 0) & (at < canvas.size_px)).all()
    for row in range(canvas.blocks):
        for col in range(canvas.blocks):
            own = canvas.nuclei_of(row, col)
            assert own.at.dtype == np.int64
            assert own.kind.dtype == np.uint8
            assert (own.at // canvas.block_px == (col, row)).all()


def test_neighbours_draw_the_nuclei_that_a_block_lists(make_canvas, motley):
    """What a block draws of its neighbours' nuclei is what they list, to the last one."""
    canvas = make_canvas(motley, dark=Dark(mitoses_per_mm2=100, lookalikes_per_mm2=100))
    reach = canvas.pictures.reach_px
    at, kind = gather(canvas)
    for row, col in ((1, 1), (0, 2), (2, 1)):
        box = canvas._box(row, col).grow(reach)
        drawn = canvas._points(canvas._fields(row, col), box)
        near = box.holds(at)
        drawn_set = {
            (*place, k) for place, k in zip(np.round(drawn.at).tolist(), drawn.kind, strict=True)
        }
        listed_set = {(*place, k) for place, k in zip(at[near].tolist(), kind[near], strict=True)}
        outside = ((np.round(drawn.at) < 0) | (np.round(drawn.at) >= canvas.size_px)).any(axis=1)
        assert len(listed_set) > 100
        assert not listed_set - drawn_set
        assert len(drawn_set - listed_set) == outside.sum()


def test_kinds_live_in_their_tissues(make_canvas, motley):
    canvas = make_canvas(motley, dark=Dark(mitoses_per_mm2=200, lookalikes_per_mm2=200))
    at, kind = gather(canvas)
    codes = motley[at[:, 1] // canvas.cell_px, at[:, 0] // canvas.cell_px]
    homes = {
        NucleusKind.TUMOUR: Tissue.TUMOUR,
        NucleusKind.MITOSIS: Tissue.TUMOUR,
        NucleusKind.LOOKALIKE: Tissue.TUMOUR,
        NucleusKind.HEPATOCYTE: Tissue.PARENCHYMA,
        NucleusKind.MUSCLE: Tissue.MUSCLE,
        NucleusKind.FOLLICULAR: Tissue.FOLLICLE,
    }
    for nucleus, tissue in homes.items():
        chosen = codes[kind == nucleus]
        assert len(chosen) > 4
        # Borders are bent by a few µm.
        assert (chosen == tissue).mean() > 0.8
    assert not (codes == Tissue.GLASS).mean() > 0.02


@pytest.mark.parametrize("tissue", [Tissue.TUMOUR, Tissue.PARENCHYMA, Tissue.MUSCLE, Tissue.MUCUS])
def test_pixels_show_the_nuclei_that_are_listed_and_no_others(make_canvas, paint, tissue):
    canvas = make_canvas(tissue)
    image = paint(canvas)
    at, _ = gather(canvas)
    red = -np.log(np.maximum(image[..., 0], 1) / 244.0).astype(np.float32)
    inner = ((at > 20) & (at < canvas.size_px - 20)).all(axis=1)
    listed = np.zeros(red.shape, np.uint8)
    listed[at[:, 1], at[:, 0]] = 1
    darkest = cv2.dilate(red, np.ones((9, 9)))
    shown = darkest[at[inner, 1], at[inner, 0]] > 0.3
    assert shown.mean() > 0.97
    dark = cv2.GaussianBlur(red, (0, 0), 2.0) > 0.5
    # Nuclei whose middle is off the slide show at its edge and are not listed.
    dark[:24], dark[-24:], dark[:, :24], dark[:, -24:] = (False,) * 4
    count, labels = cv2.connectedComponents(dark.astype(np.uint8))
    near = cv2.dilate(listed, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (27, 27)))
    missed = [blob for blob in range(1, count) if not near[labels == blob].any()]
    assert count > 10
    assert len(missed) <= 0.01 * count


def test_mitoses_are_as_dense_as_asked(make_canvas):
    canvas = make_canvas(
        Tissue.TUMOUR, cells=160, dark=Dark(mitoses_per_mm2=60, lookalikes_per_mm2=25)
    )
    _, kind = gather(canvas)
    area = (160 * 0.016) ** 2
    for figure, density in ((NucleusKind.MITOSIS, 60), (NucleusKind.LOOKALIKE, 25)):
        expected = density * area
        assert abs((kind == figure).sum() - expected) < 3.5 * np.sqrt(expected)
    assert 3000 < (kind == NucleusKind.TUMOUR).sum() / area < 9000


def test_nothing_crowds_a_figure(make_canvas):
    canvas = make_canvas(
        Tissue.TUMOUR, cells=64, dark=Dark(mitoses_per_mm2=100, lookalikes_per_mm2=100)
    )
    at, kind = gather(canvas)
    for place in np.flatnonzero(np.isin(kind, (NucleusKind.MITOSIS, NucleusKind.LOOKALIKE))):
        far = np.hypot(*(at - at[place]).T)
        assert np.sort(far)[1] * 0.5 > 9


@pytest.mark.parametrize("root", range(3))
def test_a_single_cell_of_tumour_holds_a_nucleus(make_canvas, root):
    rng = np.random.default_rng(root)
    for surround in (Tissue.LYMPHOCYTES, Tissue.STROMA):
        classes = np.full((64, 64), surround, np.uint8)
        places = rng.choice(np.arange(4, 60, 4), (6, 2), replace=False)
        classes[places[:, 0], places[:, 1]] = Tissue.TUMOUR
        canvas = make_canvas(classes)
        at, kind = gather(canvas)
        cells = at[kind == NucleusKind.TUMOUR] // canvas.cell_px
        for row, col in places:
            assert (cells == (col, row)).all(axis=1).any()


def test_mitoses_and_lookalikes_are_equally_dark_on_the_slide(make_canvas, paint):
    canvas = make_canvas(
        Tissue.TUMOUR, cells=64, dark=Dark(mitoses_per_mm2=150, lookalikes_per_mm2=150)
    )
    image = paint(canvas)
    red = -np.log(np.maximum(image[..., 0], 1) / 244.0)
    at, kind = gather(canvas)
    inner = ((at > 20) & (at < canvas.size_px - 20)).all(axis=1)
    amounts = [
        np.mean([red[y - 13 : y + 14, x - 13 : x + 14].mean() for x, y in at[inner & (kind == k)]])
        for k in (NucleusKind.MITOSIS, NucleusKind.LOOKALIKE)
    ]
    assert abs(amounts[0] / amounts[1] - 1) < 0.1


def test_glass_is_quick(make_canvas):
    canvas = make_canvas(Tissue.GLASS, cells=64)
    start = time.perf_counter()
    for _ in range(20):
        canvas.block(1, 1)
    per_second = 20 * canvas.block_px**2 / (time.perf_counter() - start)
    assert per_second > 20e6
    assert len(canvas.nuclei_of(1, 1)) == 0


def test_the_last_blocks_are_cut_to_the_slide(stain, make_canvas):
    canvas = make_canvas(np.full((20, 20), Tissue.STROMA, np.uint8))
    assert canvas.block(0, 0).shape == (512, 512, 3)
    assert canvas.block(0, 1).shape == (512, 128, 3)
    assert canvas.block(1, 1).shape == (128, 128, 3)
    at, _ = gather(canvas)
    assert at.max() < 640
