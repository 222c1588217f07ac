import subprocess

import pytest

from histopress.audit.source import read_source


def git(folder, *arguments):
    command = ["git", "-C", str(folder), "-c", "user.name=n", "-c", "user.email=e", *arguments]
    done = subprocess.run(command, capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "code"
    (folder / "src").mkdir(parents=True)
    (folder / "config").mkdir()
    (folder / "src/a.py").write_text("A = 1\n")
    (folder / "Snakefile").write_text("rule all:\n")
    (folder / "config/slides.csv").write_text("slide_id,patient_id\n")
    (folder / ".gitignore").write_text("*.pyc\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    return folder


def state(folder):
    """All files of a repository, git's own among them."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_clean_repository_is_its_commit(repository):
    found = read_source(repository)
    assert found.commit == git(repository, "rev-parse", "HEAD")
    assert (found.patch, found.patch_digest) == (b"", None)


def test_the_patch_makes_the_code_that_ran_from_the_commit(repository, tmp_path):
    (repository / "src/a.py").write_text("A = 2\n")
    (repository / "src/new.py").write_bytes(b"B = '\xff'\n\0")
    (repository / "Snakefile").unlink()
    found = read_source(repository)
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(repository), str(other))
    (tmp_path / "p").write_bytes(found.patch)
    git(other, "apply", str(tmp_path / "p"))
    assert (other / "src/a.py").read_text() == "A = 2\n"
    assert (other / "src/new.py").read_bytes() == b"B = '\xff'\n\0"
    assert not (other / "Snakefile").exists()


def test_looking_changes_nothing(repository):
    (repository / "src/a.py").write_text("A = 2\n")
    (repository / "src/new.py").write_text("B = 1\n")
    before = state(repository)
    read_source(repository)
    assert state(repository) == before


def test_manifests_and_ignored_files_are_in_no_patch(repository):
    (repository / "config/slides.csv").write_text("slide_id,patient_id\na,Jane Doe\n")
    (repository / "src/a.pyc").write_text("x")
    assert read_source(repository).patch == b""


def test_a_surrounding_git_command_does_not_mislead(repository, monkeypatch, tmp_path):
    expected = read_source(repository)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert read_source(repository) == expected


def test_the_package_in_somebody_elses_repository_has_no_commit(repository):
    assert read_source(repository / "src") is None


def test_without_git_there_is_no_commit(repository, tmp_path, monkeypatch):
    assert read_source(tmp_path) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_source(repository) is None
