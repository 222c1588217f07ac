"""One digest for all that a project has recorded.

Who notes the root elsewhere, or signs it, can later show that no result and no record was
changed, removed or added, even by somebody who rewrites results and records together. The tree is
that of RFC 6962, section 2: leaves and nodes are hashed in different domains, so that no node can
be passed off as a leaf, and no leaf is doubled to fill a level.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from histopress.errors import StoreError

LEAF = b"\x00"
NODE = b"\x01"
STATEMENT = "histopress-root/1"


@dataclass(frozen=True, kw_only=True, order=True, slots=True)
class Leaf:
    """One file that is vouched for.

    Attributes
    ----------
    path : str
        Relative to the project.
    sha256 : str
        Digest of the bytes, 64 hexadecimal digits.
    """

    path: str
    sha256: str

    def digest(self) -> bytes:
        """Hash of the leaf; the path is ended by a NUL, which no path can hold."""
        # A file's name need not be text.
        name = self.path.encode(errors="surrogateescape")
        return hashlib.sha256(LEAF + name + b"\x00" + bytes.fromhex(self.sha256)).digest()


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What shows that a leaf is in a tree, without the other leaves.

    Attributes
    ----------
    index : int
        Place of the leaf among the sorted leaves.
    size : int
        Number of leaves.
    siblings : tuple of str
        Hashes beside the way from the leaf up to the root, 64 hexadecimal digits each; at most
        ``ceil(log2(size))``.
    """

    index: int
    size: int
    siblings: tuple[str, ...]


def merkle_root(leaves: Iterable[Leaf]) -> str:
    """Root of the tree over ``leaves``, in whatever order they come, as hexadecimal digits.

    Examples
    --------
    >>> merkle_root([])[:16]
    'e3b0c44298fc1c14'
    """
    return _root([leaf.digest() for leaf in _ordered(leaves)]).hex()


def inclusion_proof(leaves: Iterable[Leaf], path: str) -> Proof:
    """Prove that the file at ``path`` is among ``leaves``.

    Raises
    ------
    StoreError
        No leaf has this path.
    """
    ordered = _ordered(leaves)
    index = next((at for at, leaf in enumerate(ordered) if leaf.path == path), None)
    if index is None:
        raise StoreError(f"{path}: is neither a recorded output nor a record; nothing to prove")
    siblings = _siblings(index, [leaf.digest() for leaf in ordered])
    return Proof(
        index=index, size=len(ordered), siblings=tuple(sibling.hex() for sibling in siblings)
    )


def is_included(leaf: Leaf, proof: Proof, root: str) -> bool:
    """Whether ``proof`` leads from ``leaf`` to ``root`` (RFC 9162, section 2.1.3.2)."""
    if not 0 <= proof.index < proof.size:
        return False
    at, last, digest = proof.index, proof.size - 1, leaf.digest()
    for sibling in map(bytes.fromhex, proof.siblings):
        if last == 0:
            return False
        if at % 2 or at == last:
            digest = _node(sibling, digest)
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            digest = _node(digest, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and digest.hex() == root


def root_statement(leaves: Sequence[Leaf]) -> str:
    """Write what is signed: the kind of statement, the number of leaves and their root."""
    return f"{STATEMENT}\nleaves {len(leaves)}\nroot {merkle_root(leaves)}\n"


def manifest_text(leaves: Iterable[Leaf]) -> str:
    """List the leaves as ``sha256sum --check`` reads them.

    Paths with a line feed or a backslash are escaped as that program does.
    """
    lines = []
    for leaf in _ordered(leaves):
        escaped = leaf.path.replace("\\", "\\\\").replace("\n", "\\n")
        mark = "\\" if escaped != leaf.path else ""
        lines.append(f"{mark}{leaf.sha256}  {escaped}\n")
    return "".join(lines)


def _ordered(leaves: Iterable[Leaf]) -> list[Leaf]:
    return sorted(set(leaves))


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(NODE + left + right).digest()


def _split(size: int) -> int:
    """Largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def _root(digests: Sequence[bytes]) -> bytes:
    if not digests:
        return hashlib.sha256().digest()
    if len(digests) == 1:
        return digests[0]
    half = _split(len(digests))
    return _node(_root(digests[:half]), _root(digests[half:]))


def _siblings(index: int, digests: Sequence[bytes]) -> list[bytes]:
    if len(digests) == 1:
        return []
    half = _split(len(digests))
    if index < half:
        return [*_siblings(index, digests[:half]), _root(digests[half:])]
    return [*_siblings(index - half, digests[half:]), _root(digests[:half])]
