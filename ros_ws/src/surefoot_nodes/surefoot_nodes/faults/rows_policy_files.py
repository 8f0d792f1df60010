"""A policy's bundle is damaged, and a training is killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rl_agent.child import Child
from rl_agent.exceptions import BundleError, SurefootError

from ..graph_process import CLI
from .context import FaultContext
from .outcome import Expectations, Outcome, failure, not_tried
from .tiny_bundle import make_tiny_bundle

STEPS = 600
TRAINS_S = 240.0
TRAINING = (
    "train --env sim:CartpoleSwingUp-v0 --seed 1 --set learning_starts=100"
    " --set agent.batch_size=32 --set agent.actor_hidden_dims=[16,16]"
    " --set agent.critic_hidden_dims=[16,16]"
    " --set checkpoint_every_s=0.3 --set evaluation.every=1000000"
    " --set evaluation.num_episodes=1 --set evaluation.num_confirm=1"
)


def row_bundle(context: FaultContext) -> Outcome:
    """Row 20."""
    from rl_agent.deploy.onnx_policy import OnnxPolicy

    made = make_tiny_bundle(context.scratch("bundle") / "bundle")
    if made is None:
        return not_tried("the package onnx (extra `train`) is needed to make a policy to damage")
    expectations = Expectations()
    OnnxPolicy(made.path, made.spec, made.task)  # whole, it is accepted
    path = made.path / "policy.onnx"
    whole = path.read_bytes()
    num_accepted = num_tried = 0
    for words, data in _damages(whole, context):
        path.write_bytes(data)
        num_tried += 1
        try:
            OnnxPolicy(made.path, made.spec, made.task)
        except SurefootError:
            continue
        num_accepted += 1
        expectations.expect(False, f"{words}: accepted")
    path.write_bytes(whole)
    OnnxPolicy(made.path, made.spec, made.task)
    return expectations.claim(
        f"{num_accepted} of {num_tried} damaged policies accepted",
        "before ONNX Runtime sees a byte; 1000 damages of all files: benchmark row safety-h",
    )


def _damages(whole: bytes, context: FaultContext) -> Iterator[tuple[str, bytes]]:
    for share in (0.1, 0.5, 0.9, 0.999):
        yield f"cut at {share:.1%}", whole[: int(share * len(whole))]
    yield "empty", b""
    yield "zeros", bytes(len(whole))
    yield "another file's", b"\x08\x08" + whole[::-1]
    outside = b"../../etc/passwd"
    yield "external data", whole.replace(b"weight", outside[:6])
    for _ in range(context.repeats(200, 40)):
        place, bit = context.rng.randrange(len(whole)), context.rng.randrange(8)
        flipped = bytearray(whole)
        flipped[place] ^= 1 << bit
        yield f"bit {bit} of byte {place} flipped", bytes(flipped)


def row_provider(context: FaultContext) -> Outcome:
    """Row 37: CUDA is asked for where ONNX Runtime has none."""
    from rl_agent.deploy.onnx_policy import OnnxPolicy
    from rl_agent.deploy.session import SessionSettings

    made = make_tiny_bundle(context.scratch("provider") / "bundle")
    if made is None:
        return not_tried("the package onnx (extra `train`) is needed to make a policy for it")
    wanted = ("CUDAExecutionProvider",)
    try:
        OnnxPolicy(made.path, made.spec, made.task, SessionSettings(providers=wanted))
    except BundleError as error:
        refusal = str(error)
    else:
        return not_tried("ONNX Runtime has CUDA here: nothing is missing")
    if "CUDA" not in refusal:
        return failure("refused", f"the provider is not named: {refusal}")
    lenient = SessionSettings(providers=wanted, allow_cpu_fallback=True)
    policy = OnnxPolicy(made.path, made.spec, made.task, lenient)
    del policy
    return Expectations().claim(
        "refused by name; runs on the CPU where the settings accept that, latency checked"
    )


def row_machine(context: FaultContext) -> Outcome:
    """Row 5: a training is killed with all that belongs to it, and goes on."""
    from rl_agent.learning.checkpoint import load_checkpoint, step_checkpoints

    expectations = Expectations()
    folder = context.scratch("machine")
    through, killed = folder / "through", folder / "killed"
    context.say("a training without interruption")
    status = _train(through, folder / "through.log")
    expectations.expect(status == 0, f"training ended with {status}")
    kills = 0
    steps = [0]
    for number in range(context.repeats(3, 1)):
        context.say(f"a training that is killed ({number + 1})")
        words = ["--resume"] if number and step_checkpoints(killed) else []
        child = _start(killed, folder / f"killed{number}.log", *words)
        _until_checkpoint(killed, child, steps[-1])
        os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        kills += 1
        steps.append(max((int(p.name) for p in step_checkpoints(killed)), default=0))
    status = _train(killed, folder / "resumed.log", "--resume")
    expectations.expect(status == 0, f"the resumed training ended with {status}")
    expectations.expect(steps == sorted(steps), f"the step counter fell: {steps}")
    if not expectations.broken:
        one, other = load_checkpoint(through), load_checkpoint(killed)
        expectations.expect(one.env_step == other.env_step, "they ended at different steps")
        same = all(np.array_equal(t, other.tensors[name]) for name, t in one.tensors.items())
        expectations.expect(same, "the killed training ended with other weights")
    return expectations.claim(
        f"{kills} kills, the last at step {steps[-1]} of {STEPS}: all weights equal, bit by bit",
        "training in the twin's stead on one CPU thread; live training is still to be built",
    )


def _start(out: Path, log: Path, *words: str) -> Child:
    command = [*CLI, *TRAINING.split(), "--steps", str(STEPS), "--out", str(out), *words]
    if "--resume" in words:
        command = [*CLI, "train", "--out", str(out), *words]
    return Child(command, log=log, env={"OMP_NUM_THREADS": "1", "COLUMNS": "80"})


def _train(out: Path, log: Path, *words: str) -> int | None:
    child = _start(out, log, *words)
    status = child.wait(TRAINS_S)
    child.kill()
    return status


def _until_checkpoint(run: Path, child: Child, after: int) -> None:
    """Wait for a checkpoint later than `after`, or for the training's end."""
    from rl_agent.learning.checkpoint import step_checkpoints

    deadline_s = time.monotonic() + TRAINS_S
    while child.status is None and time.monotonic() < deadline_s:
        if any(int(path.name) > after for path in step_checkpoints(run)):
            time.sleep(0.2)
            return
        time.sleep(0.02)
