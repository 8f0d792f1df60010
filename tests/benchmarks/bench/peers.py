"""Stable-Baselines3's and sbx's SAC on experience that is given, two hidden layers of 256."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

from rl_agent.data.batch import Batch
from rl_agent.learning.matrix_product import pytorchs_choice

from .update_rates import ACT_DIM, BATCH_SIZE, NUM_ROWS, OBS_DIM


class NeverStepped(gym.Env):
    """Only its spaces are looked at."""

    observation_space = gym.spaces.Box(-np.inf, np.inf, (OBS_DIM,), np.float32)
    action_space = gym.spaces.Box(-1.0, 1.0, (ACT_DIM,), np.float32)


def stable_baselines3(rows: Batch, seed: int) -> Callable[[int], None]:
    """Return what takes updates of Stable-Baselines3's SAC.

    Raises:
        ImportError: It is not installed.
    """
    from stable_baselines3 import SAC

    network = {"net_arch": [256, 256]}
    model = _filled(SAC("MlpPolicy", NeverStepped(), policy_kwargs=network, **_common(seed)), rows)

    def take(count: int) -> None:
        with pytorchs_choice():
            model.train(gradient_steps=count, batch_size=BATCH_SIZE)

    return take


def sbx(
    rows: Batch, seed: int, *, scan: int = 1, policy_delay: int = 1, **network: Any
) -> Callable[[int], None]:
    """Return what takes updates of sbx's SAC, `scan` of them in one call of its program.

    Args:
        rows: The experience.
        seed: Of networks and draws.
        scan: Updates per call; `take` wants a multiple of it.
        policy_delay: Critic updates per actor update.
        network: Of its policy, `n_critics`, `layer_norm` and `dropout_rate` among others.

    Raises:
        ImportError: It is not installed.
    """
    # One thread, like everybody here; read when jax is imported.
    flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ.setdefault("XLA_FLAGS", flags)
    from sbx import SAC

    network = {"net_arch": [256, 256], **network}
    model = SAC(
        "MlpPolicy",
        NeverStepped(),
        policy_kwargs=network,
        policy_delay=policy_delay,
        **_common(seed),
    )
    _filled(model, rows)

    def take(count: int) -> None:
        for _ in range(count // scan):
            model.train(gradient_steps=scan, batch_size=BATCH_SIZE)

    return take


def _common(seed: int) -> dict[str, Any]:
    return {"batch_size": BATCH_SIZE, "buffer_size": NUM_ROWS, "seed": seed, "device": "cpu"}


def _filled(model: Any, rows: Batch) -> Any:
    from stable_baselines3.common.logger import Logger

    model.set_logger(Logger(None, []))
    for i in range(NUM_ROWS):
        model.replay_buffer.add(
            rows.obs[i][None],
            rows.next_obs[i][None],
            rows.action[i][None],
            rows.reward[i][None],
            np.zeros(1),
            [{}],
        )
    return model
