import hashlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from histopress.audit.seal.merkle import (
    Leaf,
    Proof,
    inclusion_proof,
    is_included,
    manifest_text,
    merkle_root,
    root_statement,
)
from histopress.errors import StoreError


def make(count):
    return [
        Leaf(path=f"results/{at:03}.csv", sha256=hashlib.sha256(bytes([at])).hexdigest())
        for at in range(count)
    ]


def test_three_leaves_by_hand():
    a, b, c = make(3)
    hashes = [
        hashlib.sha256(b"\0" + x.path.encode() + b"\0" + bytes.fromhex(x.sha256)).digest()
        for x in (a, b, c)
    ]
    left = hashlib.sha256(b"\1" + hashes[0] + hashes[1]).digest()
    assert merkle_root([c, a, b]) == hashlib.sha256(b"\1" + left + hashes[2]).hexdigest()


def test_a_last_leaf_given_twice_is_not_a_longer_tree():
    # Trees that double the last leaf have the root of (a, b, c) for (a, b, c, c) too.
    leaves = make(3)
    copy = Leaf(path="results/003.csv", sha256=leaves[2].sha256)
    assert merkle_root(leaves) != merkle_root([*leaves, copy])


def test_a_node_is_no_leaf():
    first, second = make(2)
    assert first.digest() != second.digest()
    inner = merkle_root([first, second])
    assert merkle_root([Leaf(path="", sha256=inner)]) != inner


@given(st.integers(1, 40), st.data())
def test_every_leaf_is_proved_and_no_other(count, data):
    leaves = make(count)
    root = merkle_root(leaves)
    at = data.draw(st.integers(0, count - 1))
    proof = inclusion_proof(leaves, leaves[at].path)
    assert len(proof.siblings) <= (count - 1).bit_length()
    assert is_included(leaves[at], proof, root)
    forged = Leaf(path=leaves[at].path, sha256="0" * 64)
    assert not is_included(forged, proof, root)
    other = data.draw(st.integers(0, count))
    wrong = Proof(index=other, size=count, siblings=proof.siblings)
    assert is_included(leaves[at], wrong, root) == (other == at)
    longer = Proof(index=at, size=count, siblings=(*proof.siblings, "0" * 64))
    assert not is_included(leaves[at], longer, root)


def test_a_proof_does_not_pass_for_a_smaller_tree():
    leaves = make(4)
    proof = inclusion_proof(leaves, leaves[3].path)
    small = Proof(index=0, size=1, siblings=proof.siblings)
    assert not is_included(leaves[3], small, merkle_root(leaves))


@given(st.permutations(range(6)))
def test_order_does_not_matter(order):
    leaves = make(6)
    assert merkle_root([leaves[at] for at in order]) == merkle_root(leaves)


def test_any_change_changes_the_root():
    leaves = make(5)
    roots = {merkle_root(leaves), merkle_root(leaves[:4]), merkle_root(make(6))}
    renamed = Leaf(path="results/renamed.csv", sha256=leaves[0].sha256)
    roots.add(merkle_root([renamed, *leaves[1:]]))
    assert len(roots) == 4


def test_the_statement_names_number_and_root():
    leaves = make(3)
    assert root_statement(leaves) == f"histopress-root/1\nleaves 3\nroot {merkle_root(leaves)}\n"


def test_nothing_to_prove_for_a_foreign_file():
    with pytest.raises(StoreError, match="nothing to prove"):
        inclusion_proof(make(2), "results/other.csv")


def test_sha256sum_reads_the_manifest(tmp_path):
    leaves = []
    for name in ("plain.txt", "back\\slash.txt", "line\nfeed.txt"):
        (tmp_path / name).write_text(name)
        leaves.append(Leaf(path=name, sha256=hashlib.sha256(name.encode()).hexdigest()))
    (tmp_path / "SHA256SUMS").write_text(manifest_text(leaves))
    try:
        done = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path, check=False)
    except FileNotFoundError:
        pytest.skip("no sha256sum on this machine")
    assert done.returncode == 0
