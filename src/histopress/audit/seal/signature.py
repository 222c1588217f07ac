"""Signatures by SSH keys, made and checked by OpenSSH's ``ssh-keygen -Y`` (8.0 or later).

Digests alone show damage, not forgery: whoever can rewrite a result can rewrite its record too. A
signature binds a statement to a person's key. The namespace keeps a signature that was given for
something else, such as a git commit, from passing for one of ours.
"""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from histopress.errors import HistopressError, SignatureError

NAMESPACE = "histopress"
PROGRAM = "ssh-keygen"
SUFFIX = ".sig"
"""As the program names a signature, so that it can be checked by hand too."""


def sign(statement: bytes, key: Path, *, program: str = PROGRAM) -> bytes:
    """Sign ``statement``.

    Parameters
    ----------
    statement : bytes
        What is vouched for, as :func:`histopress.audit.seal.merkle.root_statement` writes it.
    key : Path
        A private SSH key, or the public half of a key that an agent holds.
    program : str
        The program to run.

    Returns
    -------
    bytes
        An armoured SSH signature. Ed25519 and RSA keys sign equal statements with equal bytes;
        ECDSA keys do not.

    Raises
    ------
    HistopressError
        The program is missing, or the key cannot sign.
    """
    if not key.is_file():
        raise HistopressError(
            f"{key}: no such key; give a private SSH key, or make one: "
            f"ssh-keygen -t ed25519 -f {key}"
        )
    done = _call([program, "-Y", "sign", "-f", str(key), "-n", NAMESPACE], statement)
    if done.returncode:
        raise HistopressError(f"{key}: cannot sign with this key ({_reason(done)})")
    return done.stdout


def check_signature(
    statement: bytes, signature: bytes, signers: Path, *, program: str = PROGRAM
) -> str:
    """Check who signed ``statement``.

    Parameters
    ----------
    statement : bytes
        What was signed; made anew from the files, not taken from the signer.
    signature : bytes
        What :func:`sign` returned.
    signers : Path
        The keys that are trusted, a line each: a name, ``namespaces="histopress"`` if the key may
        sign nothing else, and the public key (``ALLOWED SIGNERS`` in ``man ssh-keygen``).
    program : str
        The program to run.

    Returns
    -------
    str
        The name that ``signers`` gives to the key.

    Raises
    ------
    SignatureError
        No trusted key signed, or another statement was signed.
    HistopressError
        The program or a file is missing.
    """
    if not signers.is_file():
        raise HistopressError(
            f"{signers}: no such file; it lists who is trusted, a line each: NAME PUBLIC-KEY"
        )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "signature"
        place.write_bytes(signature)
        files = ["-s", str(place), "-f", str(signers)]
        found = _call([program, "-Y", "find-principals", *files], b"")
        names = found.stdout.decode(errors="replace").splitlines()
        if found.returncode or not names:
            raise SignatureError(
                f"{signers}: lists no key that made this signature ({_reason(found)}); "
                "add the signer's public key only if you know whose it is"
            )
        options = [*files, "-n", NAMESPACE, "-I", names[0]]
        checked = _call([program, "-Y", "verify", *options], statement)
    if checked.returncode:
        raise SignatureError(
            f"the signature is not by '{names[0]}' over these results ({_reason(checked)}): "
            "something was changed, added or removed after signing, or the key was used for "
            f"another purpose than '{NAMESPACE}'"
        )
    return names[0]


def _call(command: Sequence[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(list(command), input=given, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise HistopressError(
            f"{command[0]}: no such program; signatures need OpenSSH 8.0 or later "
            "(Debian: apt install openssh-client)"
        ) from error


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    """Last line that the program wrote, since the key's banner comes before it."""
    lines = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else f"exit status {done.returncode}"
