"""The training loop: act, journal, replay, update, and now and then try out and checkpoint.

No result depends on time. When checkpoints are written does, and they change nothing, so a
killed run that is resumed ends with the same weights as one that was never killed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from rl_agent.safety.leaning import is_limited
from rl_agent.types import FloatArray

from .checkpoint import Checkpoint, prune_checkpoints
from .checkup import Checkup
from .config import TrainConfig
from .evaluate import EvaluationInterruptedError, Score
from .noted_episodes import NotedEpisodes
from .parts import Counters, LearnerParts
from .progress import Progress, RateMeter
from .snapshot import restore_snapshot, save_best, save_snapshot
from .stopwatch import Stopwatch
from .updater import Updater

_EVALUATION_STREAM = 1
_CONFIRM_STREAM = 2
_RANDOM_STREAM = 3


@dataclass(kw_only=True)
class Learner:
    """Runs one training from where it stands to its end, or to a stop."""

    config: TrainConfig
    run_dir: Path
    parts: LearnerParts
    counters: Counters = field(default_factory=Counters)

    def __post_init__(self) -> None:
        config = self.config
        self.stopwatch = Stopwatch()
        parts = self.parts
        self.updater = Updater(config, parts.agent, parts.replay, parts.recent, self.stopwatch)
        self.newest_evaluation: Score | None = None
        guard = self.updater.guard
        self._checkup = Checkup(config, self.run_dir, parts, guard, self.stopwatch)
        self._episodes = NotedEpisodes(parts.metrics)
        self._saved_s = self.parts.clock.now()
        self._rates = RateMeter(self.parts.clock)

    def run(self) -> bool:
        """Train; return True at the planned or early end, False if a stop was asked for."""
        while not self.parts.should_stop():
            # First, because a run may be resumed at a step whose evaluation was cut short.
            if self._is_evaluation_due():
                self._evaluate()
                continue
            if self.counters.env_step >= self.config.num_steps or self.has_met_target:
                return True
            self._step()
            if self._rates.is_due:
                self._report()
            self._checkup.look(self.counters)
            if self.parts.clock.now() - self._saved_s >= self.config.checkpoint_every_s:
                self.save()
        self.save()
        return False

    @property
    def has_met_target(self) -> bool:
        """Tell whether enough evaluations in a row met `stop_at_success`."""
        return self.counters.success_streak >= self.config.evaluation.stop_after

    def _step(self) -> None:
        parts, watch = self.parts, self.stopwatch
        with watch.measure("act"):
            action = self._act()
        with watch.measure("environment"):
            result = parts.env.step(action)
        with watch.measure("journal"):
            parts.journal.append(result.transition)
            self.updater.take(result.transition)
        self.updater.note_reward(result.transition.reward, is_last=result.episode is not None)
        was_limited = is_limited(result.transition.reasons)
        self.counters = replace(
            self.counters,
            env_step=self.counters.env_step + 1,
            episode=self.counters.episode + (result.episode is not None),
            num_interventions=self.counters.num_interventions + was_limited,
        )
        if result.episode is not None:
            self._episodes.note(result.episode, self.counters.env_step)
            parts.agent.end_episode()
        self.updater.update(self.updater.num_due(self.counters.env_step))

    def _act(self) -> FloatArray:
        env_step, config, obs = self.counters.env_step, self.config, self.parts.env.obs
        if not config.quarantine.allows_obs(obs):
            # One such number would poison the normaliser for good; the row is quarantined later.
            return np.zeros(self.parts.env.layout.act_dim, np.float32)
        self.parts.agent.observe(obs)
        if env_step >= config.learning_starts:
            return self.parts.agent.act(obs)
        # Drawn from the step itself: there is no generator whose state would have to be kept.
        index = env_step // config.random_hold
        rng = np.random.default_rng([config.seed, _RANDOM_STREAM, index])
        return rng.uniform(-1.0, 1.0, self.parts.env.layout.act_dim).astype(np.float32)

    def _is_evaluation_due(self) -> bool:
        env_step, evaluation = self.counters.env_step, self.config.evaluation
        is_last = env_step >= self.config.num_steps
        is_periodic = env_step % evaluation.every == 0 and env_step >= evaluation.first
        return (is_last or is_periodic) and env_step > self.counters.evaluated_step

    def _evaluate(self) -> None:
        """Evaluate between two checkpoints, so that a kill meanwhile costs nothing else."""
        with self.parts.time.paused():
            self.save()
            try:
                with self.stopwatch.measure("evaluation"):
                    self._score()
            except EvaluationInterruptedError:
                return
            self.save()

    def _score(self) -> None:
        evaluation, counters = self.config.evaluation, self.counters
        score = self._try_out(evaluation.num_episodes, _EVALUATION_STREAM)
        confirmed = None
        # A lucky draw of goals must not win: only fresh ones count for the best policy.
        if score.is_better_than(counters.best) or self._meets_target(score):
            confirmed = self._try_out(evaluation.num_confirm, _CONFIRM_STREAM)
        if confirmed is not None and confirmed.is_better_than(counters.best):
            counters = replace(counters, best=confirmed, best_step=counters.env_step)
        has_met = confirmed is not None and self._meets_target(confirmed)
        self.counters = replace(
            counters,
            evaluated_step=counters.env_step,
            success_streak=counters.success_streak + 1 if has_met else 0,
        )
        if self.counters.best_step == counters.env_step:
            save_best(self.run_dir, self.parts, self.counters)
        self.newest_evaluation = confirmed or score
        values = self.newest_evaluation.to_json() | self.parts.time.seconds
        self.parts.metrics.write("evaluation", counters.env_step, values)
        self._report()

    def _try_out(self, num_episodes: int, stream: int) -> Score:
        seed = np.random.SeedSequence([self.config.seed, stream, self.counters.env_step])
        agent = self.parts.agent
        return self.parts.evaluator.run(
            lambda obs: agent.act(obs, is_deterministic=True),
            num_episodes,
            int(seed.generate_state(1)[0]),
        )

    def _meets_target(self, score: Score) -> bool:
        target = self.config.evaluation.stop_at_success
        return target is not None and (score.success_rate or 0.0) >= target

    def _report(self) -> None:
        counters, agent = self.counters, self.parts.agent
        progress = Progress(
            env_step=counters.env_step,
            num_steps=self.config.num_steps,
            gradient_step=agent.gradient_step,
            mean_return=self._episodes.mean_return,
            newest_evaluation=self.newest_evaluation,
            best=counters.best,
            best_step=counters.best_step,
            intervention_share=counters.intervention_share,
            num_quarantined=self.parts.replay.num_quarantined,
            rates=self._rates.measure(
                counters.env_step, agent.gradient_step, self.config.num_steps
            ),
        )
        self.parts.on_progress(progress)

    def save(self) -> None:
        """Write a checkpoint of this very moment.

        Raises:
            TrainingDivergedError: A weight is no longer finite; the checkpoints before stay.
        """
        with self._checkup.saving(self.counters.env_step):
            self._save_snapshot()
            prune_checkpoints(self.run_dir, spare=self._checkup.sound_step)
        self._saved_s = self.parts.clock.now()

    def _save_snapshot(self) -> None:
        parts = self.parts
        parts.journal.sync()
        save_snapshot(
            self.run_dir,
            parts,
            self.counters,
            self.updater.sample_rng,
            offset=parts.journal.offset,
            env=parts.env.get_state(),
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on where a checkpoint was taken; journal and replay are the caller's business.

        Raises:
            CheckpointError: It is of another network.
        """
        parts = self.parts
        self.counters = restore_snapshot(checkpoint, parts, self.updater.sample_rng)
        if checkpoint.values["env"] is not None:
            parts.env.set_state(checkpoint.values["env"])
        else:
            # An environment that keeps no state must begin an episode.
            parts.env.reset(seed=self.config.seed + checkpoint.env_step)
            parts.agent.end_episode()
        self._checkup.resume(checkpoint.env_step)
        self._rates = RateMeter(
            self.parts.clock, self.counters.env_step, self.parts.agent.gradient_step
        )
