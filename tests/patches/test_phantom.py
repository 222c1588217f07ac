from dataclasses import asdict, replace
from itertools import product
from typing import get_args

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from histopress.errors import ConfigError
from histopress.patches.phantom import draw_patches
from histopress.patches.phantom_settings import PhantomPatchSettings, TissueName, follow_cohort
from histopress.patches.phantom_slide import PatchSlide
from histopress.patches.phantom_task import choose_task
from histopress.simulate.anatomy.tissue import NINE, Tissue
from histopress.simulate.drawing.kinds import NucleusKind
from histopress.simulate.phantom_settings import PhantomSettings
from histopress.simulate.phantom_slides import draw_cohort

COHORT = PhantomSettings(n_centers=2)
CLASSES = {
    "tissue": tuple(kind.name.lower() for kind in NINE),
    "epithelium": ("epithelium", "other"),
    "metastasis": ("tumour", "normal"),
    "mitosis": ("mitosis", "none"),
}


FEWEST = PhantomPatchSettings(task="epithelium", n_patients=2, n_per_class=1)


def ask(task="tissue", **changes):
    return PhantomPatchSettings(task=task, **({"n_patients": 4, "n_per_class": 9} | changes))


def draw_truth(slide, corners):
    """Give the class map under each patch, and where its nuclei of two kinds lie, as an image."""
    pixels = slide.anatomy.classes.repeat(slide.cell_px, 0).repeat(slide.cell_px, 1)
    truth = np.zeros((*pixels.shape, 3), np.uint8)
    truth[..., 0] = pixels
    # Without a canvas nobody asked for nuclei, and it is slow to prepare.
    blocks = range(slide.canvas.blocks if "canvas" in vars(slide) else 0)
    for row, col in product(blocks, blocks):
        nuclei = slide.canvas.nuclei_of(row, col)
        for layer, kind in ((1, NucleusKind.MITOSIS), (2, NucleusKind.LOOKALIKE)):
            x, y = nuclei.at[nuclei.kind == kind].T
            truth[y, x, layer] = 1
    side = slide.tile_px
    return np.stack([truth[y : y + side, x : x + side] for x, y in corners])


@pytest.fixture
def truths(monkeypatch):
    """Make patches show what is true where they were cut."""
    monkeypatch.setattr(PatchSlide, "cut", draw_truth)


@pytest.mark.parametrize("task", CLASSES)
def test_classes_are_balanced_over_centres_and_patients_are_others(task, truths):
    table = draw_patches(COHORT, ask(task), name="t", seed=1)
    assert table.classes == CLASSES[task]
    assert table.images.shape == (9 * table.n_classes, 128, 128, 3)
    assert np.bincount(table.labels).tolist() == [9] * table.n_classes
    for label in range(table.n_classes):
        own = np.array(table.centers)[table.labels == label].tolist()
        assert abs(own.count("A") - own.count("B")) <= 2 - (task != "mitosis")
    assert set(table.groups) == {f"t-T000{number}" for number in range(1, 5)}
    assert len(set(zip(table.groups, table.centers, strict=True))) == 4
    assert set(table.parts) == {0}
    assert not set(table.groups) & {slide.patient_id for slide in draw_cohort(COHORT, seed=1)}
    assert (table.facts["task"], table.facts["kind"]) == ("t", task)
    assert table.facts["grouping"] == "patient"


def test_kinds_of_tissue_are_those_of_the_class_map(truths):
    classes = ("follicle", "mucus", "parenchyma", "tumour", "necrosis")
    table = draw_patches(COHORT, ask(classes=classes), name="t", seed=1)
    assert table.classes == classes
    kinds = np.array([Tissue[name.upper()] for name in classes])
    shares = (table.images[..., 0] == kinds[table.labels][:, None, None]).mean(axis=(1, 2))
    assert shares.min() >= 0.65


def test_epithelium_is_the_greater_part_of_its_patches(truths):
    table = draw_patches(COHORT, ask("epithelium", n_per_class=60), name="t", seed=1)
    cells = table.images[..., 0]
    share = np.isin(cells, (Tissue.GLAND, Tissue.TUMOUR)).mean(axis=(1, 2))
    assert np.array_equal(share > 0.5, table.labels == 0)
    # Both kinds of epithelium are met, and more than one kind of what is none.
    assert all((cells[table.labels == 0] == kind).any() for kind in (Tissue.GLAND, Tissue.TUMOUR))
    assert len(np.unique(cells[table.labels == 1])) >= 6


def test_metastases_are_of_nodes(truths):
    table = draw_patches(COHORT, ask("metastasis", n_per_class=40), name="t", seed=1)
    cells = table.images[..., 0]
    assert (cells[table.labels == 0, 64, 64] == Tissue.TUMOUR).all()
    assert not (cells[table.labels == 1] == Tissue.TUMOUR).any()
    assert not (cells == Tissue.GLAND).any()
    assert (cells == Tissue.FOLLICLE).any()


def test_mitoses_are_where_the_label_says(truths):
    table = draw_patches(COHORT, ask("mitosis", n_patients=2, n_per_class=40), name="t", seed=1)
    cells, mitoses, mimics = (table.images[..., layer] for layer in range(3))
    positive = table.labels == 0
    assert mitoses[positive, 32:96, 32:96].any(axis=(1, 2)).all()
    assert not mitoses[~positive].any()
    assert mimics[~positive, 32:96, 32:96].any(axis=(1, 2)).sum() == 20
    assert mimics[~positive].any(axis=(1, 2)).sum() == 20
    assert (cells == Tissue.TUMOUR).mean(axis=(1, 2)).min() >= 0.65


@pytest.fixture(scope="module")
def mitoses():
    return draw_patches(COHORT, ask("mitosis", n_per_class=120), name="mitosis", seed=1)


def test_mean_colour_does_not_tell_mitoses(mitoses):
    colours = mitoses.images.mean(axis=(1, 2))
    colours = (colours - colours.mean(0)) / colours.std(0)
    chances = cross_val_predict(
        LogisticRegression(),
        colours,
        mitoses.labels,
        groups=mitoses.groups,
        cv=GroupKFold(4),
        method="predict_proba",
    )
    assert roc_auc_score(mitoses.labels, chances[:, 1]) < 0.65


@pytest.mark.parametrize("task", CLASSES)
def test_seeds_and_names_tell_where_patches_lie(task, truths):
    few = ask(task, n_patients=2, n_per_class=1)
    runs = [("t", 1), ("t", 1), ("t", 2), ("other", 1)]
    tables = [draw_patches(COHORT, few, name=name, seed=seed) for name, seed in runs]
    same = [np.array_equal(table.images, tables[0].images) for table in tables]
    assert same == [True, True, False, False]
    assert not set(tables[0].groups) & set(tables[3].groups)


def test_equal_seeds_give_equal_bytes():
    one, again, other = (draw_patches(COHORT, FEWEST, name="t", seed=seed) for seed in (1, 1, 2))
    assert again.images.tobytes() == one.images.tobytes()
    assert other.images.tobytes() != one.images.tobytes()


def test_only_stains_and_scanner_of_the_cohort_count():
    cohort = PhantomSettings(size_px=512, tumour_fraction=(0, 0), n_patients=3, design="node")
    one, same = (draw_patches(s, FEWEST, name="t", seed=1) for s in (cohort, COHORT))
    assert np.array_equal(one.images, same.images)
    for change in ({"noise": 4.0}, {"quality": 70}, {"center_shift": 0.3}, {"slide_shift": 0.2}):
        other = draw_patches(replace(cohort, **change), FEWEST, name="t", seed=1)
        assert not np.array_equal(other.images, one.images)
    coarse = draw_patches(replace(cohort, spacing_um=1.0), FEWEST, name="t", seed=1)
    assert (coarse.spacing_um, one.spacing_um) == (1.0, 0.5)


def test_what_is_followed_follows_itself():
    followed = follow_cohort(PhantomSettings(design="growth", spacing_um=0.4, n_patients=7))
    assert follow_cohort(followed) == followed
    assert (followed.design, followed.spacing_um) == ("growth", 0.4)
    assert asdict(followed)["n_patients"] == PhantomSettings().n_patients


def test_mitoses_are_of_the_cohorts_organ():
    cohorts = [replace(COHORT, design=design) for design in ("tumour", "growth", "node")]
    tasks = [choose_task(ask("mitosis"), cohort) for cohort in cohorts]
    assert [task.designs for task in tasks] == [("tumour",), ("growth",), ("tumour",)]


def test_classes_look_different():
    table = draw_patches(COHORT, ask(n_patients=2, n_per_class=12), name="t", seed=1)
    red = table.images[..., 0].mean(axis=(1, 2))
    mean = {name: red[table.labels == n].mean() for n, name in enumerate(table.classes)}
    # Nuclei are dark in red: stroma has few, lymphocytes and tumour are full of them; fat is empty.
    assert mean["fat"] > mean["stroma"] > max(mean["lymphocytes"], mean["tumour"]) + 10


def test_a_shortage_is_told_with_numbers():
    wanted = ask(classes=("fat", "blood"), n_patients=2, n_per_class=100_000)
    with pytest.raises(ConfigError, match=r"'t-T0001': 26 slides.*'blood': '\d+ of 50000'"):
        draw_patches(COHORT, wanted, name="t", seed=1)


def test_every_tissue_can_be_chosen():
    assert [Tissue[name.upper()] for name in get_args(TissueName)] == list(Tissue)[1:]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "mitosis", "classes": ("fat", "blood")}, "the task 'mitosis' has its own"),
        ({"classes": ("fat",)}, "name at least two"),
        ({"classes": ("fat", "blood", "fat")}, "each once"),
    ],
)
def test_classes_that_cannot_be_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        PhantomPatchSettings(**changes)
