"""Seeds of a graph's nodes: no session, no robot and no process started again repeats draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .graph import NodeSpec

_BITS = 31
"""As many as the nodes' parameter takes."""


def derive_seed(seed: int, *keys: int) -> int:
    """Return the seed in [0, 2**31) that belongs to `seed` and the keys, all >= 0.

    The same ones always give the same; others share nothing that could be noticed.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=keys)
    return int(sequence.generate_state(1, np.uint32)[0]) >> (32 - _BITS)


def for_start(spec: NodeSpec, num_before: int) -> NodeSpec:
    """Return a node as it is to be started, after so many starts before in the same graph."""
    seed = spec.parameters.get("seed")
    if num_before == 0 or not isinstance(seed, int):
        return spec
    return replace(spec, parameters={**spec.parameters, "seed": derive_seed(seed, num_before)})
