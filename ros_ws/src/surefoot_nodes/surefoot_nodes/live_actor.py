"""Acts while somebody else learns: the newest version that holds, with exploration; else chance."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rl_agent.deploy.hot_swap import HotSwap
from rl_agent.deploy.policy_store import PolicyStore
from rl_agent.deploy.resuming import resume
from rl_agent.deploy.session import SessionSettings
from rl_agent.deploy.swap_config import SwapConfig
from rl_agent.deploy.swap_event import SwapEvent, SwapKind
from rl_agent.deploy.swap_log import SWAPS, SwapLog, read_bad_versions
from rl_agent.deploy.version_watch import VersionWatch
from rl_agent.exploration.exploring import Exploring
from rl_agent.exploration.noise import Noise
from rl_agent.exploration.registry import make_noise
from rl_agent.spec import RobotSpec
from rl_agent.tasks.success_share import SuccessShare
from rl_agent.tasks.task import Task
from rl_agent.types import Array, FloatArray, Measurement, Reason, Transition


class LiveActor:
    """An `Actor` that takes up new versions between two ticks, and never waits for one."""

    def __init__(
        self,
        spec: RobotSpec,
        task: Task,
        store: Path,
        *,
        seed: int = 0,
        exploring: Exploring | None = None,
        is_judged: bool = False,
        on_message: Callable[[str], None] = lambda message: None,
        meets: bool = False,
    ) -> None:
        """Start to look out for versions; none need be there yet.

        Args:
            spec: The robot.
            task: What it does.
            store: Folder in which a learner publishes.
            seed: Of exploration.
            exploring: How it tries things out; None for the defaults.
            is_judged: Whether a success is what earns a reward, not what the task calls so.
            on_message: Is told why a version was refused; from a thread.
            meets: Look out only when told to `meet`, as in lock-step.
        """
        self._act_dim = spec.act_dim
        self._exploring = exploring or Exploring()
        self._success = SuccessShare(task, spec.policy_hz, is_judged=is_judged)
        self._rng = np.random.default_rng(seed)
        self._noise = _noise(self._exploring, spec, self._rng)
        self._num_random = 0
        self._random = np.zeros(spec.act_dim, np.float32)
        self.last_refusal = ""
        """Why the newest observation that was not acted on was not."""
        log = store.parent / SWAPS
        self._log = SwapLog(log, on_message)
        self.swap = HotSwap(
            SwapConfig.for_rate(spec.policy_hz), self._log.put, bad_versions=read_bad_versions(log)
        )
        # Lock-step waits for a slow version; how slow it is depends on the moment.
        settings = SessionSettings(max_latency_s=math.inf) if meets else SessionSettings()
        versions = PolicyStore(store, spec, task, settings)
        resume(self.swap, versions, log, on_message)
        self._watch = VersionWatch(
            versions,
            on_message,
            acting_version=self.swap.policy_version,
            on_event=self._note_version,
        )
        if not meets:
            self._watch.start()

    def act(self, obs: FloatArray, measurement: Measurement, goal: Array) -> FloatArray | None:
        """Return (act_dim,) in [-1, 1]; None for an observation that must not be acted on."""
        del measurement, goal
        policy = self._watch.take()
        if policy is not None:
            self.swap.offer(policy)
        # Asked beforehand: in the tick in which the first version is promoted nobody else acts yet.
        has_policy = self.swap.has_policy
        gaussian = self.swap.mean_log_std(obs)
        if gaussian is None:
            return self._act_without(obs, has_policy=has_policy)
        mean, log_std = gaussian
        if self._noise is None:
            return np.tanh(mean)
        noise = self.noise_scale * np.exp(log_std) * self._noise.sample()
        if self._exploring.is_noise_last:
            return np.clip(np.tanh(mean) + noise, -1.0, 1.0)
        return np.tanh(mean + noise)

    def meet(self) -> None:
        """Load the newest version now; the next `act` takes it up."""
        self._watch.poll()

    def note(self, transition: Transition) -> None:
        """Take in what became of an action: a version that does badly is given up."""
        # What a person did is neither a version's merit nor its fault.
        if not transition.reasons & Reason.HUMAN:
            self.swap.note(transition)
        self._success.note(transition)
        if self._noise is not None and (transition.terminated or transition.truncated):
            self._noise.reset()

    @property
    def noise_scale(self) -> float:
        """How much of the noise is used, in [0, 1]: all that while the task fails."""
        until = self._exploring.explore_until
        missing = (until - self._success.share) / (0.5 * until)
        return float(np.clip(missing, 0.0, 1.0))

    def state(self) -> dict[str, float]:
        """Return who acts, and what became of the others."""
        swap = self.swap
        return {
            "policy_version": swap.policy_version,
            "candidate_version": swap.candidate_version,
            "num_promoted": swap.num_promoted,
            "num_refused": swap.num_refused + self._watch.num_refused,
            "num_rolled_back": swap.num_rolled_back,
            "num_events_lost": self._log.num_lost,
            "noise_scale": round(self.noise_scale, 3),
        }

    def close(self) -> None:
        """End the threads."""
        self._watch.close()
        self._log.close()

    def _note_version(self, kind: SwapKind, version: int, sentence: str) -> None:
        """Log what became of a version that nobody could offer; from the watch's thread."""
        event = SwapEvent(
            kind=kind,
            policy_version=version,
            bundle_hash="",
            tick=self.swap.tick,
            sentence=sentence,
        )
        self._log.put(event)

    def _act_without(self, obs: FloatArray, *, has_policy: bool) -> FloatArray | None:
        """Act where no version gave an output: at random, as long as there is no version."""
        if not np.isfinite(obs).all():
            self.last_refusal = "observation holds NaN or inf"
            return None
        if has_policy:
            self.last_refusal = "no version gave a finite output"
            return None
        return self._act_at_random()

    def _act_at_random(self) -> FloatArray:
        if self._num_random % self._exploring.random_hold == 0:
            self._random = self._rng.uniform(-1.0, 1.0, self._act_dim).astype(np.float32)
        self._num_random += 1
        return self._random.copy()


def _noise(exploring: Exploring, spec: RobotSpec, rng: np.random.Generator) -> Noise | None:
    if exploring.exploration == "":
        return None
    return make_noise(
        exploring.exploration,
        spec.act_dim,
        rng,
        theta=exploring.exploration_theta,
        horizon=exploring.exploration_horizon,
        resample=0,
    )
