"""Texts of strangers: a value or a ValueError, within bounds."""

import pytest

from tasks.domain.untrusted.decoding import MOST_NODES, from_json, from_yaml


def test_yaml_with_aliases_is_what_yaml_says() -> None:
    assert from_yaml("a: &a {x: 1}\nb:\n  <<: *a\nc: [*a, *a]\n") == {
        "a": {"x": 1},
        "b": {"x": 1},
        "c": [{"x": 1}, {"x": 1}],
    }
    assert from_yaml("") is None


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "a: &a [*a]", "a: [", "- 2024-99-99", "? [a]\n: b", "!!python/none x", "\x00"],
)
def test_yaml_that_cannot_be_read_is_a_value_error_on_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        from_yaml(text)


def test_a_list_longer_than_any_is_counted_not_built() -> None:
    lines = ["a0: &a0 [" + "x," * 100 + "]"]
    lines += [f"a{n}: &a{n} [" + f"*a{n - 1}," * 100 + "]" for n in range(1, 40)]
    with pytest.raises(ValueError, match=f"more than {MOST_NODES} values"):
        from_yaml("\n".join(lines))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '"\\ud800"', "{", "9" * 9999])
def test_json_that_cannot_be_read_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="line 1 column"):
        from_json(text)
