import json
from enum import StrEnum

import numpy as np
import pytest

from rl_agent.learning.state_codec import decode_state, encode_state


class Colour(StrEnum):
    RED = "red"


def round_trip(value):
    arrays = {}
    tree = json.loads(json.dumps(encode_state(value, "state", arrays)))
    return decode_state(tree, arrays)


def test_numbers_come_back_bit_by_bit():
    value = {"a": 0.1 + 0.2, "b": [1, None, True, "text", float("inf")], "c": {"d": 2**127 - 1}}
    assert round_trip(value) == value


def test_arrays_keep_type_shape_and_bits():
    arrays = {
        "double": np.array([0.1, -0.0, np.nan, 1e-310]),
        "float": np.float32([1 / 3]),
        "flags": np.array([True, False]),
        "words": np.array([2**64 - 1], dtype=np.uint64),
        "number": np.array(1.5),
        "turned": np.arange(6.0).reshape(2, 3).T,
        "empty": np.zeros((0, 2)),
    }
    back = round_trip(arrays)
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        assert back[name].shape == array.shape
        assert back[name].tobytes() == array.tobytes()


def test_a_generator_goes_on_where_it_was():
    rng = np.random.default_rng(3)
    rng.standard_normal(5)
    other = np.random.default_rng(0)
    other.bit_generator.state = round_trip(rng.bit_generator.state)
    assert np.array_equal(rng.integers(0, 10**9, 9), other.integers(0, 10**9, 9))


def test_numpy_scalars_tuples_and_enumerations_become_plain():
    assert round_trip({"a": np.float64(0.5), "b": (1, 2), "c": Colour.RED}) == {
        "a": 0.5,
        "b": [1, 2],
        "c": "red",
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": {"b": object()}}, "state/a/b: object"),
        ({"a": [0, {1, 2}]}, "state/a/1: set"),
        ({1: 2}, "keys must be strings"),
        ({"a": np.array(["x"])}, "state/a: arrays of <U1"),
    ],
)
def test_what_cannot_be_stored_is_named(value, words):
    with pytest.raises(TypeError, match=words):
        encode_state(value, "state", {})
