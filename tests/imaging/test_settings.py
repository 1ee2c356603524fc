"""Variants and limits come from the environment, with defaults for what it leaves out."""

from __future__ import annotations

import pytest

from leasehold_imaging import Limits, Variant
from leasehold_imaging.settings import variants_and_limits_from_env


def test_an_empty_environment_means_the_defaults() -> None:
    variants, limits = variants_and_limits_from_env({})
    assert variants == (Variant("320", 320, 320, "inside", "webp", 80),)
    assert limits.max_pixels == 100_000_000
    assert limits.max_bytes == 50 * 1024 * 1024
    assert limits.max_seconds == 30
    assert limits == Limits()


def test_an_empty_value_means_the_default_too() -> None:
    names = ("VARIANTS", "MAX_MEGAPIXELS", "MAX_MIB", "MAX_SECONDS", "MAX_MEMORY_MIB")
    assert variants_and_limits_from_env({f"THUMBNAIL_{name}": " " for name in names}) == (
        variants_and_limits_from_env({})
    )


def test_each_setting_is_read_in_its_unit() -> None:
    variants, limits = variants_and_limits_from_env(
        {
            "THUMBNAIL_VARIANTS": '[{"name": "s", "width": 64, "height": 48}]',
            "THUMBNAIL_MAX_MEGAPIXELS": "2.5",
            "THUMBNAIL_MAX_MIB": "3",
            "THUMBNAIL_MAX_SECONDS": "0.5",
            "THUMBNAIL_MAX_MEMORY_MIB": "256",
        }
    )
    assert variants == (Variant("s", 64, 48),)
    assert limits == Limits(2_500_000, 3 * 1024 * 1024, 0.5, 256 * 1024 * 1024)


@pytest.mark.parametrize(("size", "left"), [("1792", 1536), ("1024", 768), ("256", 64), ("10240", 9984)])
def test_a_picture_may_take_what_the_function_can_spare(size: str, left: int) -> None:
    _, limits = variants_and_limits_from_env({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": size})
    assert limits.max_memory == left * 1024 * 1024


@pytest.mark.parametrize("value", ["many", "0", "-1", "nan", "inf"])
@pytest.mark.parametrize("name", ["MEGAPIXELS", "MIB", "SECONDS", "MEMORY_MIB"])
def test_a_limit_that_is_no_number_above_0_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"THUMBNAIL_MAX_{name} is '{value}'"):
        variants_and_limits_from_env({f"THUMBNAIL_MAX_{name}": value})


def test_a_fault_in_the_variants_names_the_variable() -> None:
    with pytest.raises(ValueError, match="THUMBNAIL_VARIANTS: the variants are no JSON"):
        variants_and_limits_from_env({"THUMBNAIL_VARIANTS": "320x320"})
