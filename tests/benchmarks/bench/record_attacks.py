"""Checkpoints and journals that must not be taken for good: damaged, exchanged, of another run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from bench.damage import Damage, Tally, cut, damaged, one_bit, shifted, zeros
from transitions import LAYOUT, transition

from rl_agent.data.journal import JournalConfig, JournalOffset, JournalReader, JournalWriter
from rl_agent.learning.checkpoint import read_checkpoint, save_checkpoint

Files = dict[str, bytes]
NUM_RECORDS, SEGMENT_RECORDS = 24, 12
DAMAGES: tuple[tuple[Damage, int], ...] = ((one_bit, 65), (cut, 15), (zeros, 10), (shifted, 10))


class CheckpointAttacks:
    """A checkpoint under attack."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._rng = np.random.default_rng(seed)
        self._files, self._other = self._make(1), self._make(2)
        self.check_original()

    def check_original(self) -> None:
        """Insist that the undamaged one is read."""
        self._reads(self._files)

    def attack(self, tally: Tally, count_of: Callable[[int], int]) -> None:
        """Try every kind."""
        for damage, usual in DAMAGES:
            for _ in range(count_of(usual)):
                tally.attempt(f"checkpoint {damage.__name__}", partial(self._damaged, damage))
        for _ in range(count_of(20)):
            tally.attempt("checkpoint of two", self._mixed)
        self.check_original()

    def _damaged(self, damage: Damage) -> bool:
        name = str(self._rng.choice(sorted(self._files)))
        return self._reads({**self._files, name: damaged(damage, self._files[name], self._rng)})

    def _mixed(self) -> bool:
        name = str(self._rng.choice(sorted(self._files)))
        return self._reads({**self._files, name: self._other[name]})

    def _reads(self, files: Files) -> bool:
        path = self._folder / "damaged"
        path.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (path / name).write_bytes(data)
        read_checkpoint(path)
        return True

    def _make(self, seed: int) -> Files:
        rng = np.random.default_rng(seed)
        path = save_checkpoint(
            self._folder / "run",
            f"{seed:09d}",
            env_step=seed,
            values={
                "rng": rng.bit_generator.state,
                "env": {"q": rng.standard_normal(6)},
                "a": 1e-7,
            },
            tensors={"actor.weight": rng.standard_normal((32, 16)).astype(np.float32)},
        )
        return {file.name: file.read_bytes() for file in path.iterdir()}


class JournalAttacks:
    """A journal of two segments under attack; it is read as a resumed training reads it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._rng = np.random.default_rng(seed)
        self._files, self._offset = self._make(1)
        self._other, _ = self._make(2)
        self._rows = [row.tobytes() for row in self._read(self._files)[0]]
        if len(self._rows) != NUM_RECORDS:
            raise ValueError(f"expected {NUM_RECORDS} rows, found {len(self._rows)}")

    def attack(self, tally: Tally, count_of: Callable[[int], int]) -> None:
        """Try every kind."""
        for damage, usual in DAMAGES:
            for _ in range(count_of(usual)):
                tally.attempt(f"journal {damage.__name__}", partial(self._damaged, damage))
        for _ in range(count_of(15)):
            tally.attempt("journal of two runs", self._mixed)
        for _ in range(count_of(5)):
            tally.attempt("journal's segments exchanged", self._exchanged)

    def _damaged(self, damage: Damage) -> bool:
        name = str(self._rng.choice(sorted(self._files)))
        return self._takes({**self._files, name: damaged(damage, self._files[name], self._rng)})

    def _mixed(self) -> bool:
        names = sorted(self._files)
        chosen = names if self._rng.integers(2) else [str(self._rng.choice(names))]
        return self._takes({**self._files, **{name: self._other[name] for name in chosen}})

    def _exchanged(self) -> bool:
        first, second = sorted(self._files)
        return self._takes({first: self._files[second], second: self._files[first]})

    def _takes(self, files: Files) -> bool:
        """Return whether anything is read that was not written, or a loss is not told."""
        rows, num_damaged = self._read(files)
        found = [row.tobytes() for row in rows]
        left = iter(self._rows)
        # A subsequence: what is damaged may be left out, nothing may be added or changed.
        is_subset = all(row in left for row in found)
        is_told = num_damaged == NUM_RECORDS - len(found) > 0
        return not (is_subset and is_told)

    def _read(self, files: Files) -> tuple[np.ndarray, int]:
        directory = self._folder / "damaged"
        directory.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (directory / name).write_bytes(data)
        contents = JournalReader(directory).read(self._offset)
        return contents.rows, contents.num_damaged

    def _make(self, seed: int) -> tuple[Files, JournalOffset]:
        directory = self._folder / f"run{seed}"
        config = JournalConfig(sync="none", segment_records=SEGMENT_RECORDS)  # type: ignore[arg-type]
        writer = JournalWriter(directory, LAYOUT, config)
        for index in range(NUM_RECORDS):
            writer.append(transition(1000 * seed + index))
        offset = writer.offset
        writer.close()
        return {path.name: path.read_bytes() for path in directory.glob("*.journal")}, offset
