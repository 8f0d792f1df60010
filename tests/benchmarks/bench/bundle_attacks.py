"""Bundles that must not act: damaged, exchanged, forged; with and without a pinned key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import onnx
from bench.damage import Damage, Tally, cut, damaged, one_bit, shifted, zeros
from bundles import NumpyMlp, make_content
from onnx import TensorProto, helper

from rl_agent.deploy.bundle import write_bundle
from rl_agent.deploy.manifest import render_values
from rl_agent.deploy.onnx_policy import OnnxPolicy
from rl_agent.deploy.session import SessionSettings
from rl_agent.deploy.signing import Signer, make_key_file
from rl_agent.interface.observation import ObservationBuilder
from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task

MODEL, MANIFEST, SIGNATURE = "policy.onnx", "manifest.json", "manifest.sig"
Files = dict[str, bytes]
LOCATIONS = (
    *("../../etc/passwd", "/etc/passwd", "../../../../../../etc/shadow", "policy.onnx"),
    *("weights.bin", "manifest.json", "..", "/dev/zero", "/proc/self/mem", "file:///etc/passwd"),
)
# A slow machine must not refuse what should have been refused for a better reason.
PATIENT = SessionSettings(max_latency_s=60.0)


class BundleAttacks:
    """One robot and its bundle under attack."""

    def __init__(self, folder: Path, spec: RobotSpec, task: Task, seed: int) -> None:
        self._folder, self._spec, self._task = folder, spec, task
        self._rng = np.random.default_rng(seed)
        folder.mkdir(parents=True)
        make_key_file(folder / "ours.pem")
        make_key_file(folder / "theirs.pem")
        self._ours = Signer.load(folder / "ours.pem")
        self._theirs = Signer.load(folder / "theirs.pem")
        self._pinned = replace(spec, signing_key=self._ours.public_key)
        self._files = self._make(0, None)
        self._others = [self._make(seed, None) for seed in (1, 2, 3)]
        self._signed = self._make(0, self._ours)
        self.check_originals()

    def check_originals(self) -> None:
        """Insist that what is not damaged acts: or refusing everything would pass.

        Raises:
            BundleError: It does not.
        """
        self._loads(self._spec, self._files)
        self._loads(self._pinned, self._signed)

    def kinds(self) -> dict[str, tuple[int, Callable[[], bool]]]:
        """Return kind: (how often, one attempt)."""
        attacks: dict[str, tuple[int, Callable[[], bool]]] = {}
        for name in (MODEL, MANIFEST):
            for damage, count in ((one_bit, 120), (cut, 50), (zeros, 30), (shifted, 20)):
                attempt = partial(self._damaged, self._spec, self._files, name, damage)
                attacks[f"{name} {damage.__name__}"] = count, attempt
        for damage, count in ((one_bit, 60), (cut, 20), (zeros, 10), (shifted, 10)):
            attempt = partial(self._damaged, self._pinned, self._signed, SIGNATURE, damage)
            attacks[f"{SIGNATURE} {damage.__name__}"] = count, attempt
        return attacks | {
            "another bundle's file": (20, self._exchanged),
            "wrong model, hashes forged": (40, self._wrong_model),
            "external data, hashes forged": (40, self._external_data),
            "foreign operators or opset, hashes forged": (20, self._foreign_model),
            "signature of another bundle": (20, self._other_signature),
            "signed by another key": (15, self._other_key),
            "another key under ours' name": (15, self._borrowed_name),
            "forged whole under an old signature": (25, self._forged_whole),
            "manifest edited, digest forged, signed before": (20, self._edited),
            "no signature": (5, self._unsigned),
        }

    def _damaged(self, spec: RobotSpec, files: Files, name: str, damage: Damage) -> bool:
        return self._loads(spec, {**files, name: damaged(damage, files[name], self._rng)})

    def _exchanged(self) -> bool:
        other = self._others[int(self._rng.integers(len(self._others)))]
        choices = [
            {MODEL: other[MODEL], MANIFEST: self._files[MANIFEST]},
            {MODEL: self._files[MODEL], MANIFEST: other[MANIFEST]},
            {MODEL: self._files[MANIFEST], MANIFEST: self._files[MODEL]},
            {MODEL: self._files[MODEL], MANIFEST: self._files[MODEL]},
        ]
        return self._loads(self._spec, choices[int(self._rng.integers(len(choices)))])

    def _wrong_model(self) -> bool:
        other = self._make(int(self._rng.integers(10, 10_000)), None)
        return self._loads(self._spec, _forged(self._files, other[MODEL]))

    def _external_data(self) -> bool:
        model = onnx.load_from_string(self._files[MODEL])
        chosen = int(self._rng.integers(len(model.graph.initializer)))
        tensor = model.graph.initializer[chosen]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(
            key="location", value=LOCATIONS[int(self._rng.integers(len(LOCATIONS)))]
        )
        return self._loads(self._spec, _forged(self._files, model.SerializeToString()))

    def _foreign_model(self) -> bool:
        model = onnx.load_from_string(self._files[MODEL])
        which = int(self._rng.integers(3))
        if which == 0:
            model.opset_import[0].version = int(self._rng.choice([1, 5, 12, 24, 99]))
        elif which == 1:
            model.graph.node[0].domain = "com.microsoft"
        else:
            inner = helper.make_graph([], "inner", [], [])
            model.graph.node.append(helper.make_node("If", ["c"], ["d"], then_branch=inner))
        return self._loads(self._spec, _forged(self._files, model.SerializeToString()))

    def _other_signature(self) -> bool:
        other = self._make(int(self._rng.integers(1, 10_000)), self._ours)
        return self._loads(self._pinned, {**self._signed, SIGNATURE: other[SIGNATURE]})

    def _other_key(self) -> bool:
        return self._loads(self._pinned, self._make(0, self._theirs))

    def _borrowed_name(self) -> bool:
        files = self._make(int(self._rng.integers(10_000)), self._theirs)
        line = files[SIGNATURE].decode()
        line = line.replace(self._theirs.public_key, self._ours.public_key)
        return self._loads(self._pinned, {**files, SIGNATURE: line.encode()})

    def _forged_whole(self) -> bool:
        other = self._make(int(self._rng.integers(1, 10_000)), None)
        return self._loads(self._pinned, {**other, SIGNATURE: self._signed[SIGNATURE]})

    def _edited(self) -> bool:
        values = json.loads(self._signed[MANIFEST])
        values["policy_version"] = int(self._rng.integers(2, 1000))
        del values["digest"]
        return self._loads(self._pinned, {**self._signed, MANIFEST: render_values(values)})

    def _unsigned(self) -> bool:
        return self._loads(self._pinned, self._make(0, None))

    def _loads(self, spec: RobotSpec, files: Files) -> bool:
        """Return True if a robot takes these files; raises where it refuses them."""
        bundle = self._folder / "bundle"
        bundle.mkdir(exist_ok=True)
        for path in bundle.iterdir():
            path.unlink()
        for name, data in files.items():
            (bundle / name).write_bytes(data)
        OnnxPolicy(bundle, spec, self._task, PATIENT)
        return True

    def _make(self, seed: int, signer: Signer | None) -> Files:
        obs_dim = ObservationBuilder(self._spec, self._task, self._task.kinematics).obs_dim
        network = NumpyMlp.random(obs_dim, self._spec.act_dim, seed=seed)
        content, model = make_content(self._spec, self._task, network)
        made = self._folder / "made"
        write_bundle(made, model.SerializeToString(), content, signer)
        return {path.name: path.read_bytes() for path in made.iterdir()}


def attack_bundles(tally: Tally, attacks: BundleAttacks, count_of: Callable[[int], int]) -> None:
    """Try every kind."""
    for kind, (usual, attempt) in attacks.kinds().items():
        for _ in range(count_of(usual)):
            tally.attempt(kind, attempt)
    attacks.check_originals()


def _forged(files: Files, model: bytes) -> Files:
    """Return the bundle with another model, and a manifest whose hashes fit it."""
    values = json.loads(files[MANIFEST])
    values["files"][MODEL] = {"sha256": hashlib.sha256(model).hexdigest(), "size": len(model)}
    del values["digest"]
    return {MODEL: model, MANIFEST: render_values(values)}
