"""Makes versions of what a live learner has learned, and sends them to robots elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rl_agent.deploy.manifest import Training
from rl_agent.deploy.version_publisher import VersionPublisher
from rl_agent.exceptions import BundleError
from rl_agent.networks.actor import Actor
from rl_agent.types import FloatArray

from .live_run import LiveRun, signer_of
from .run_folder import code_commit, store_dir


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Robots on other machines, to whom versions are sent."""

    announce: Callable[[Path], object]
    """Is given each version's folder."""
    newest_version: Callable[[], int]
    """Of all policies that a robot has; it takes none that is not newer."""


class LivePublisher:
    """Publishes one version after another; see `LiveParts.publish`."""

    def __init__(self, run: LiveRun, elsewhere: Elsewhere | None = None) -> None:
        """Trace the network, which takes seconds, and announce the newest version from before.

        Args:
            run: Whose policies they are.
            elsewhere: Where its robots are; None for one that looks into the run's store itself.

        Raises:
            BundleError: The robot would refuse every version; says what to do.
        """
        self._run, self._elsewhere = run, elsewhere
        config, twin = run.config, run.env.env.unwrapped
        self._versions = VersionPublisher(
            store_dir(run.run_dir),
            twin.robot,
            twin.task,
            twin.builder.layout,
            task_name=run.robot.task,
            keep=config.live.keep_versions,
            signer=signer_of(config, run.env),
        )
        self._versions.prepare(run.agent.actor)
        self._commit = code_commit()
        self._announce_newest()

    def __call__(self, actor: Actor, env_step: int, samples: FloatArray) -> int:
        """Publish an actor; return the number of the new version.

        Args:
            actor: Nothing changes it meanwhile.
            env_step: How much it has learned from.
            samples: (N, obs_dim) observations that the robot met.

        Raises:
            BundleError: It does not compute what torch computes, or not finite numbers.
            OSError: The disk is full, or gone.
        """
        config, elsewhere = self._run.config, self._elsewhere
        training = Training(
            run=self._run.run_dir.absolute().name,
            env_step=env_step,
            seed=config.seed,
            algorithm=config.algo,
            commit=self._commit,
        )
        above = elsewhere.newest_version() if elsewhere is not None else 0
        version = self._versions.publish(actor, training, samples, above=above)
        if elsewhere is not None:
            elsewhere.announce(self._versions.store.version_dir(version))
        return version

    def _announce_newest(self) -> None:
        """Let robots that come at once find what was published before this start."""
        if self._elsewhere is None:
            return
        store = self._versions.store
        try:
            if (pointer := store.current()) is not None:
                self._elsewhere.announce(store.version_dir(pointer.policy_version))
        except (BundleError, OSError) as error:
            self._run.on_message(f"the newest version is not sent to the robots: {error}")
