"""What a sweep varies where nothing was said, around an algorithm's own defaults."""

from __future__ import annotations

from rl_agent.algorithms.agent_config import AgentConfig

from .space import Choices, Range, Space

WITHOUT_TARGETS = ("crossq",)
"""Their critics have no target networks, and so no tau."""
RATE_FACTOR = 5.0
"""Learning rates are tried up to this many times their default, and down to that part of it."""


def default_space(algo: str, config: AgentConfig) -> Space:
    """Return a space of at most seven dimensions; twenty trials cannot tell more apart.

    Args:
        algo: The algorithm's name.
        config: Its settings, in the middle of the space.
    """
    space: Space = {
        "agent.actor_learning_rate": _around(config.actor_learning_rate),
        "agent.critic_learning_rate": _around(config.critic_learning_rate),
        "agent.gamma": Choices(choices=(0.95, 0.98, 0.99, 0.995)),
        "agent.utd_ratio": Choices(choices=(1.0, 2.0, 4.0)),
        "agent.batch_size": Choices(choices=(64, 128, 256)),
        "agent.critic_hidden_dims": Choices(choices=_widths(config.critic_hidden_dims)),
    }
    if algo not in WITHOUT_TARGETS:
        space["agent.tau"] = Range(low=0.002, high=0.05, log=True)
    return space


def _around(rate: float) -> Range:
    return Range(low=rate / RATE_FACTOR, high=rate * RATE_FACTOR, log=True)


def _widths(dims: tuple[int, ...]) -> tuple[list[int], ...]:
    halved = [max(1, dim // 2) for dim in dims]
    return halved, list(dims), [2 * dim for dim in dims]
