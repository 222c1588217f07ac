"""Which files are results, and which are other tools' marks."""

from histopress.audit.history.results import result_files

THERE = (
    "results/a.h5",
    "results/b/c.csv",
    "results/b.dvc",
    "results/.gitignore",
    "results/.cache/x",
    "results/README.md",
    "results/b/README.md",
    "results/records/tile/a.json",
    "data/records/x",
)


def names(folder, project):
    return [file.relative_to(project).as_posix() for file in result_files(folder, project)]


def test_records_and_marks_are_no_results(tmp_path):
    for name in THERE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("outs:\n- md5: x\n" if name.endswith(".dvc") else "x")
    found = names(tmp_path / "results", tmp_path)
    assert found == ["results/a.h5", "results/b/README.md", "results/b/c.csv"]
    assert names(tmp_path / "data", tmp_path) == ["data/records/x"]
    assert names(tmp_path / "results/records", tmp_path) == ["results/records/tile/a.json"]
    assert names(tmp_path / "none", tmp_path) == []


def test_what_is_only_called_a_pointer_is_a_result(tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results/final.dvc").write_text("auc,0.99\n")
    assert names(tmp_path / "results", tmp_path) == ["results/final.dvc"]


def test_linked_folders_are_followed_and_circles_end(tmp_path):
    for name in ("results/a", "scratch/b"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "scratch/b/c.csv").write_text("x")
    (tmp_path / "results/a/linked").symlink_to(tmp_path / "scratch")
    (tmp_path / "scratch/b/back").symlink_to(tmp_path / "results")
    assert names(tmp_path / "results", tmp_path) == ["results/a/linked/b/c.csv"]
