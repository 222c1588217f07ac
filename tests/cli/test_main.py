import importlib
import subprocess
import sys

import pytest

from histopress.cli.main import JOBS, TOOLS, main


def test_help_names_every_verb(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in (*JOBS, *TOOLS))


@pytest.mark.parametrize(("more", "code"), [([], 2), (["--help"], 0)])
def test_the_first_word_of_several_verbs_lists_them(more, code, capsys):
    assert main(["audit", *more]) == code
    text = "".join(capsys.readouterr())
    assert "audit trace" in text and "audit pack" in text
    assert "  tile" not in text


@pytest.mark.parametrize("name", [*JOBS, *TOOLS])
def test_every_verb_has_help(name, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*name.split(), "--help"])
    assert stop.value.code == 0
    assert f"histopress {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", JOBS)
def test_a_verb_is_called_what_the_table_says(name):
    verb = importlib.import_module(f"histopress.cli.{JOBS[name][0]}").VERB
    assert verb.name == name


@pytest.mark.parametrize(
    ("given", "near"),
    [("tiel", "tile"), ("encoder trian", "encoder train"), ("evalute", "evaluate")],
)
def test_a_mistyped_verb_gets_a_proposal(given, near, capsys):
    assert main(given.split()) == 2
    assert f"did you mean '{near}'?" in capsys.readouterr().err


def test_faults_of_settings_are_all_told(capsys, tmp_path):
    code = main(
        [
            "tile",
            "--slide-id=a",
            f"--slide={tmp_path / 'a.svs'}",
            f"--tiles={tmp_path / 'a.h5'}",
            f"--overlay={tmp_path / 'a.png'}",
            '--settings={"grid": {"tile_px": 3, "tisue": {}}, "spacing_um": "x"}',
        ]
    )
    text = capsys.readouterr().err
    assert code == 1
    assert "grid.tile_px: is 3; input should be greater than or equal to 16" in text
    assert "grid.tisue: unknown key; did you mean 'tissue'?" in text
    assert "spacing_um: is 'x'" in text


@pytest.mark.parametrize("name", ["tile", "compress", "split", "evaluate", "compare", "validate"])
def test_verbs_without_learning_do_not_load_torch(name):
    module = {**JOBS, **TOOLS}[name][0]
    code = f"import histopress.cli.{module}, sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "is no JSON"), ("gone.json", "'gone.json' is neither JSON nor a file")],
)
def test_settings_that_cannot_be_read_say_so(text, message, capsys, tmp_path):
    paths = [f"--{name}={tmp_path / name}" for name in ("slide", "tiles", "overlay")]
    assert main(["tile", "--slide-id=a", *paths, f"--settings={text}"]) == 1
    assert message in capsys.readouterr().err


def test_a_job_by_hand_leaves_a_record_of_what_is_among_the_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def define(folder):
        paths = [f"--{port}={folder}/{port}" for port in ("weights", "card")]
        assert main(["encoder", "define", "--encoder=colour", *paths]) == 0
        return [str(path) for path in sorted(tmp_path.rglob("*.json"))]

    assert define("elsewhere") == []
    record = tmp_path / "results/records/encoder_define/encoders/colour/weights.json"
    assert define("results/encoders/colour") == [str(record)]
    assert define(tmp_path / "results/encoders/colour") == [str(record)]


def test_a_crash_of_an_auditors_verb_is_no_finding(monkeypatch, capsys):
    def crash(*_):
        raise TypeError("unhashable")

    monkeypatch.setattr("histopress.cli.main._run", crash)
    assert main(["audit", "verify"]) == 2
    assert "TypeError: unhashable" in capsys.readouterr().err
    with pytest.raises(TypeError):
        main(["validate"])
