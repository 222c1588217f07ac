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
        (tmp_path / name).write_text("x")
    found = names(tmp_path / "results", tmp_path)
    assert found == ["results/a.h5", "results/b/README.md", "results/b/c.csv"]
    assert names(tmp_path / "data", tmp_path) == ["data/records/x"]
    assert names(tmp_path / "results/records", tmp_path) == ["results/records/tile/a.json"]
    assert names(tmp_path / "none", tmp_path) == []
