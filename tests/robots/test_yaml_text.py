import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rl_agent.exceptions import ProfileError
from rl_agent.robots.profile import ROBOTS_DIR, load_robot
from rl_agent.robots.yaml_text import YamlTextError, parse_yaml, read_text

SO101 = (ROBOTS_DIR / "so101.yaml").read_text()


def _nested(inner):
    return st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    _nested,
    max_leaves=20,
)
BOUND_S = 5.0
"""Hundreds of times what is usual: no exponent hides behind it."""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x [1]\nb: *x\n", "line 2: uses YAML aliases"),
        ("a: &x [*x]\n", "aliases"),
        ("[" * 100_000, "nested deeper than 20 levels"),
        ("{a: " * 30_000, "nested deeper"),
        ("- " * 60_000 + "1", "nested deeper"),
        ("a: 1\nb:\n  upper: 1\n  upper: 2\n", "line 4: upper is given twice"),
        ("a: 2001-99-99\n", "is not YAML"),
        ("a: " + "1" * 5000, "is not YAML"),
        ("a: 0b_\n", "is not YAML"),
        ("? [1]\n: 2\n", "is not YAML"),
        ("a: !!python/name:os.system\n", "is not YAML"),
        ("a: !mine 1\n", "is not YAML"),
        ("a: 1\n---\nb: 2\n", "is not YAML"),
        ("a: \0", "is not YAML"),
        ("\ud800", "is not YAML"),
    ],
)
def test_what_is_not_accepted_is_told(text, words):
    start_s = time.monotonic()
    with pytest.raises(YamlTextError, match=words):
        parse_yaml(text)
    assert time.monotonic() - start_s < BOUND_S


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_profile_or_a_named_error(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("fuzz") / "arm.yaml"
    path.write_bytes(data)
    with pytest.raises(ProfileError, match=r"arm\.yaml"):
        load_robot(path)


@given(st.text(alphabet="{}[]&*!|>:-?,'\"#% \n\tab01.~<=", max_size=120))
@settings(max_examples=300, deadline=None)
def test_any_text_of_yamls_own_signs_is_a_value_or_a_named_error(text):
    try:
        parse_yaml(text)
    except YamlTextError as error:
        assert error.where and error.message


@given(VALUES)
@settings(max_examples=100, deadline=None)
def test_plain_values_come_back(value):
    text = yaml.safe_dump(value)
    assert repr(parse_yaml(text)) == repr(yaml.safe_load(text))


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_value_in_any_place_of_a_profile_is_taken_or_named(tmp_path_factory, data):
    content = yaml.safe_load(SO101)
    place = data.draw(st.sampled_from(_places(content)))
    _put(content, place, data.draw(VALUES))
    path = tmp_path_factory.mktemp("fuzz") / "arm.yaml"
    path.write_text(yaml.safe_dump(content))
    try:
        spec = load_robot(path)
    except ProfileError as error:
        assert len(error.problems) >= 1 and len(str(error)) < 100_000
    else:
        assert spec.joints and spec.gate_hz >= 50.0


@given(place=st.integers(0, len(SO101) - 1), sign=st.characters())
@settings(max_examples=100, deadline=None)
def test_a_typing_mistake_anywhere_is_taken_or_named(tmp_path_factory, place, sign):
    path = tmp_path_factory.mktemp("fuzz") / "arm.yaml"
    text = SO101[:place] + sign + SO101[place + 1 :]
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        spec = load_robot(path)
    except ProfileError as error:
        assert "arm.yaml" in str(error)
    else:
        assert spec.name


@pytest.mark.parametrize(
    "text",
    [
        "joints: [" + "1, " * 60_000 + "1]",
        "\n".join(f"key_{i}: 1" for i in range(15_000)),
        "name: " + "x" * 190_000,
        "joints:\n" + "- {name: a, lowr: 1}\n" * 9_000,
    ],
)
def test_a_page_of_mistakes_takes_little_time_and_room(tmp_path, text):
    path = tmp_path / "arm.yaml"
    path.write_text(text)
    start_s = time.monotonic()
    with pytest.raises(ProfileError) as caught:
        load_robot(path)
    assert time.monotonic() - start_s < 2 * BOUND_S
    assert len(str(caught.value)) < 50_000


def test_no_more_than_the_bound_is_read_of_what_never_ends():
    with pytest.raises(YamlTextError, match="at most 200000 are read"):
        read_text(Path("/dev/zero"))


def test_a_path_that_is_none_is_told():
    with pytest.raises(ProfileError):
        load_robot("arms/a\0b.yaml")


def _places(value, place=()):
    found = [place] if place else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += _places(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += _places(inner, (*place, index))
    return found


def _put(content, place, value):
    for part in place[:-1]:
        content = content[part]
    content[place[-1]] = value
