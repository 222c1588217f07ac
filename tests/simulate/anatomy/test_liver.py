import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from histopress.simulate.anatomy.borders import border_band
from histopress.simulate.anatomy.fields import distance_to
from histopress.simulate.anatomy.tissue import CELL_UM, Tissue
from histopress.simulate.phantom import draw_anatomy
from histopress.simulate.phantom_settings import PATTERNS, PhantomSettings
from histopress.simulate.phantom_slides import draw_cohort


def areas(anatomy):
    return np.bincount(anatomy.classes.ravel(), minlength=len(Tissue))


def shares(anatomy, width):
    """Composition of what surrounds tumour, strands and necrosis within it left out."""
    tumour = anatomy.classes == Tissue.TUMOUR
    band = border_band(tumour, width) & (anatomy.classes > 0)
    band &= anatomy.classes != Tissue.NECROSIS
    return np.bincount(anatomy.classes[band], minlength=len(Tissue)) / max(band.sum(), 1)


@pytest.fixture(scope="module")
def livers(grow):
    return {
        pattern: [
            grow(seed, 160, organ="liver", pattern=pattern, tumour=0.12, necrosis=0.0)
            for seed in range(8)
        ]
        for pattern in PATTERNS
    }


@pytest.mark.parametrize("cells", [32, 64, 128, 300])
@pytest.mark.parametrize("holes", [False, True])
def test_patterns_take_the_same_area_of_every_class(grow, cells, holes):
    for seed in range(4):
        tumour = (0.04, 0.12, 0.18, 0.25)[seed]
        found = [
            areas(grow(seed, cells, organ="liver", pattern=pattern, tumour=tumour, holes=holes))
            for pattern in PATTERNS
        ]
        assert np.array_equal(found[0], found[1])
        assert np.array_equal(found[0], found[2])
        assert found[0][Tissue.TUMOUR] == pytest.approx(tumour * found[0][1:].sum(), rel=0.05)


def test_no_classifier_of_areas_tells_the_pattern():
    settings = PhantomSettings(
        design="growth", size_px=2048, n_patients=180, slides_per_patient=(1, 1)
    )
    cohort = draw_cohort(settings, seed=1)
    rows = np.stack([areas(draw_anatomy(slide, settings=settings, seed=1)) for slide in cohort])
    labels = np.array([PATTERNS.index(slide.pattern) for slide in cohort])
    assert np.bincount(labels).tolist() == [60, 60, 60]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    chances = cross_val_predict(model, rows, labels, cv=5, method="predict_proba")
    assert roc_auc_score(labels, chances, multi_class="ovr", average="macro") <= 0.6


def test_a_desmoplastic_metastasis_has_a_rim_of_stroma(livers):
    for anatomy in livers["desmoplastic"]:
        around = shares(anatomy, 4.0)
        assert around[Tissue.STROMA] > 0.95
    # Lymphocytes lie within 10 cells of the rim more often than elsewhere.
    near = [shares(anatomy, 18.0)[Tissue.LYMPHOCYTES] for anatomy in livers["desmoplastic"]]
    rest = [shares(anatomy, 18.0)[Tissue.LYMPHOCYTES] for anatomy in livers["pushing"]]
    assert np.mean(near) > 0.08 > 0.02 > np.mean(rest)


@pytest.mark.parametrize("pattern", ["pushing", "replacement"])
def test_elsewhere_tumour_meets_parenchyma(livers, pattern):
    for anatomy in livers[pattern]:
        tumour = anatomy.classes == Tissue.TUMOUR
        outside = border_band(tumour, 5.0) & (anatomy.classes > 0)
        # Strands of stroma lie within; around, parenchyma is next to tumour.
        outside &= distance_to(anatomy.classes == Tissue.PARENCHYMA) <= 3
        kinds = np.bincount(anatomy.classes[outside], minlength=len(Tissue)) / outside.sum()
        assert kinds[Tissue.PARENCHYMA] > 0.95


def test_edges_are_ragged_where_tumour_replaces_parenchyma(livers):
    def edge(anatomy):
        tumour = np.pad((anatomy.classes == Tissue.TUMOUR).astype(int), 1)
        inner = anatomy.classes == Tissue.PARENCHYMA
        beside = sum(np.roll(tumour, step, axis) for axis in (0, 1) for step in (-1, 1))
        return int(beside[1:-1, 1:-1][inner].sum()) / np.sqrt(tumour.sum())

    pushing, replacing = (
        [edge(anatomy) for anatomy in livers[pattern]] for pattern in ("pushing", "replacement")
    )
    assert min(replacing) > 1.7 * max(pushing)
    # Cords and clusters are one to three cells thick.
    clusters = [anatomy.regions(Tissue.TUMOUR)[:, 2] for anatomy in livers["replacement"]]
    small = [sizes[sizes < 0.1 * sizes.sum()] for sizes in clusters]
    assert np.mean([len(sizes) for sizes in small]) > 8
    assert np.median(np.concatenate(small)) <= 12


@pytest.mark.parametrize("pattern", ["pushing", "replacement"])
def test_septa_keep_away_from_tumour(grow, pattern):
    for seed in range(3):
        scene = {"organ": "liver", "tumour": 0.06}
        classes = grow(seed, 320, pattern=pattern, **scene).classes
        # Tracts and strands are the same in all patterns.
        twin = grow(seed, 320, pattern="desmoplastic", **scene).classes
        septa = (classes == Tissue.STROMA) & (twin != Tissue.STROMA)
        assert septa.sum() > 500
        assert distance_to(classes == Tissue.TUMOUR)[septa].min() * CELL_UM >= 300


def test_lobules_have_veins_and_tracts_with_ducts(grow):
    anatomy = grow(1, 300, organ="liver", pattern="pushing", tumour=0.05)
    ducts = anatomy.glands
    assert len(ducts) > 8
    stroma = anatomy.classes == Tissue.STROMA
    blood = anatomy.classes == Tissue.BLOOD
    rows, cols = ducts[:, 1].astype(int), ducts[:, 0].astype(int)
    assert distance_to(stroma)[rows, cols].max() <= 3.5
    assert np.median(distance_to(blood)[rows, cols]) < 6
    veins = anatomy.regions(Tissue.BLOOD)
    assert (veins[:, 2] > 20).sum() > 5


def test_a_liver_without_a_pattern_has_no_tumour(grow):
    anatomy = grow(1, 128, organ="liver", tumour=0.2)
    assert anatomy.fraction(Tissue.TUMOUR) == 0
    assert anatomy.fraction(Tissue.PARENCHYMA) > 0.8
