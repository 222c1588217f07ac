"""Signing all that is recorded."""

import json
import subprocess

import pytest

from audit.keys import make_key, needs_ssh_keygen, trust
from audit.recorded import VALUES, rewrite
from histopress.audit.history.verify import verify_all
from histopress.audit.seal.seal import whole_seal
from histopress.cli.main import main

pytestmark = needs_ssh_keygen


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return make_key(tmp_path_factory.mktemp("keys"), "key")


def test_what_is_signed_can_be_checked_by_hand(study, key, tmp_path, capsys):
    assert main(["audit", "sign", f"--key={key}"]) == 0
    statement = study / "results/records/root.txt"
    assert statement.read_bytes() == whole_seal(study).statement
    options = ["-I", "jane@example.org", "-n", "histopress", "-s", f"{statement}.sig"]
    done = subprocess.run(
        ["ssh-keygen", "-Y", "verify", "-f", trust(tmp_path, key), *options],
        input=statement.read_bytes(),
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert "damage, not forgery" in capsys.readouterr().out


def test_a_signature_is_no_stranger_among_the_results(study, key, look):
    before = list(verify_all(look(study, VALUES)))
    main(["audit", "sign", f"--key={key}"])
    assert list(verify_all(look(study, VALUES))) == before


def test_it_may_lie_elsewhere(study, key, tmp_path, capsys):
    assert main(["audit", "sign", f"--key={key}", f"--to={tmp_path / 'here/jane'}", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["root"] == whole_seal(study).root
    assert told["signature"] == str(tmp_path / "here/jane.sig")
    assert (tmp_path / "here/jane").read_bytes() == whole_seal(study).statement
    assert not (study / "results/records/root.txt").exists()


def test_altered_records_are_not_signed(study, key, capsys):
    rewrite(study / "results/records/evaluate/model.json", lambda value: value.update(facts={}))
    assert main(["audit", "sign", f"--key={key}"]) == 2
    assert "evaluate/model.json: record_id is" in capsys.readouterr().err
    assert not list(study.rglob("*.sig"))


def test_a_missing_key_is_named(study, tmp_path, capsys):
    assert main(["audit", "sign", f"--key={tmp_path / 'absent'}"]) == 2
    assert "absent: no such key" in capsys.readouterr().err
    assert not list(study.rglob("root.txt*"))
