import subprocess

import pytest

from audit.keys import make_key, needs_ssh_keygen, trust
from histopress.audit.seal.signature import check_signature, sign
from histopress.errors import HistopressError, SignatureError

STATEMENT = b"histopress-root/1\nleaves 2\nroot ab\n"

pytestmark = needs_ssh_keygen


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return make_key(folder, "ours"), make_key(folder, "theirs")


@pytest.fixture
def signers(keys, tmp_path):
    return trust(tmp_path, keys[0])


def test_a_signature_names_its_signer(keys, signers):
    signature = sign(STATEMENT, keys[0])
    assert signature.startswith(b"-----BEGIN SSH SIGNATURE-----")
    assert check_signature(STATEMENT, signature, signers) == "jane@example.org"


def test_equal_statements_have_equal_signatures(keys):
    assert sign(STATEMENT, keys[0]) == sign(STATEMENT, keys[0])


def test_another_statement_is_refused(keys, signers):
    signature = sign(STATEMENT, keys[0])
    with pytest.raises(SignatureError, match="changed, added or removed after signing"):
        check_signature(STATEMENT.replace(b"ab", b"ac"), signature, signers)


def test_a_foreign_key_is_refused(keys, signers):
    with pytest.raises(SignatureError, match="lists no key that made this signature"):
        check_signature(STATEMENT, sign(STATEMENT, keys[1]), signers)


def test_a_signature_for_another_purpose_is_refused(keys, signers):
    signature = subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-f", keys[0], "-n", "git"],
        input=STATEMENT,
        capture_output=True,
        check=True,
    ).stdout
    with pytest.raises(SignatureError, match="another purpose"):
        check_signature(STATEMENT, signature, signers)


def test_a_damaged_signature_is_refused(signers):
    with pytest.raises(HistopressError):
        check_signature(STATEMENT, b"no signature", signers)


def test_a_missing_key_is_named(tmp_path):
    with pytest.raises(HistopressError, match="absent: no such key"):
        sign(STATEMENT, tmp_path / "absent")


def test_a_file_that_is_no_key_is_named(tmp_path):
    (tmp_path / "text").write_text("no key")
    with pytest.raises(HistopressError, match="text: cannot sign with this key"):
        sign(STATEMENT, tmp_path / "text")


def test_a_missing_list_of_signers_is_named(keys, tmp_path):
    with pytest.raises(HistopressError, match="lists who is trusted"):
        check_signature(STATEMENT, sign(STATEMENT, keys[0]), tmp_path / "absent")


def test_a_missing_program_is_named(keys):
    with pytest.raises(HistopressError, match="need OpenSSH"):
        sign(STATEMENT, keys[0], program="ssh-keygen-absent")
