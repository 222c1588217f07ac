"""Who signed these results, and are they still the same."""

import json

import pytest

from audit.keys import make_key, needs_ssh_keygen, trust
from audit.recorded import METRICS, VALUES, rewrite_both
from histopress.audit.findings import State
from histopress.audit.history.verify import verify_all
from histopress.audit.seal.seal import whole_seal
from histopress.cli.main import main

pytestmark = needs_ssh_keygen


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return make_key(folder, "ours"), make_key(folder, "theirs")


@pytest.fixture
def signers(study, keys, tmp_path, monkeypatch, capsys):
    """Sign the study; give the list of who is trusted."""
    monkeypatch.setenv("HISTOPRESS_CACHE", str(tmp_path / "cache"))
    main(["audit", "sign", f"--key={keys[0]}"])
    capsys.readouterr()
    return trust(tmp_path, keys[0])


def check(signers, *options):
    return main(["audit", "check-signature", f"--signers={signers}", *options])


def test_a_clean_study_is_well_signed(study, signers, capsys):
    assert check(signers) == 0
    told = capsys.readouterr().out
    assert "good signature by jane@example.org" in told
    assert whole_seal(study).root in told
    assert check(signers, "--full", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["signer"], told["fault"], told["findings"]) == ("jane@example.org", None, [])


def test_results_rewritten_with_their_records_pass_verify_but_not_this(
    study, signers, look, capsys
):
    rewrite_both(study)
    assert {each.state for each in verify_all(look(study, VALUES))} == {State.VERIFIED}
    assert check(signers) == 1
    told = capsys.readouterr().out
    assert "no good signature" in told and "changed, added or removed after signing" in told
    assert "'jane@example.org' signed" in told, "what was signed instead is told"


def test_who_rewrites_also_what_was_signed_is_found(study, signers, capsys):
    rewrite_both(study)
    (study / "results/records/root.txt").write_bytes(whole_seal(study).statement)
    assert check(signers) == 1
    assert "no good signature" in capsys.readouterr().out


def test_who_signs_anew_with_another_key_is_found(study, signers, keys, capsys):
    rewrite_both(study)
    main(["audit", "sign", f"--key={keys[1]}"])
    assert check(signers) == 1
    assert "lists no key that made this signature" in capsys.readouterr().out


def test_a_changed_output_is_told_whatever_the_records_say(study, signers, capsys):
    (study / METRICS).write_text("{}")
    assert check(signers) == 1
    told = capsys.readouterr().out
    assert "good signature" in told and METRICS in told and "modified" in told
    assert check(signers, "--records-only") == 0
    assert "was not looked at" in capsys.readouterr().out
    assert check(signers, "--json") == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["path"], finding["state"]) == (METRICS, "modified")


def test_a_run_after_signing_is_noted_without_harm(study, signers):
    from histopress.audit.seal.ledger import append_entry

    append_entry(study, "start", {})
    assert check(signers) == 0


@pytest.mark.parametrize("option", ["--signature=absent", "--signers=absent"])
def test_missing_files_are_named(study, signers, option, capsys):
    assert check(signers, option) == 2
    assert "absent: no s" in capsys.readouterr().err
