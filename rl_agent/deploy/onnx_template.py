"""A network traced once, whose weights are then exchanged: tracing takes a second each time."""

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

    def __init__(self) -> None:
        self._model: Any = None
        self._obs_dim = 0

    def __call__(self, policy: nn.Module, obs_dim: int, metadata: dict[str, str]) -> bytes:
        """Return the ONNX file of obs (batch, obs_dim) -> mean, log_std, weights inside."""
        import onnx

        if self._model is None or obs_dim != self._obs_dim:
            data = trace_to_onnx(policy, obs_dim, metadata)
            self._model, self._obs_dim = onnx.load_from_string(data), obs_dim
            return data
        weights = policy.state_dict()
        for initializer in self._model.graph.initializer:
            if initializer.name in weights:
                array = np.ascontiguousarray(weights[initializer.name].numpy())
                renewed = onnx.numpy_helper.from_array(array, initializer.name)
                initializer.CopyFrom(renewed)
        del self._model.metadata_props[:]
        onnx.helper.set_model_props(self._model, metadata)
        return bytes(self._model.SerializeToString())
