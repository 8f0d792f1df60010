"""Look into an ONNX file without loading it: external data, foreign operators, control flow, NaN.

ONNX Runtime opens files that a model names (external data) while it loads it. This walk over the
protobuf needs no `onnx` package on the robot and follows fields that can hold tensors or graphs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rl_agent.exceptions import BundleError

# message -> {field number: message}, from onnx.proto
_CHILDREN: dict[str, dict[int, str]] = {
    "Model": {7: "Graph", 8: "OperatorSet", 25: "Function"},
    "Graph": {1: "Node", 5: "Tensor", 15: "SparseTensor"},
    "Function": {7: "Node", 9: "OperatorSet", 11: "Attribute"},
    "Node": {5: "Attribute"},
    "Attribute": {
        5: "Tensor",
        6: "Graph",
        10: "Tensor",
        11: "Graph",
        22: "SparseTensor",
        23: "SparseTensor",
    },
    "SparseTensor": {1: "Tensor", 2: "Tensor"},
    "Tensor": {},
    "OperatorSet": {},
}
_NODE_OP_TYPE, _NODE_DOMAIN = 4, 7
_TENSOR_EXTERNAL_DATA, _TENSOR_DATA_LOCATION = 13, 14
_TENSOR_DATA_TYPE = 2
# Field of float_data, double_data and raw_data -> how its bytes are read; the last by data type.
_TENSOR_NUMBERS = {4: "<f4", 10: "<f8"}
_TENSOR_RAW_DATA, _RAW_NUMBERS = 9, {1: "<f4", 10: "<f2", 11: "<f8"}
_OPERATOR_SET_DOMAIN, _OPERATOR_SET_VERSION = 1, 2
_STANDARD_DOMAINS = ("", "ai.onnx")
# A policy that may loop has no bounded time; one that branches has no one latency.
_CONTROL_FLOW = ("Loop", "Scan", "If", "SequenceMap")
OPSETS = range(13, 24)
_MAX_DEPTH = 12


def scan_model(data: bytes, source: str) -> None:
    """Refuse a model that reads other files, uses foreign operators or control flow, or holds NaN.

    A weight that is NaN need not show in the outputs: what limits them may turn it into a number.

    Raises:
        BundleError: Names what was found; also for bytes that are not an ONNX model.
    """
    try:
        problem = next(_walk(memoryview(data), "Model", 0), "")
    except (IndexError, ValueError) as error:
        raise BundleError(f"{source}: expected an ONNX model, found damaged data") from error
    if problem:
        raise BundleError(f"{source}: {problem}")


def _walk(message: memoryview, kind: str, depth: int) -> Iterator[str]:
    """Yield what is wrong with a message and everything inside it."""
    if depth > _MAX_DEPTH:
        yield f"expected at most {_MAX_DEPTH} nested levels, found more"
        return
    domain, version = "", 0
    for field, value in _fields(message):
        if kind == "OperatorSet" and field == _OPERATOR_SET_DOMAIN:
            domain = _text(value)
        elif kind == "OperatorSet" and field == _OPERATOR_SET_VERSION and isinstance(value, int):
            version = value
        else:
            yield from _field_problems(kind, field, value)
        child = _CHILDREN[kind].get(field)
        if child is not None and isinstance(value, memoryview):
            yield from _walk(value, child, depth + 1)
    if kind == "Tensor" and _holds_nan(message):
        yield "expected weights that are numbers, found NaN: the weights diverged in training"
    if kind == "OperatorSet" and domain in _STANDARD_DOMAINS and version not in OPSETS:
        yield f"expected an opset from {OPSETS.start} to {OPSETS.stop - 1}, found {version}"


def _field_problems(kind: str, field: int, value: memoryview | int) -> Iterator[str]:
    if kind == "Tensor" and field == _TENSOR_EXTERNAL_DATA:
        yield f"expected all weights inside the file, found external data ({_location(value)})"
    elif kind == "Tensor" and field == _TENSOR_DATA_LOCATION and value != 0:
        yield "expected all weights inside the file, found external data"
    elif kind == "Node" and field == _NODE_DOMAIN and _text(value) not in _STANDARD_DOMAINS:
        yield f"expected standard ONNX operators, found one of {_text(value)!r:.60}"
    elif kind == "Node" and field == _NODE_OP_TYPE and _text(value) in _CONTROL_FLOW:
        yield f"expected a plain network, found the control-flow operator {_text(value)}"


def _holds_nan(tensor: memoryview) -> bool:
    """Tell whether any of a tensor's floating-point numbers is NaN."""
    fields = list(_fields(tensor))
    data_type = next((value for field, value in fields if field == _TENSOR_DATA_TYPE), 0)
    raw = _RAW_NUMBERS.get(data_type) if isinstance(data_type, int) else None
    kinds = _TENSOR_NUMBERS | ({_TENSOR_RAW_DATA: raw} if raw else {})
    parts = [(value, kinds[field]) for field, value in fields if field in kinds]
    # Integers are varints, which no floating-point field has: not ours to read.
    return any(
        bool(np.isnan(np.frombuffer(value, dtype=kind)).any())
        for value, kind in parts
        if isinstance(value, memoryview)
    )


def _location(entry: memoryview | int) -> str:
    """Return the key and value of a StringStringEntry, for the message."""
    if isinstance(entry, int):
        return "?"
    return "=".join(_text(value)[:80] for _, value in _fields(entry))


def _text(value: memoryview | int) -> str:
    return "?" if isinstance(value, int) else bytes(value).decode("utf-8", errors="replace")


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Yield (field number, bytes or integer) of a protobuf message; IndexError where it is cut."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        wire_type = key & 7
        if wire_type == 0:
            value, place = _varint(message, place)
            yield key >> 3, value
            continue
        if wire_type == 2:
            size, place = _varint(message, place)
        elif wire_type in (1, 5):
            size = 8 if wire_type == 1 else 4
        else:
            raise ValueError(f"wire type {wire_type}")
        if place + size > len(message):
            raise IndexError("cut")
        yield key >> 3, message[place : place + size]
        place += size


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("varint too long")
