"""What a hot swap asks of a policy: a name, golden vectors, and the Gaussian before the tanh."""

from __future__ import annotations

from typing import Protocol

from rl_agent.types import FloatArray

from .manifest import Golden

Gaussian = tuple[FloatArray, FloatArray]
"""mean and log_std, (act_dim,) each, before the tanh."""


class ActingPolicy(Protocol):
    """One verified version. `OnnxPolicy` is one; so is anything small in a test."""

    @property
    def policy_version(self) -> int:
        """Rises from version to version."""
        ...

    @property
    def bundle_hash(self) -> str:
        """Identity for logs."""
        ...

    @property
    def golden(self) -> Golden:
        """Inputs, and the outputs that were verified for them."""
        ...

    def mean_log_std(self, obs: FloatArray) -> Gaussian | None:
        """Return mean and log_std (act_dim,) for an observation (obs_dim,), or None.

        Never raises. None says that this observation must not be acted on.
        """
        ...
