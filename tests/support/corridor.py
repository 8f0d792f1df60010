"""A corridor that is closed behind its start and rewards at its far end alone.

obs = (x,); x' = max(0, x + 0.05 action); reward 1 and the end where x' reaches 1.5, else 0. Forty
steps straight ahead lead there and further; steps at random lead 0.2 far.
"""

import gymnasium
import numpy as np
from gymnasium.spaces import Box

EPISODE_STEPS = 60
END = 1.5


class Corridor(gymnasium.Env):
    observation_space = Box(0.0, np.inf, (1,), np.float32)
    action_space = Box(-1.0, 1.0, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self._x, self._step = 0.0, 0
        return self._obs(), {}

    def step(self, action):
        self._x = max(0.0, self._x + 0.05 * float(action[0]))
        self._step += 1
        has_arrived = self._x >= END
        return self._obs(), float(has_arrived), has_arrived, self._step >= EPISODE_STEPS, {}

    def _obs(self):
        return np.array([self._x], np.float32)


gymnasium.register("Corridor-v0", entry_point=Corridor)
