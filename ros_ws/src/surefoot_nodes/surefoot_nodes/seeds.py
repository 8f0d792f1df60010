"""Seeds of a graph's nodes: no session and no robot repeats draws."""

from __future__ import annotations

import numpy as np

_BITS = 31
"""As many as the nodes' parameter takes."""


def derive_seed(seed: int, *keys: int) -> int:
    """Return the seed in [0, 2**31) that belongs to `seed` and the keys, all >= 0.

    The same ones always give the same; others share nothing that could be noticed.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=keys)
    return int(sequence.generate_state(1, np.uint32)[0]) >> (32 - _BITS)
