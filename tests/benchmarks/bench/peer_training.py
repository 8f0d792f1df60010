"""A process that trains Stable-Baselines3's SAC as it comes: ENV SEED STEPS EVERY.

Prints one JSON line per evaluation: 10 deterministic episodes from fixed start states, and the CPU
seconds that training alone has taken by then.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import gymnasium as gym
import torch
from stable_baselines3 import SAC

EPISODES = 10
FIRST_SEED = 1_000_000


def mean_return(model: SAC, env: gym.Env) -> float:
    """Return the mean over the episodes, deterministic."""
    total = 0.0
    for episode in range(EPISODES):
        obs, _ = env.reset(seed=FIRST_SEED if episode == 0 else None)
        is_over = False
        while not is_over:
            action, _ = model.predict(obs, deterministic=True)
            obs, reward, terminated, truncated, _ = env.step(action)
            total += float(reward)
            is_over = terminated or truncated
    return total / EPISODES


def main(env_id: str, seed: int, num_steps: int, every: int) -> None:
    """Train, and evaluate between slices of `every` steps."""
    warnings.simplefilter("ignore", DeprecationWarning)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    model = SAC("MlpPolicy", gym.make(env_id), seed=seed, device="cpu")
    judge = gym.make(env_id)
    spent = 0.0
    for env_step in range(every, num_steps + 1, every):
        start = time.process_time()
        model.learn(every, reset_num_timesteps=False)
        spent += time.process_time() - start
        figures = {"env_step": env_step, "mean_return": mean_return(model, judge), "cpu_s": spent}
        print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
