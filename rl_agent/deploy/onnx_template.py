"""A network traced once, whose weights are then exchanged: tracing takes seconds each time."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import nn

from .export import trace_to_onnx


class OnnxTemplate:
    """Stands in for `trace_to_onnx` where versions of one and the same network follow each other.

    Constants that tracing folded out of weights would stay those of the first version; the
    comparison with torch, which every export makes, would then refuse the file.
    """

    def __init__(self, model: bytes | None = None) -> None:
        """Begin; `model` is an ONNX file of the same network, traced by an earlier process."""
        self.is_borrowed = model is not None
        """Whether an earlier process has traced it: perhaps it was another network."""
        self._data = model
        self._model: Any = None

    def trace(self, policy: nn.Module, obs_dim: int) -> None:
        """Do now what would make the first version late, unless it is done."""
        if self._data is None:
            self._data = trace_to_onnx(policy, obs_dim, {})

    def __call__(self, policy: nn.Module, obs_dim: int, metadata: dict[str, str]) -> bytes:
        """Return the ONNX file of obs (batch, obs_dim) -> mean, log_std, weights inside."""
        import onnx

        self.trace(policy, obs_dim)
        if self._model is None:
            self._model = onnx.load_from_string(self._data)
        weights = policy.state_dict()
        for initializer in self._model.graph.initializer:
            if initializer.name in weights:
                array = np.ascontiguousarray(weights[initializer.name].numpy())
                renewed = onnx.numpy_helper.from_array(array, initializer.name)
                initializer.CopyFrom(renewed)
        del self._model.metadata_props[:]
        onnx.helper.set_model_props(self._model, metadata)
        return bytes(self._model.SerializeToString())
