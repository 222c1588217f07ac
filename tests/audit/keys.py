"""Real SSH keys."""

import shutil
import subprocess

import pytest

needs_ssh_keygen = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="signatures need ssh-keygen"
)


def make_key(folder, name):
    """Make a key pair without a passphrase; gives the private half's file."""
    path = folder / name
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True
    )
    return path


def trust(folder, key, name="jane@example.org"):
    """Write the file of trusted signers with one key in it."""
    path = folder / "allowed_signers"
    public = key.with_suffix(".pub").read_text()
    path.write_text(f'{name} namespaces="histopress" {public}')
    return path
