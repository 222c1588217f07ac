from pathlib import Path

import pytest

from histopress.errors import ConfigError, ManifestError
from histopress.simulate.phantom_slides import draw_cohort, manifest_rows
from histopress.store import read_csv
from histopress.study import load_study, read_values

ROOT = Path(__file__).parents[1]


def test_the_embedded_manifest_is_the_cohort_that_its_configuration_draws():
    study = load_study(read_values(ROOT / "config/config.yaml"), ROOT)
    cohort = draw_cohort(study.config.phantom.slides, seed=study.config.seed)
    expected = [{k: str(v) for k, v in row.items()} for row in manifest_rows(cohort)]
    assert read_csv(ROOT / "config/slides.csv") == expected
    # what the embedded cohort promises
    assert len(study.manifest) >= 24
    assert study.n_patients >= 16
    assert study.config.phantom.slides.size_px >= 4096


def study_with(tmp_path, rows, **config):
    (tmp_path / "config").mkdir(exist_ok=True)
    others = "".join(f"s{i},p{i},s{i}.svs,{i % 2}\n" for i in range(8))
    for i in range(8):
        (tmp_path / f"s{i}.svs").touch()
    (tmp_path / "config/slides.csv").write_text("slide_id,patient_id,path,label\n" + others + rows)
    values = {
        "grids": {"g": {}},
        "encoders": {"e": {"kind": "mean-rgb", "grid": "g"}},
        "targets": {"t": {"kind": "classification", "column": "label"}},
        "models": {"m": {"kind": "mean"}},
    }
    return load_study(values | config, tmp_path)


def test_faults_of_configuration_and_manifest_are_told_together(tmp_path):
    with pytest.raises(ConfigError) as error:
        study_with(tmp_path, "a,p,gone.svs,1\n", seed=-1)
    text = str(error.value)
    assert "config: seed: is -1" in text
    assert "gone.svs" in text


def test_a_target_without_its_column_names_the_key(tmp_path):
    (tmp_path / "a.svs").touch()
    targets = {"t": {"kind": "classification", "column": "lable"}}
    with pytest.raises(ManifestError) as error:
        study_with(tmp_path, "a,p,a.svs,1\n", targets=targets)
    assert "targets.t.column" in str(error.value)
    assert "lable" in str(error.value)


def test_a_missing_encoder_file_names_the_key(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.svs").touch()
    encoders = {"e": {"kind": "keras", "grid": "g", "file": "gone.h5"}}
    with pytest.raises(ManifestError, match=r"encoders\.e\.file: no file at 'gone\.h5'"):
        study_with(tmp_path, "a,p,a.svs,1\nb,q,b.svs,0\n", encoders=encoders)


def test_a_missing_slide_may_be_quarantined(tmp_path):
    (tmp_path / "a.svs").touch()
    rows = "a,p,a.svs,1\nb,q,gone.svs,0\n"
    assert len(study_with(tmp_path, rows, on_bad_slide="quarantine").manifest) == 10
    with pytest.raises(ManifestError, match="gone"):
        study_with(tmp_path, rows)


@pytest.mark.parametrize("text", ["", "- a\n", "a: [", "\tx"])
def test_what_is_no_mapping_is_refused(tmp_path, text):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"c\.yaml: (holds no keys|cannot be read)"):
        read_values(tmp_path / "c.yaml")


def test_a_class_with_too_few_patients_is_told_before_any_job(tmp_path):
    with pytest.raises(ManifestError, match="class '0' has 4 patients, the protocol has 5 folds"):
        study_with(tmp_path, "", protocol={"folds": 5})


def test_a_mask_is_not_ignored_in_silence(tmp_path):
    (tmp_path / "m.png").touch()
    path = tmp_path / "config/slides.csv"
    path.parent.mkdir()
    rows = "".join(f"s{i},p{i},s{i}.svs,{i % 2},{'m.png' if i == 3 else ''}\n" for i in range(8))
    for i in range(8):
        (tmp_path / f"s{i}.svs").touch()
    path.write_text("slide_id,patient_id,path,label,mask_path\n" + rows)
    values = {"grids": {"g": {}}, "encoders": {"e": {"kind": "mean-rgb", "grid": "g"}}}
    with pytest.raises(ManifestError, match="slide 's3': mask_path is 'm.png'"):
        load_study(values, tmp_path)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"models": {"m": {"kind": "mean", "class_weights": [1, 2, 3]}}},
            "config: models.m.class_weights: are 3 numbers; target 't' has 2 classes (0, 1)",
        ),
        (
            {"models": {"m": {"kind": "nic-cnn", "crop": 5}}, "explain": {"output": "yes"}},
            "config: explain.output: is 'yes'; target 't' has 0, 1",
        ),
    ],
)
def test_classes_that_the_labels_lack_are_told_before_any_job(tmp_path, config, message):
    with pytest.raises(ManifestError) as error:
        study_with(tmp_path, "", **config)
    assert message in str(error.value)


def test_classes_that_the_labels_have_may_be_asked_for(tmp_path):
    model = {"kind": "nic-cnn", "crop": 5, "class_weights": [1, 2]}
    study_with(tmp_path, "", models={"m": model}, explain={"output": "0"})
