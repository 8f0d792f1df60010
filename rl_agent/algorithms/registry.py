"""Algorithms by name. A new one is one file and one line here; a user's own is `module:Class`.

Reading settings needs no PyTorch: it is imported where an agent is made.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from rl_agent.exceptions import Problem, ProblemsError
from rl_agent.robots.profile import nearest

from .agent_config import AgentConfig
from .bro_config import BroConfig
from .crossq_config import CrossQConfig
from .flash_sac_config import FlashSacConfig
from .mpo_config import MpoConfig
from .sac_config import SacConfig
from .simba_v2_config import SimbaV2Config
from .td3_config import DdpgConfig, Td3Config
from .tqc_config import TqcConfig
from .xqc_config import XqcConfig

if TYPE_CHECKING:
    from .agent import Agent


class Algorithm(NamedTuple):
    """Where an algorithm is, and what its settings are read into."""

    path: str
    """`module:Class`."""
    config_class: type[AgentConfig]


ALGORITHMS = {
    "bro": Algorithm("rl_agent.algorithms.bro:Bro", BroConfig),
    "crossq": Algorithm("rl_agent.algorithms.crossq:CrossQ", CrossQConfig),
    "ddpg": Algorithm("rl_agent.algorithms.td3:Ddpg", DdpgConfig),
    "flash_sac": Algorithm("rl_agent.algorithms.flash_sac:FlashSac", FlashSacConfig),
    "mpo": Algorithm("rl_agent.algorithms.mpo:Mpo", MpoConfig),
    "sac": Algorithm("rl_agent.algorithms.sac:Sac", SacConfig),
    "simba_v2": Algorithm("rl_agent.algorithms.simba_v2:SimbaV2", SimbaV2Config),
    "tqc": Algorithm("rl_agent.algorithms.tqc:Tqc", TqcConfig),
    "td3": Algorithm("rl_agent.algorithms.td3:Td3", Td3Config),
    "xqc": Algorithm("rl_agent.algorithms.xqc:Xqc", XqcConfig),
}


def make_agent(name: str, obs_dim: int, act_dim: int, config: AgentConfig, seed: int) -> Agent:
    """Return a fresh agent.

    Raises:
        ProblemsError: There is no such algorithm.
    """
    known = ALGORITHMS.get(name)
    return _find(name, known.path if known else name)(obs_dim, act_dim, config, seed)


def config_class(name: str) -> type[AgentConfig]:
    """Return what an algorithm's settings are read into.

    Raises:
        ProblemsError: There is no such algorithm.
    """
    known = ALGORITHMS.get(name)
    return known.config_class if known else _find(name, name).config_class


def _find(name: str, path: str) -> type[Agent]:
    module_name, _, class_name = path.partition(":")
    if not class_name:
        known = ", ".join(ALGORITHMS)
        message = f"no such algorithm{nearest(name, ALGORITHMS)}; known: {known}, or module:Class"
        raise ProblemsError(name, [Problem("algo", message)])
    from .agent import Agent

    try:
        agent_class = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise ProblemsError(name, [Problem("algo", f"cannot be imported: {error}")]) from error
    if not (isinstance(agent_class, type) and issubclass(agent_class, Agent)):
        raise ProblemsError(name, [Problem("algo", "is not an Agent class")])
    return agent_class
