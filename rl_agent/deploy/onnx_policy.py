"""A verified policy for the control loop: observation in, action out, a few microseconds, no torch.

`act` never raises. It returns None for an observation that must not be acted on (wrong size, NaN,
inf) and when the network fails; the caller then proposes nothing, and the gate's watchdog brakes.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from rl_agent.exceptions import BundleError
from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task
from rl_agent.types import FloatArray

from .contract import check_contract, expected_contract
from .manifest import POLICY_NAME, Golden, Manifest, read_files, read_manifest
from .onnx_scan import scan_model
from .probe import check_probe
from .session import SessionSettings, check_io, open_session
from .signing import check_signature

LATENCY_CALLS = 25
DEFAULT_SETTINGS = SessionSettings()


class OnnxPolicy:
    """One bundle, verified before it may act: manifest, signature, hashes, contract, outputs.

    Not thread-safe: inputs and outputs live in buffers that are bound once.
    """

    def __init__(
        self,
        bundle_dir: Path | str,
        spec: RobotSpec,
        task: Task | None = None,
        settings: SessionSettings = DEFAULT_SETTINGS,
    ) -> None:
        """Load and verify.

        Args:
            bundle_dir: Directory with manifest.json and policy.onnx.
            spec: The robot that the policy shall drive; where it pins a `signing_key`, only bundles
                signed by it are taken.
            task: With it, observation layout and scales are compared too; nodes pass it.
            settings: Execution provider and latency bound.

        Raises:
            BundleError: Damaged, foreign or too slow; says what was expected and what was found.
            ContractError: Robot and bundle disagree; lists every difference.
        """
        directory = Path(bundle_dir)
        source = str(directory / POLICY_NAME)
        self.manifest = read_manifest(directory)
        check_signature(directory, self.manifest, spec.signing_key)
        model = read_files(directory, self.manifest)[POLICY_NAME]
        check_contract(expected_contract(spec, task), self.manifest.contract, str(directory))
        if task is not None and self.manifest.probe is not None:
            check_probe(self.manifest.probe, spec, task, str(directory))
        scan_model(model, source)
        self._session = open_session(model, settings, source)
        self.obs_dim, self.act_dim = self.manifest.obs_dim, self.manifest.act_dim
        check_io(self._session, self.obs_dim, self.act_dim, source)
        check_metadata(self._session, self.manifest, source)
        self._bind()
        self.num_refused = 0
        """Observations that were not acted on."""
        self.last_refusal = ""
        """Why the newest of them was not."""
        self.golden_error = self._check_golden(source)
        self.latency_s = self._check_latency(spec, settings, source)
        """Median time of one inference [s], measured when loaded."""

    @property
    def policy_version(self) -> int:
        """The manifest's version."""
        return self.manifest.policy_version

    @property
    def bundle_hash(self) -> str:
        """The policy's identity for logs: the model file's sha256."""
        return self.manifest.files[POLICY_NAME].sha256

    @property
    def golden(self) -> Golden:
        """Inputs, and outputs that this policy was found to give for them."""
        return self.manifest.golden

    def act(self, obs: FloatArray) -> FloatArray | None:
        """Return the deterministic action tanh(mean) (act_dim,) in [-1, 1], or None (see above)."""
        return np.tanh(self._mean[0]) if self._run(obs) else None

    def mean_log_std(self, obs: FloatArray) -> tuple[FloatArray, FloatArray] | None:
        """Return the Gaussian before the tanh, mean and log_std (act_dim,), or None."""
        return (self._mean[0].copy(), self._log_std[0].copy()) if self._run(obs) else None

    def sample(self, obs: FloatArray, rng: np.random.Generator) -> FloatArray | None:
        """Return tanh(mean + exp(log_std) * noise) (act_dim,), or None."""
        if not self._run(obs):
            return None
        noise = rng.standard_normal(self.act_dim, dtype=np.float32)
        return np.tanh(self._mean[0] + np.exp(self._log_std[0]) * noise)

    def _run(self, obs: FloatArray) -> bool:
        """Fill the output buffers; False where the result must not be used."""
        if obs.shape != self._shape:
            return self._refuse(f"expected an observation of shape {self._shape}, got {obs.shape}")
        if obs.dtype == np.float32:
            self._obs[0] = obs
        else:
            with np.errstate(over="ignore"):  # becomes inf, which is refused below
                self._obs[0] = obs
        if not np.isfinite(self._obs).all():
            return self._refuse("observation holds NaN or inf")
        try:
            self._session.run_with_iobinding(self._binding)
        # ONNX Runtime's exceptions share no base but Exception, and the loop may not die of any.
        except Exception as error:
            return self._refuse(f"inference failed: {error!s:.200}")
        if not np.isfinite(self._outputs).all():
            return self._refuse("the network's output holds NaN or inf")
        return True

    def _refuse(self, reason: str) -> bool:
        self.num_refused += 1
        self.last_refusal = reason
        return False

    def _bind(self) -> None:
        """Give ONNX Runtime fixed memory, so that a call allocates nothing and copies little."""
        self._shape = (self.obs_dim,)
        self._obs = np.zeros((1, self.obs_dim), dtype=np.float32)
        self._outputs = np.zeros(2 * self.act_dim, dtype=np.float32)
        self._mean = self._outputs[: self.act_dim].reshape(1, -1)
        self._log_std = self._outputs[self.act_dim :].reshape(1, -1)
        self._binding: Any = self._session.io_binding()
        buffers = {"obs": self._obs, "mean": self._mean, "log_std": self._log_std}
        for name, buffer in buffers.items():
            bind = self._binding.bind_input if name == "obs" else self._binding.bind_output
            bind(name, "cpu", 0, np.float32, buffer.shape, buffer.ctypes.data)

    def _check_golden(self, source: str) -> float:
        """Return the largest error over the golden vectors."""
        golden = self.manifest.golden
        worst = 0.0
        for index, obs in enumerate(golden.obs):
            outputs = self.mean_log_std(np.array(obs, dtype=np.float32))
            if outputs is None:
                raise BundleError(f"{source}: golden vector {index}: {self.last_refusal}")
            expected = np.array([golden.mean[index], golden.log_std[index]])
            error = relative_error(np.array(outputs), expected)
            if not error <= golden.tolerance:
                found = np.array(outputs).tolist()
                message = f"golden vector {index}: expected {expected.tolist()}, found {found} "
                message += f"(error {error:.3g}, at most {golden.tolerance:.3g})"
                raise BundleError(f"{source}: {message}")
            worst = max(worst, error)
        return worst

    def _check_latency(self, spec: RobotSpec, settings: SessionSettings, source: str) -> float:
        obs = np.array(self.manifest.golden.obs[0], dtype=np.float32)
        times = []
        for _ in range(LATENCY_CALLS):
            start = time.perf_counter()
            self.act(obs)
            times.append(time.perf_counter() - start)
        latency_s = float(np.median(times))
        most_s = settings.max_latency_s or 0.25 * spec.policy_period_s
        if latency_s > most_s:
            found = f"expected at most {1e3 * most_s:.3f} ms, found {1e3 * latency_s:.3f} ms"
            raise BundleError(f"{source}: inference is too slow: {found}")
        return latency_s


def relative_error(found: np.ndarray, expected: np.ndarray) -> float:
    """Return max |found - expected| / max(1, |expected|): relative where outputs are large."""
    return float(np.max(np.abs(found - expected) / np.maximum(1.0, np.abs(expected))))


def check_metadata(session: Any, manifest: Manifest, source: str) -> None:
    """Refuse a model that was exported under another contract than the manifest beside it.

    Raises:
        BundleError: Says which contract was expected and found.
    """
    found = session.get_modelmeta().custom_metadata_map.get("contract_hash")
    if found != manifest.contract_hash:
        message = f"expected a model made for contract {manifest.contract_hash}, found {found}"
        raise BundleError(f"{source}: {message}; the model belongs to another bundle")
