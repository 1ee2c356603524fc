"""The variants setting is read strictly, and its faults are named."""

from __future__ import annotations

import json

import pytest

from leasehold_imaging import Variant, variants_from_json


def test_a_variant_needs_only_a_name_and_a_box() -> None:
    assert variants_from_json('[{"name": "320", "width": 320, "height": 200}]') == (
        Variant("320", 320, 200, fit="inside", format="webp", quality=80, animated=False, enlarge=False),
    )


def test_every_field_can_be_set() -> None:
    variant = Variant("big", 1600, 1200, "smart", "avif", 60, True, True)
    text = json.dumps(
        [
            {"name": "big", "width": 1600, "height": 1200, "fit": "smart", "format": "avif", "quality": 60,
             "animated": True, "enlarge": True}
        ]
    )  # fmt: skip
    assert variants_from_json(text) == (variant,)


def test_variants_keep_their_order() -> None:
    text = json.dumps([{"name": name, "width": 9, "height": 9} for name in ("b", "a", "c")])
    assert [variant.name for variant in variants_from_json(text)] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no JSON"),
        ("[" * 100_000, "nested too deeply|no JSON"),
        ("{}", "not a JSON list"),
        ("[]", "at least one"),
        ("[1]", "variant 1 is 1, not an object"),
        ('[{"name": "a", "width": 1, "height": 1, "colour": "red"}]', "unknown key 'colour'"),
        ('[{"name": "a", "width": 1}]', "variant 1 has no height"),
        ('[{"width": 1, "height": 1}]', "variant 1 has no name"),
        ('[{"name": "", "width": 1, "height": 1}]', "variant name ''"),
        ('[{"name": "../a", "width": 1, "height": 1}]', "variant name"),
        ('[{"name": "a\\n", "width": 1, "height": 1}]', "variant name"),
        ('[{"name": 320, "width": 1, "height": 1}]', "variant name 320"),
        ('[{"name": "a", "width": 0, "height": 1}]', "width is 0"),
        ('[{"name": "a", "width": 1, "height": 8193}]', "height is 8193"),
        ('[{"name": "a", "width": 1.5, "height": 1}]', "width is 1.5"),
        ('[{"name": "a", "width": true, "height": 1}]', "width is True"),
        ('[{"name": "a", "width": "1", "height": 1}]', "width is '1'"),
        ('[{"name": "a", "width": 1, "height": 1, "quality": 101}]', "quality is 101"),
        ('[{"name": "a", "width": 1, "height": 1, "fit": "stretch"}]', "fit is 'stretch'"),
        ('[{"name": "a", "width": 1, "height": 1, "fit": ["inside"]}]', "fit is"),
        ('[{"name": "a", "width": 1, "height": 1, "format": "gif"}]', "format is 'gif'"),
        ('[{"name": "a", "width": 1, "height": 1, "animated": 1}]', "animated is 1"),
        (
            '[{"name": "a", "width": 1, "height": 1, "animated": true, "format": "jpeg"}]',
            "jpeg can't be animated",
        ),
        ('[{"name": "a", "width": 1, "height": 1}, {"name": "a", "width": 2, "height": 2}]', "two variants"),
        (json.dumps([{"name": f"v{n}", "width": 1, "height": 1} for n in range(33)]), "33 variants"),
    ],
)
def test_a_fault_is_named(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        variants_from_json(text)
