"""Files that are torn, damaged or malicious: checkpoints, journals, bundles, replay."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from rl_agent.child import Child
from rl_agent.data.journal import JournalReader, JournalWriter
from rl_agent.exceptions import CheckpointError

from .context import FaultContext
from .outcome import Expectations, Outcome
from .saver import LAYOUT, transition

PAYLOAD = b"cos\nsystem\n(S'touch %s'\ntR."
"""A pickle, written by hand, whose loading runs a command."""


def _kill_saver(context: FaultContext, what: str, folder: Path) -> int:
    """Let a saver run for a while, kill it; return the last number that it called safe."""
    command = [sys.executable, "-m", "surefoot_nodes.faults.saver", what, str(folder)]
    child = Child(command, log=folder.with_suffix(".log"), reads_output=True)
    first = child.lines.readline()
    time.sleep(context.rng.uniform(0.02, 0.25))
    os.kill(child.pid, signal.SIGKILL)
    safe = [int(line) for line in [first, *child.lines] if line.strip().isdigit()]
    child.kill()
    return safe[-1] if safe else 0


def row_checkpoint(context: FaultContext) -> Outcome:
    """Row 21."""
    from rl_agent.learning.checkpoint import load_checkpoint

    expectations = Expectations()
    kills, saves = context.repeats(20, 4), 0
    for number in range(kills):
        context.say(f"kill -9 while saving, {number + 1} of {kills}")
        folder = context.scratch("checkpoint")
        safe = _kill_saver(context, "checkpoint", folder)
        saves += safe
        try:
            found = load_checkpoint(folder)
        except CheckpointError as error:
            expectations.expect(False, str(error))
            continue
        weights = found.tensors["actor.weight"]
        whole = bool((weights == found.env_step).all()) and found.values["n"] == found.env_step
        expectations.expect(whole, "half a checkpoint was loaded")
        expectations.expect(
            found.env_step >= safe, f"step {safe} was safe, {found.env_step} loaded"
        )
    return expectations.claim(f"{kills} kills over {saves} saves: 0 torn, 0 lost")


def row_journal(context: FaultContext) -> Outcome:
    """Row 22: a killed writer, and tails cut at any byte."""
    expectations = Expectations()
    kills, rows = context.repeats(10, 3), 0
    for number in range(kills):
        context.say(f"kill -9 while appending, {number + 1} of {kills}")
        folder = context.scratch("journal")
        safe = _kill_saver(context, "journal", folder)
        writer = JournalWriter(folder, LAYOUT)
        kept = writer.offset.num_records
        writer.close()
        expectations.expect(kept >= safe, f"{safe} rows were acknowledged, {kept} are there")
        rows += safe
    cuts = _cut_everywhere(context, expectations, synced=10, later=3)
    return expectations.claim(
        f"{kills} kills, {rows} acknowledged rows, 0 lost; tail cut at each of {cuts} bytes:"
        " whole rows kept, the rest dropped and counted"
    )


def row_power(context: FaultContext) -> Outcome:
    """Row 43: what came after the last fsync is lost, at whatever byte; what came before is not."""
    expectations = Expectations()
    cuts = _cut_everywhere(context, expectations, synced=20, later=context.repeats(8, 2))
    from rl_agent.learning.checkpoint import TENSORS_FILE, load_checkpoint, save_checkpoint

    tensors = {"actor.weight": np.arange(1000, dtype=np.float32)}
    damaged = context.repeats(300, 60)
    folder = context.scratch("power")
    for step in (1, 2):
        path = save_checkpoint(folder, f"{step:09d}", env_step=step, values={}, tensors=tensors)
    data = (path / TENSORS_FILE).read_bytes()
    for size in np.linspace(0, len(data) - 1, damaged, dtype=int):
        (path / TENSORS_FILE).write_bytes(data[:size])
        found = load_checkpoint(folder)
        expectations.expect(found.env_step == 1, f"a checkpoint cut at byte {size} was loaded")
    return expectations.claim(
        f"journal cut at each of {cuts} bytes after the last fsync: all before it read back, the"
        f" loss counted; checkpoint cut at {damaged} places: never loaded, the older one is",
        "files are cut; the machine's power is not",
    )


def _cut_everywhere(
    context: FaultContext, expectations: Expectations, *, synced: int, later: int
) -> int:
    """Cut a journal at every byte after its last fsync; return how many places that were."""
    folder = context.scratch("cut")
    writer = JournalWriter(folder, LAYOUT)
    for number in range(synced):
        writer.append(transition(number))
    writer.sync()
    safe = writer.offset
    for number in range(synced, synced + later):
        writer.append(transition(number))
    end = writer.offset.position
    writer.close()
    path = folder / "000000.journal"
    data = path.read_bytes()
    size = (end - safe.position) // later
    for cut in range(safe.position, end):
        path.write_bytes(data[:cut])
        again = JournalWriter(folder, LAYOUT)
        kept, dropped = again.offset.num_records, again.num_dropped_bytes
        again.close()
        whole = (cut - safe.position) // size
        expectations.expect(kept == synced + whole, f"cut at {cut}: {kept} rows kept")
        expectations.expect(dropped == (cut - safe.position) % size, f"cut at {cut}: not counted")
    return end - safe.position


def row_full(context: FaultContext) -> Outcome:
    """Row 23."""
    expectations = Expectations()
    folder = context.scratch("full")
    command = [sys.executable, "-m", "surefoot_nodes.faults.saver", "full", str(folder)]
    child = Child(command, log=folder.with_suffix(".log"), reads_output=True)
    told = dict(line.split() for line in child.lines)
    child.kill()
    expectations.expect(set(told) == {"full", "done"}, f"it ended early: {child.last_words()}")
    if not expectations.broken:
        contents = JournalReader(folder).read()
        whole = bool((contents.rows["reward"] == np.arange(len(contents.rows))).all())
        expectations.expect(len(contents.rows) == int(told["done"]), "rows are missing")
        expectations.expect(whole and contents.num_damaged == 0, "rows are damaged")
    return expectations.claim(
        f"no room after {told.get('full', '?')} rows: refused by name, no row torn;"
        f" {told.get('done', '?')} rows once there was room again",
        "by RLIMIT_FSIZE; gate and policy write no file while they control",
    )


def row_quarantine(context: FaultContext) -> Outcome:
    """Row 38."""
    from rl_agent.data.quarantine import Quarantine, QuarantineConfig

    del context
    expectations = Expectations()
    rows = np.zeros(100, LAYOUT.row_dtype)
    rows["obs"] = 0.5
    bad = {
        "reward not a number": (3, "reward", np.nan),
        "observation infinite": (20, "obs", np.inf),
        "action outside its bounds": (41, "action", 1.5),
        "applied action outside": (60, "applied_action", -7.0),
        "reward huge": (99, "reward", 1e9),
    }
    for index, name, value in bad.values():
        rows[name][index] = value
    quarantine = Quarantine(LAYOUT, QuarantineConfig())
    refused = set(np.flatnonzero(~quarantine.accept(rows)))
    for words, (index, _, _) in bad.items():
        expectations.expect(index in refused, f"{words}: accepted")
    expectations.expect(refused == {i for i, _, _ in bad.values()}, "good rows were refused")
    counted = quarantine.num_rejected == len(bad)
    expectations.expect(counted, f"counted {quarantine.num_rejected}")
    return expectations.claim(
        f"{len(bad)} of {len(bad)} poisoned rows kept out and counted, no good one",
        "gaps in time are left to the journal's assembler, which live training will bring",
    )


def row_pickle(context: FaultContext) -> Outcome:
    """Row 33."""
    from rl_agent.learning.checkpoint import (
        STATE_FILE,
        TENSORS_FILE,
        load_checkpoint,
        save_checkpoint,
    )

    expectations = Expectations()
    folder = context.scratch("pickle")
    marker = folder / "it_ran"
    payload = PAYLOAD % str(marker).encode()
    words = ""
    for name in (TENSORS_FILE, STATE_FILE):
        path = save_checkpoint(folder, "000000001", env_step=1, values={}, tensors={})
        (path / name).write_bytes(payload)
        try:
            load_checkpoint(folder)
            expectations.expect(False, f"a pickle in place of {name} was loaded")
        except CheckpointError as error:
            words = str(error).splitlines()[-1]
    expectations.expect(not marker.exists(), "the payload was executed")
    return expectations.claim("payload in each of 2 files: never executed", words[:160])
