"""`python parity.py RUN BUNDLE N`: torch against ONNX on observations that the policy meets."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from rl_agent.types import FloatArray


def main(run: str, bundle: str, count: str) -> None:
    """Print the largest differences as JSON."""
    import torch

    from rl_agent.deploy.onnx_policy import OnnxPolicy
    from rl_agent.trained.trained_policy import open_run

    with open_run(Path(run), which=None, robot=None) as trained:
        twin = trained.env.unwrapped
        policy = OnnxPolicy(bundle, twin.robot, twin.task)
        observations = _meet(trained.env, policy, int(count))
        with torch.no_grad():
            outputs = trained.module(torch.from_numpy(observations))
        expected = np.stack([output.numpy() for output in outputs])
        found = np.stack([np.stack(policy.mean_log_std(obs)) for obs in observations], axis=1)
    error = np.abs(found - expected) / np.maximum(1.0, np.abs(expected))
    actions = np.abs(np.tanh(found[0]) - np.tanh(expected[0]))
    print(json.dumps({"outputs": float(error.max()), "action": float(actions.max())}))


def _meet(env: object, policy: object, count: int) -> FloatArray:
    """Return observations (count, obs_dim): half met while acting, half while acting at random."""
    rng = np.random.default_rng(0)
    obs, _ = env.reset(seed=0)  # type: ignore[attr-defined]
    met = []
    for number in range(count):
        met.append(obs)
        action = policy.act(obs)  # type: ignore[attr-defined]
        if number % 2:
            action = rng.uniform(-1.0, 1.0, action.shape).astype(np.float32)
        obs, _, terminated, truncated, _ = env.step(action)  # type: ignore[attr-defined]
        if terminated or truncated:
            obs, _ = env.reset()  # type: ignore[attr-defined]
    return np.array(met, dtype=np.float32)


if __name__ == "__main__":
    main(*sys.argv[1:])
