"""Algorithms by name. A new one is one file and one line here; a user's own is `module:Class`."""

from __future__ import annotations

from importlib import import_module

from rl_agent.exceptions import Problem, ProblemsError
from rl_agent.robots.profile import nearest

from .agent import Agent
from .sac_config import SacConfig

ALGORITHMS = {"sac": "rl_agent.algorithms.sac:Sac"}


def make_agent(name: str, obs_dim: int, act_dim: int, config: SacConfig, seed: int) -> Agent:
    """Return a fresh agent.

    Raises:
        ProblemsError: There is no such algorithm.
    """
    module_name, _, class_name = ALGORITHMS.get(name, name).partition(":")
    known = ", ".join(ALGORITHMS)
    if not class_name:
        message = f"no such algorithm{nearest(name, ALGORITHMS)}; known: {known}, or module:Class"
        raise ProblemsError(name, [Problem("algo", message)])
    try:
        agent_class = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise ProblemsError(name, [Problem("algo", f"cannot be imported: {error}")]) from error
    if not (isinstance(agent_class, type) and issubclass(agent_class, Agent)):
        raise ProblemsError(name, [Problem("algo", "is not an Agent class")])
    return agent_class(obs_dim, act_dim, config, seed)
