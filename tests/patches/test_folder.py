import cv2
import numpy as np
import pytest

from histopress.errors import ConfigError
from histopress.patches.folder import FolderPatches
from histopress.patches.settings import FolderSource


def put(path, value=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((8, 8, 3), value, np.uint8))


def open_folder(root, **changes):
    source = FolderSource(kind="folder", **({"path": "t"} | changes))
    return FolderPatches(source, root=root, task="lymph")


def test_folders_are_labels_and_the_order_is_that_of_paths(tmp_path):
    for number, name in enumerate(["b/2.png", "b/sub/1.PNG", "a/10.png", "a/9.png", "loose.png"]):
        put(tmp_path / "t" / name, number)
    (tmp_path / "t" / "a" / "notes.txt").write_text("x")
    (tmp_path / "t" / "a" / "._10.png").write_bytes(b"x")
    found = open_folder(tmp_path)
    assert [(o.name, o.label) for o in found.origins] == [
        ("t/a/10.png", "a"),
        ("t/a/9.png", "a"),
        ("t/b/2.png", "b"),
        ("t/b/sub/1.PNG", "b"),
    ]
    assert [int(found.read(n)[0, 0, 0]) for n in range(4)] == [2, 3, 0, 1]
    assert {o.part for o in found.origins} == {""}
    assert [file.name for file in found.files] == ["10.png", "9.png", "2.png", "1.PNG"]


def test_a_validation_folder_is_a_part_and_no_class(tmp_path):
    for name in ("a/1.png", "b/1.png", "held/a/1.png", "held/b/1.png"):
        put(tmp_path / "t" / name)
    found = open_folder(tmp_path, validation="t/held")
    assert [(o.label, o.part) for o in found.origins] == [
        ("a", "training"),
        ("b", "training"),
        ("a", "validation"),
        ("b", "validation"),
    ]


def test_the_pattern_finds_the_slide(tmp_path):
    put(tmp_path / "t" / "a" / "img_7_x12_y3.png")
    assert open_folder(tmp_path, slide_pattern="^(.+)_x").origins[0].slide_id == "img_7"


def test_all_files_without_a_slide_are_told_at_once(tmp_path):
    for name in ("a/s1_x2.png", "a/odd.png", "b/strange.png"):
        put(tmp_path / "t" / name)
    with pytest.raises(ConfigError) as caught:
        open_folder(tmp_path, slide_pattern="^(.+)_x")
    faults = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in faults] == ["t/a/odd.png", "t/b/strange.png"]


def test_of_very_many_faults_the_first_are_told(tmp_path):
    for number in range(25):
        put(tmp_path / "t" / "a" / f"{number}.png")
    with pytest.raises(ConfigError, match="and 5 more"):
        open_folder(tmp_path, slide_pattern="^(.+)_x")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slide_pattern": "("}, "is no regular expression"),
        ({"slide_pattern": "x"}, "has no group; put"),
        ({"validation": "v"}, r"t has no folder with pictures(.|\n)*v is no folder"),
    ],
)
def test_refuses(tmp_path, changes, message):
    (tmp_path / "t").mkdir()
    with pytest.raises(ConfigError, match=message):
        open_folder(tmp_path, **changes)
