"""The tree over productions' chains, held to the published vectors of certificate transparency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.audit.merkle import leaf, path, root, root_above
from tests.audit.rfc6962 import plain_leaf, plain_root

pytestmark = pytest.mark.unit

LEAVES = [
    b"",
    b"\x00",
    b"\x10",
    bytes.fromhex("2021"),
    bytes.fromhex("3031"),
    bytes.fromhex("40414243"),
    bytes.fromhex("5051525354555657"),
    bytes.fromhex("606162636465666768696a6b6c6d6e6f"),
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_that_certificate_transparency_publishes(size: int) -> None:
    assert root([plain_leaf(data) for data in LEAVES[:size]]).hex() == ROOTS[size]


def test_a_leaf_is_production_position_and_last_hash() -> None:
    production = "00010203-0405-0607-0809-0a0b0c0d0e0f"
    data = bytes(range(16)) + b"\x00\x00\x00\x00\x00\x00\x01\x02" + b"\xaa" * 32
    assert leaf(production, 258, b"\xaa" * 32) == plain_leaf(data)


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=80))
def test_the_root_is_that_of_the_recursive_definition(leaves: list[bytes]) -> None:
    assert root(leaves) == plain_root(leaves)


@pytest.mark.parametrize("size", range(1, 34))
def test_every_leaf_is_proven_by_its_path_and_by_no_other(size: int) -> None:
    leaves = [plain_leaf(bytes([number])) for number in range(size)]
    for index in range(size):
        proof = path(leaves, index)
        assert root_above(leaves[index], index, size, proof) == root(leaves)
        assert root_above(plain_leaf(b"another"), index, size, proof) != root(leaves)
        with pytest.raises(ValueError, match="too long"):
            root_above(leaves[index], index, size, [*proof, leaves[0]])
        if proof:
            with pytest.raises(ValueError, match="too short"):
                root_above(leaves[index], index, size, proof[:-1])


def test_a_leaf_that_is_not_there_has_no_path() -> None:
    with pytest.raises(IndexError, match="no leaf 2 among 2"):
        path([bytes(32), bytes(32)], 2)
    with pytest.raises(ValueError, match="no leaf 2 among 2"):
        root_above(bytes(32), 2, 2, [])
