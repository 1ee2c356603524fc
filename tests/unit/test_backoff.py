"""The wait before a job runs again."""

import random
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leasehold.backoff import Backoff


@pytest.mark.parametrize(
    ("failures", "longest"), [(1, 10), (2, 20), (3, 40), (9, 2560), (10, 3600), (11, 3600), (10**9, 3600)]
)
def test_the_longest_wait_doubles_up_to_the_cap(failures: int, longest: float) -> None:
    assert Backoff(10, 3600).longest_wait(failures) == longest


def test_the_wait_is_drawn_from_the_upper_half() -> None:
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    assert Backoff(10, 3600).wait(3, draw) == 20
    assert drawn == [(20, 40)]


@given(
    base=st.floats(0, sys.float_info.max, allow_nan=False),
    cap=st.floats(0, sys.float_info.max, allow_nan=False),
    failures=st.integers(1, 10**30),
)
def test_any_base_cap_and_count_is_safe(base: float, cap: float, failures: int) -> None:
    backoff = Backoff(base, cap)
    wait = backoff.wait(failures, random.Random(1).uniform)
    longest = backoff.longest_wait(failures)
    assert longest / 2 <= wait <= longest <= cap


def test_waits_are_spread() -> None:
    waits = {Backoff(10, 3600).wait(5, random.Random(seed).uniform) for seed in range(50)}
    assert len(waits) == 50
