"""A study that asks for a job of every rule; only planned, never run."""

from .conftest import FOLLOW_UP, LABELS, TOY, WITH_CONTROLS, Project, add_columns

CAUSES = (0, 1, 2, 1, 1, 0, 2, 1, 0)
TASKS = {
    "table": {"source": {"kind": "table", "path": "data/phantom/tissue.patches.h5"}},
    "list": {"source": {"kind": "csv", "path": "patches/list.csv"}, "spacing_um": 0.5},
    "folder": {"source": {"kind": "folder", "path": "patches/classes"}, "spacing_um": 0.5},
    "arrays": {
        "source": {"kind": "hdf5", "x": "patches/x.h5", "y": "patches/y.h5"}, "spacing_um": 0.5,
    },
    "own": {"source": {"kind": "cohort", "grid": "half-um"}, "spacing_um": 0.5},
}  # fmt: skip
CLAIM = {"letter": "a", "statement": "All that is claimed.", "target": "tumour", "model": "cnn"}
CLAIMS = {
    "contrast": {"first": ["tiny"], "second": ["mean-rgb", "unlabelled"]},
    "inclusion": {"encoders": ["tiny", "unlabelled"]},
    "separation": {"target": "os", "encoder": "tiny"},
    "limit": {"encoders": ["tiny", "foreign"], "target": "lesion"},
    "saliency": {"encoder": "tiny"},
    "precision": {"encoder": "foreign", "target": "os"},
}
EVERYTHING = TOY | {
    "phantom": WITH_CONTROLS["phantom"],
    "tasks": TASKS,
    "encoders": {
        "mean-rgb": TOY["encoders"]["mean-rgb"],
        "tiny": TOY["encoders"]["tiny"] | {"tasks": ["list", "table"]},
        "unlabelled": {"kind": "contrastive", "grid": "half-um", "tasks": ["own"]},
        "released": {"kind": "keras", "grid": "half-um", "file": "given/encoder.h5"},
        "ours": {
            "kind": "callable", "grid": "half-um", "name": "nets.ours:build", "input_px": 64,
            "input_spacing_um": 1.0,
        },
        "foreign": {"kind": "features", "path": "given/{slide}.h5"},
    },
    "probe": {"tasks": ["table", "folder", "arrays"]},
    "transfer": {"tasks": ["list", "table"], "seeds": [1, 2]},
    "targets": {
        "tumour": {
            "kind": "classification", "column": "tumour", "level": "patient",
            "covariates": {"age": {"kind": "number"}},
        },
        "score": {"kind": "regression", "column": "score", "unit": "points"},
        "os": {"kind": "survival", "endpoint": "os", "table": {"path": "config/survival.csv"}},
        "cr": {
            "kind": "survival", "time": "months", "event": "cause", "competing": ["2"],
        },
        "lesion": {"kind": "classification", "column": "tumour"},
    },
    "protocol": {"kind": "table", "path": "splits"},
    "seeds": [0, 1],
    "controls": {"permutations": {"mean": 5}},
    "explain": {},
    "claims": {
        "family": 9,
        "latents": "config/latents.csv",
        "of": {
            **{kind: CLAIM | {"kind": kind} | own for kind, own in CLAIMS.items()},
            "proxy": CLAIM | CLAIMS["separation"] | {
                "kind": "separation", "proxy": "tumour", "proxy_class": "1",
            },
        },
    },
}  # fmt: skip
FILES = (
    "patches/list.csv", "patches/x.h5", "patches/y.h5", "patches/classes/a/1.png",
    "given/encoder.h5", "nets/ours.py", "splits/splits_0.csv",
)  # fmt: skip


def make_everything(folder):
    """Write the study; its files need only be there."""
    project = Project(folder, EVERYTHING)
    table = folder / "config/slides.csv"
    add_columns(table, LABELS | {"months": FOLLOW_UP["survival_months"], "cause": CAUSES})
    slides = [line.split(",")[0] for line in table.read_text().splitlines()[1:]]
    rows = ["case_id,slide_id", *(f"P{n:04},{slide}" for n, slide in enumerate(slides, 1))]
    survival = folder / "config/survival.csv"
    survival.write_text("\n".join(rows) + "\n")
    add_columns(survival, FOLLOW_UP)
    for name in (*FILES, *(f"given/{slide}.h5" for slide in slides)):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    sizes = [f"{slide},{60 * place}" for place, slide in enumerate(slides)]
    (folder / "config/latents.csv").write_text("\n".join(["slide_id,metastasis_um", *sizes, ""]))
    thirds = [slides[part::3] for part in range(3)]
    lines = [f"{n},{','.join(row)}" for n, row in enumerate(zip(*thirds, strict=True))]
    (folder / "splits/splits_0.csv").write_text("\n".join([",train,val,test", *lines, ""]))
    return project
