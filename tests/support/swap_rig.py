"""Policies of two lines and a loop without a robot, for tests of the hot swap."""

import numpy as np
from transitions import transition

from rl_agent.deploy.hot_swap import HotSwap
from rl_agent.deploy.manifest import Golden
from rl_agent.deploy.shadow_run import ShadowConfig
from rl_agent.deploy.swap_config import SwapConfig
from rl_agent.deploy.swap_watch import WatchConfig
from rl_agent.types import Reason

QUICK = SwapConfig(
    shadow=ShadowConfig(num_ticks=4),
    watch=WatchConfig(block_ticks=4, usual_blocks=3, return_blocks=3, reference_blocks=6),
    blend_ticks=4,
    rollback_ticks=2,
    hold_ticks=8,
)
GOLDEN_OBS = np.array([[0.0, 0.0], [1.0, 1.0], [-1.0, 0.5]], np.float32)


def obs_at(tick):
    """A slow sine and a cosine, a tenth of a turn in six ticks."""
    return np.array([np.sin(0.1 * tick), np.cos(0.1 * tick)], np.float32)


class FakePolicy:
    """mean = gain * obs + bias; what it says can be replaced by `says`."""

    def __init__(self, version, gain=0.5, bias=0.0, log_std=-1.0):
        self.policy_version, self.bundle_hash = version, f"hash-{version}"
        self._gain, self._bias, self._log_std = gain, bias, log_std
        self.says = "numbers"
        self.num_calls = 0
        means = [self._answer(obs)[0] for obs in GOLDEN_OBS]
        rows = [np.array(part, np.float64).tolist() for part in (GOLDEN_OBS, means, means)]
        self.golden = Golden(obs=rows[0], mean=rows[1], log_std=rows[2])

    def _answer(self, obs):
        mean = (self._gain * obs + self._bias).astype(np.float32)
        return mean, np.full_like(mean, self._log_std)

    def mean_log_std(self, obs):
        self.num_calls += 1
        mean, log_std = self._answer(obs)
        if self.says == "nothing" or not np.isfinite(obs).all():
            return None
        if self.says == "nan":
            mean[0] = np.nan
        elif self.says == "inf":
            log_std[-1] = np.inf
        elif self.says == "constant":
            mean[:] = 0.3
        return mean, log_std


class SwapRig:
    """A hot swap, its events, and a loop that counts ticks."""

    def __init__(self, config=QUICK, **options):
        self.events = []
        self.swap = HotSwap(config, self.events.append, **options)
        self.outputs = []

    def run(self, ticks, reward=1.0, limited=0.0, rough=0.1, notes=True):
        """Conclude a transition and act, `ticks` times; return the newest output.

        limited: |action - applied action|, by a limit; rough: |action - previous action|.
        """
        for _ in range(ticks):
            if notes:
                self.swap.note(step(reward, limited, rough))
            self.outputs.append(self.swap.mean_log_std(obs_at(self.swap.tick)))
        return self.outputs[-1]

    def bring_in(self, policy):
        """Offer `policy` and run until it acts alone."""
        assert self.swap.offer(policy)
        for _ in range(40):
            self.run(1)
            if self.swap.policy_version == policy.policy_version:
                return policy
        raise AssertionError(f"never promoted: {self.told()}")

    def told(self):
        """(kind, version) of every event."""
        return [(event.kind.value, event.policy_version) for event in self.events]


def step(reward=1.0, limited=0.0, rough=0.1):
    """A transition with these figures."""
    return transition(
        0,
        reward=reward,
        action=np.array([rough], np.float32),
        previous_action=np.array([0.0], np.float32),
        applied_action=np.array([rough + limited], np.float32),
        reasons=int(Reason.POSITION) if limited else 0,
    )
