"""Nested states to JSON and arrays, and back: numbers bit by bit, and no pickle.

Arrays leave the tree and stand in a flat table under their path; everything else must be JSON.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_ARRAY = "__array__"
_JSON_TYPES = (str, bool, int, float, type(None))

Arrays = dict[str, NDArray[Any]]


def encode_state(value: Any, path: str, arrays: Arrays) -> Any:
    """Return `value` as a JSON tree; its arrays go into `arrays`, named after `path`.

    Raises:
        TypeError: Something is neither; names where it stands.
    """
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biuf":
            raise TypeError(f"{path}: arrays of {value.dtype} can't be stored")
        arrays[path] = np.array(value, order="C")
        return {_ARRAY: path}
    if isinstance(value, np.generic):
        return encode_state(value.item(), path, arrays)
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value) or _ARRAY in value:
            raise TypeError(f"{path}: keys must be strings other than {_ARRAY}")
        return {key: encode_state(part, f"{path}/{key}", arrays) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [encode_state(part, f"{path}/{i}", arrays) for i, part in enumerate(value)]
    # An enumeration is a str or int too, and comes back as that.
    if isinstance(value, _JSON_TYPES):
        return value
    raise TypeError(f"{path}: {type(value).__name__} can't be stored")


def decode_state(tree: Any, arrays: Arrays) -> Any:
    """Return what `encode_state` was given; tuples come back as lists."""
    if isinstance(tree, dict):
        if _ARRAY in tree:
            return arrays[tree[_ARRAY]]
        return {key: decode_state(part, arrays) for key, part in tree.items()}
    if isinstance(tree, list):
        return [decode_state(part, arrays) for part in tree]
    return tree
