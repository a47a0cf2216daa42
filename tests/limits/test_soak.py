"""What the soak says of a series."""

import pytest

from tests.faults.soak import verdict_on

pytestmark = pytest.mark.unit

MEBIBYTE = 2**20


def series(*values: float) -> list[tuple[float, float]]:
    return [(5.0 * n, value) for n, value in enumerate(values)]


def test_caches_that_fill_in_the_first_half_are_no_leak() -> None:
    seen = series(*(n * MEBIBYTE for n in range(100)), *[100 * MEBIBYTE] * 101)
    assert verdict_on("serve rss", seen).flat


def test_what_grows_to_the_end_is_one() -> None:
    verdict = verdict_on("serve rss", series(*((100 + n / 5) * MEBIBYTE for n in range(200))))
    assert not verdict.flat
    assert verdict.rise == pytest.approx(20 * MEBIBYTE, rel=0.05)


def test_a_descriptor_a_minute_is_seen() -> None:
    assert not verdict_on("relay descriptors", series(*(20 + n / 12 for n in range(360)))).flat


def test_what_goes_up_and_down_is_flat() -> None:
    assert verdict_on("project lag", series(*([0.0, 400.0] * 100))).flat
