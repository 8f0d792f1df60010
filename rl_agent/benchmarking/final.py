"""The last evaluation of a finished training: its newest policy, from fixed start states."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from math import isfinite
from typing import Any

import torch

from rl_agent.algorithms.agent import AgentState
from rl_agent.algorithms.registry import make_agent
from rl_agent.data.disk import write_durably
from rl_agent.exceptions import ReturnNotFiniteError
from rl_agent.learning.checkpoint import load_checkpoint
from rl_agent.learning.env_adapter import make_env
from rl_agent.learning.evaluate import Evaluator, Score
from rl_agent.learning.training_time import CPU, WALL
from rl_agent.reporting.machine import describe_machine

from .code_version import noted_version
from .final_file import FINAL_FILE, SCHEMA_VERSION
from .job import Job

FINAL_SEED = 1_000_000
"""Of the first reset: the same start states for every algorithm and every seed of training."""


def write_final(
    job: Job, should_stop: Callable[[], bool], on_message: Callable[[str], None]
) -> None:
    """Try the newest policy out, deterministically, and keep what came of it.

    Args:
        job: The run.
        should_stop: Ends it.
        on_message: Is told where an older checkpoint stands in for the newest.

    Raises:
        EvaluationInterruptedError: A stop was asked for; nothing is written.
        ReturnNotFiniteError: The mean return is no number; nothing is written.
    """
    checkpoint = load_checkpoint(job.run_dir, on_message=on_message)
    score = _try_out(job, checkpoint.tensors, checkpoint.values["agent"], should_stop)
    if not isfinite(score.mean_return):
        message = f"the last evaluation's mean return is {score.mean_return}"
        raise ReturnNotFiniteError(f"{message}; look at the rewards of {job.config.env}")
    time = checkpoint.values.get("time", {})
    document = {
        "schema_version": SCHEMA_VERSION,
        "env_step": checkpoint.env_step,
        **asdict(score),
        CPU: time.get(CPU),
        WALL: time.get(WALL),
        "commit": noted_version(job.run_dir),
        "hardware": describe_machine()["processor"],
    }
    write_durably(job.run_dir / FINAL_FILE, json.dumps(document).encode())


def _try_out(
    job: Job, tensors: dict[str, Any], values: dict[str, Any], should_stop: Callable[[], bool]
) -> Score:
    env = make_env(job.config.env, job.config.env_options)
    evaluator = Evaluator(env, should_stop)
    try:
        layout, config = env.layout, job.config
        agent = make_agent(config.algo, layout.obs_dim, layout.act_dim, config.agent, config.seed)
        weights = {name: torch.from_numpy(tensor) for name, tensor in tensors.items()}
        agent.set_state(AgentState(weights, values))
        return evaluator.run(
            lambda obs: agent.act(obs, is_deterministic=True), job.final_episodes, FINAL_SEED
        )
    finally:
        evaluator.close()
