import json
import re

import numpy as np
import pytest

from histopress.errors import ConfigError
from histopress.patches.gather import gather_patches
from histopress.patches.opening import open_source
from histopress.patches.settings import (
    CohortSource,
    FolderSource,
    TaskSettings,
)
from histopress.patches.source import Origin

ANY = FolderSource(kind="folder", path=".")


class Made:
    """A source of noise; every patch differs, unless told to copy another."""

    def __init__(self, origins, *, side=12, spacing_um=1.0, copies=None, sides=None, **more):
        self.origins, self.spacing_um, self.side = origins, spacing_um, side
        self.copies, self.sides = copies or {}, sides or {}
        self.__dict__.update(more)

    def read(self, index):
        rng = np.random.default_rng(self.copies.get(index, index))
        side = self.sides.get(index, self.side)
        return rng.integers(0, 256, (side, side, 3), dtype=np.uint8)


def patches(count, **fields):
    """Origins of two labels and five to a patient."""
    return [
        Origin(
            name=f"n{index}",
            label="ab"[index % 2],
            **({"patient_id": f"p{index // 5}"} | {k: v(index) for k, v in fields.items()}),
        )
        for index in range(count)
    ]


def gather(source, *, px=8, um=1.0, seed=1, name="t", **changes):
    task = TaskSettings(source=ANY, **changes)
    return gather_patches(source, task, name=name, input_px=px, input_spacing_um=um, seed=seed)


def test_patches_stand_in_the_order_of_the_source_with_all_that_is_known():
    source = Made(patches(30, center=lambda n: f"c{n % 3}"))
    table = gather(source, margin_px=1, licence="CC0", note="n")
    assert table.classes == ("a", "b")
    assert table.labels.tolist() == [0, 1] * 15
    assert table.centers == tuple(f"c{n % 3}" for n in range(30))
    assert (table.input_px, table.margin_px, table.spacing_um) == (8, 1, 1.0)
    for index in (0, 17):
        assert np.array_equal(table.images[index], source.read(index)[1:11, 1:11])
    facts = table.facts
    assert (facts["task"], facts["grouping"], facts["licence"]) == ("t", "patient", "CC0")
    assert facts["warnings"] == []
    assert sum(sum(part.values()) for part in facts["counts"].values()) == 30
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    # No patient's id gets into a result.
    assert not any(group == "p" or "p1" in group for group in table.groups)


def test_classes_gather_labels_and_leave_others_out():
    origins = [Origin(name="", label="xyzw"[n % 4], patient_id=str(n)) for n in range(40)]
    table = gather(Made(origins), classes={"late": ("z",), "early": ("x", "y")})
    assert table.classes == ("late", "early")
    assert np.bincount(table.labels).tolist() == [10, 20]


def test_most_per_class_draws_by_the_seed():
    source = Made(patches(60))
    tables = [gather(source, most_per_class=8, seed=seed) for seed in (1, 1, 2)]
    assert all(np.bincount(table.labels).tolist() == [8, 8] for table in tables)
    assert np.array_equal(tables[0].images, tables[1].images)
    assert not np.array_equal(tables[0].images, tables[2].images)


def test_a_task_is_divided_alike_for_every_input():
    source = Made(patches(60, patient_id=lambda _: ""), side=32)
    one, two = gather(source, px=16), gather(source, px=8, um=2.0)
    assert np.array_equal(one.parts, two.parts)
    assert one.groups == two.groups
    assert not np.array_equal(one.parts, gather(source, px=16, name="other").parts)


def test_neighbours_follow_and_are_forgotten_with_the_patch():
    source = Made(patches(60, neighbour=lambda n: n ^ 2))
    table = gather(source, most_per_class=20)
    found = {source.read(n)[2:10, 2:10].tobytes(): n for n in range(60)}
    kept = [found[image.tobytes()] for image in table.images]
    for place, origin in enumerate(kept):
        wanted = kept.index(origin ^ 2) if origin ^ 2 in kept else -1
        assert table.neighbours[place] == wanted
    assert -1 in table.neighbours
    assert table.neighbours.max() >= 0


def test_leaks_into_a_named_validation_part_are_dropped():
    # Patch 31 copies a training patch of patient p1; patient p0 has a validation patch of its own.
    origins = patches(
        40,
        part=lambda n: "validation" if n >= 30 else "training",
        patient_id=lambda n: "p0" if n == 30 else f"p{n // 5}",
    )
    table = gather(Made(origins, copies={31: 7}))
    assert table.facts["dropped"] == 10
    assert "10 patches were left out" in table.facts["warnings"][0]
    assert len(table) == 30
    assert np.array_equal(table.images[0], Made(origins).read(10)[2:10, 2:10])
    assert (table.parts == 2).sum() == 10
    assert table.facts["near_duplicates"] == 1


@pytest.mark.parametrize(
    ("source", "changes", "warning"),
    [
        (Made(patches(30, patient_id=lambda _: "")), {}, "neither patient nor slide is known of"),
        (
            Made(patches(30, patient_id=lambda n: "p" * (n > 5))),
            {},
            "neither patient nor slide is known of 6 of 30 patches",
        ),
        (
            Made(patches(30, patient_id=lambda _: "", slide_id=lambda n: f"s{n // 5}")),
            {},
            "patient is not known",
        ),
        (Made(patches(30), spacing_um=None), {"reduce": 1}, "nobody knows the spacing"),
        (Made(patches(30), side=24), {"reduce": 2}, "are at 2 µm/px after pooling by 2"),
        (Made(patches(30), spacing_um=2.0), {}, "were enlarged from 12 to 24 px"),
        (Made(patches(30)), {"margin_px": 9}, "the margin is 2 px.*9 were asked for"),
        (Made(patches(30), warnings=("of the source",)), {}, "of the source"),
        (
            Made([*patches(30), *(Origin(name="", label="c", patient_id="x"),) * 2]),
            {},
            "part 'validation' has no patch of 'c'",
        ),
    ],
)
def test_what_could_not_be_known_is_said(source, changes, warning):
    assert any(re.search(warning, text) for text in gather(source, **changes).facts["warnings"])


def test_a_source_tells_the_weaker_tie_of_its_groups():
    source = Made(patches(30), facts={"grouping": "near-duplicate", "licence": "MIT"})
    facts = gather(source).facts
    assert (facts["grouping"], facts["licence"]) == ("near-duplicate", "MIT")
    assert "neither patient nor slide" in facts["warnings"][0]


@pytest.mark.parametrize(
    ("source", "changes", "message"),
    [
        (Made([]), {}, "has no patches"),
        (Made(patches(9)), {"classes": {"x": ("q",)}}, r"class 'x' has no patch.*\['a', 'b'\]"),
        (
            Made(patches(9)),
            {"classes": {"x": ("a",), "y": ("b", "a")}},
            "label 'a' stands in the classes 'x' and 'y'",
        ),
        (
            Made(patches(9), sides={4: 14}),
            {},
            r"'n0' has 12 × 12 px, 'n4' 14 × 14 px; give patches of one size",
        ),
        (Made(patches(9)), {"spacing_um": 0.5}, "is 0.5, but the source itself tells 1"),
    ],
)
def test_refuses(source, changes, message):
    with pytest.raises(ConfigError, match=message):
        gather(source, **changes)


def test_a_cohort_needs_the_verb(tmp_path):
    task = TaskSettings(source=CohortSource(kind="cohort", grid="g"))
    with pytest.raises(ConfigError, match="the study's own slides"):
        open_source(task, name="t", root=tmp_path, input_px=8, input_spacing_um=1.0, seed=1)
