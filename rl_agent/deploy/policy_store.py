"""A directory of policy versions. What cannot be verified is refused.

store/versions/000007/{policy.onnx, manifest.json}   written whole, never changed afterwards;
                                         manifest.sig too, where the bundle is signed
store/current.json                       {"policy_version": 7, "sha256": its manifest's}
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from rl_agent.data.disk import write_durably
from rl_agent.exceptions import BundleError
from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task

from .bundle import write_files
from .files import read_capped, version_dir
from .manifest import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    POLICY_NAME,
    read_bundle,
    read_files,
    read_manifest,
)
from .onnx_policy import DEFAULT_SETTINGS, OnnxPolicy
from .session import SessionSettings
from .swap_log import SWAPS, Standing, proven, read_standings

POINTER_NAME = "current.json"
_MAX_POINTER_BYTES = 1000


@dataclass(frozen=True)
class Pointer:
    """Which version is current, and the sha256 that pins its manifest."""

    policy_version: int
    sha256: str


class PolicyStore:
    """Versions of one robot's policy, in a folder."""

    def __init__(
        self,
        root: Path | str,
        spec: RobotSpec,
        task: Task | None = None,
        settings: SessionSettings = DEFAULT_SETTINGS,
    ) -> None:
        self._root = Path(root)
        self._spec, self._task, self._settings = spec, task, settings

    def versions(self) -> list[int]:
        """Return the published versions, oldest first."""
        folder = self._root / "versions"
        if not folder.is_dir():
            return []
        return sorted(int(path.name) for path in folder.iterdir() if path.name.isdecimal())

    def current(self) -> Pointer | None:
        """Return which version is current; None in an empty store.

        Raises:
            BundleError: The pointer is damaged.
        """
        path = self._root / POINTER_NAME
        if not path.exists():
            return None
        data = read_capped(self._root, POINTER_NAME, _MAX_POINTER_BYTES)
        try:
            values = json.loads(data)
            return Pointer(int(values["policy_version"]), str(values["sha256"]))
        except (ValueError, TypeError, KeyError, RecursionError, ArithmeticError) as error:
            message = "expected policy_version and sha256, found damaged data"
            raise BundleError(f"{path}: {message}") from error

    def offer(self, bundle_dir: Path | str) -> OnnxPolicy:
        """Verify a bundle, copy it into the store and make it current.

        Raises:
            BundleError: It does not hold, or its version is not above the current one.
            ContractError: It was made for another robot, task or rate.
        """
        source = Path(bundle_dir)
        policy = OnnxPolicy(source, self._spec, self._task, self._settings)
        newest = max(self.versions(), default=0)
        if policy.policy_version <= newest:
            message = f"expected a policy_version above {newest}, found {policy.policy_version}"
            raise BundleError(f"{source}: {message}; export it again with a higher one")
        target = self.version_dir(policy.policy_version)
        write_files(target, read_bundle(source)[1])
        # Verify the copy: the source may have changed since it was read.
        policy = OnnxPolicy(target, self._spec, self._task, self._settings)
        self._point_to(policy.policy_version)
        return policy

    def load(self, pointer: Pointer) -> OnnxPolicy:
        """Return the version that `pointer` names, verified.

        Raises:
            BundleError: It is not there, does not hold, or is not what the pointer pinned.
            ContractError: It was made for another robot, task or rate.
        """
        folder = self.version_dir(pointer.policy_version)
        found = self._manifest_hash(pointer.policy_version)
        if found != pointer.sha256:
            message = f"expected sha256 {pointer.sha256}, found {found}"
            raise BundleError(f"{folder / MANIFEST_NAME}: {message}; it changed since publication")
        policy = OnnxPolicy(folder, self._spec, self._task, self._settings)
        if policy.policy_version != pointer.policy_version:
            message = f"expected policy_version {pointer.policy_version}, found "
            raise BundleError(f"{folder}: {message}{policy.policy_version}")
        return policy

    def load_acting(self, standing: Standing) -> OnnxPolicy:
        """Return a version that acted before, verified.

        Raises:
            BundleError: It is not there, does not hold, or is not the one that acted.
            ContractError: It was made for another robot, task or rate.
        """
        folder = self.version_dir(standing.policy_version)
        policy = OnnxPolicy(folder, self._spec, self._task, self._settings)
        found = Standing(policy.policy_version, policy.bundle_hash, standing.is_trusted)
        if found != standing:
            raise BundleError(f"{folder}: expected {standing}, found {found}")
        return policy

    def read_model(self, pointer: Pointer) -> bytes:
        """Return a version's ONNX file, compared with its manifest's sha256 and not run.

        Raises:
            BundleError: It is not there, or does not hold.
        """
        folder = self.version_dir(pointer.policy_version)
        return read_files(folder, read_manifest(folder))[POLICY_NAME]

    def prune(self, keep: int) -> None:
        """Remove all but the newest `keep` versions; never the current one.

        What a robot goes back to after a restart stays as well, by the swap log beside the store:
        the newest version that acted and was not given up, and the newest trusted one.
        """
        outdated = self.versions()[: -max(1, keep)]
        if not outdated:
            return
        pointer = self.current()
        standings = read_standings(self._root.parent / SWAPS)
        goes_back_to = (*standings[:1], proven(standings), pointer)
        spared = {version.policy_version for version in goes_back_to if version is not None}
        for version in outdated:
            if version not in spared:
                shutil.rmtree(self.version_dir(version), ignore_errors=True)

    def version_dir(self, version: int) -> Path:
        """Return the folder of a published version."""
        return version_dir(self._root, version)

    def next_version(self) -> int:
        """Return the lowest version that `offer` would accept."""
        return max(self.versions(), default=0) + 1

    def _point_to(self, version: int) -> None:
        values = {"policy_version": version, "sha256": self._manifest_hash(version)}
        write_durably(self._root / POINTER_NAME, (json.dumps(values) + "\n").encode())

    def _manifest_hash(self, version: int) -> str:
        data = read_capped(self.version_dir(version), MANIFEST_NAME, MAX_MANIFEST_BYTES)
        return hashlib.sha256(data).hexdigest()
