"""The attacks must notice a defence that is not there, or counting nothing would pass."""

import numpy as np
import pytest
from bench.bundle_attacks import BundleAttacks, attack_bundles
from bench.damage import Tally, cut, damaged, one_bit, shifted, zeros
from bench.record_attacks import DAMAGES, CheckpointAttacks, JournalAttacks
from planar_robot import PlanarKinematics, planar_spec

from rl_agent.deploy.onnx_policy import OnnxPolicy
from rl_agent.exceptions import BundleError
from rl_agent.tasks.registry import make_task


@pytest.fixture
def bundles(tmp_path):
    spec = planar_spec()
    return BundleAttacks(tmp_path / "b", spec, make_task("reach", spec, PlanarKinematics()), 0)


def few(usual):
    return max(1, usual // 20)


@pytest.mark.parametrize("damage", [one_bit, cut, zeros, shifted])
def test_damage_is_never_none(damage):
    rng = np.random.default_rng(0)
    for data in (b"\0" * 50 + b"a", bytes(range(256))):
        assert all(damaged(damage, data, rng) != data for _ in range(200))


def test_whole_defences_accept_nothing_and_name_every_refusal(tmp_path, bundles):
    tally = Tally()
    attack_bundles(tally, bundles, few)
    CheckpointAttacks(tmp_path / "c", 0).attack(tally, few)
    JournalAttacks(tmp_path / "j", 0).attack(tally, few)
    assert (sum(tally.accepted.values()), tally.crashed) == (0, [])
    assert len(tally.tried) == 33
    assert "another bundle's file 1;" in tally.words() and "taken" not in tally.words()


def test_a_thousand_are_tried(bundles):
    records = 2 * sum(count for _, count in DAMAGES) + 20 + 15 + 5
    assert sum(count for count, _ in bundles.kinds().values()) + records == 1000


def test_without_golden_vectors_a_wrong_model_is_counted(bundles, monkeypatch):
    monkeypatch.setattr(OnnxPolicy, "_check_golden", lambda self, source: 0.0)
    tally = Tally()
    attack_bundles(tally, bundles, few)
    assert {kind for kind, count in tally.accepted.items() if count} == {
        "wrong model, hashes forged"
    }
    assert "taken: wrong model, hashes forged 2" in tally.words()


def test_without_the_signature_forged_bundles_are_counted(bundles, monkeypatch):
    monkeypatch.setattr("rl_agent.deploy.onnx_policy.check_signature", lambda *_: None)
    tally = Tally()
    attack_bundles(tally, bundles, few)
    assert {"signed by another key", "forged whole under an old signature", "no signature"} <= {
        kind for kind, count in tally.accepted.items() if count
    }


def test_without_checksums_a_damaged_journal_is_counted(tmp_path, monkeypatch):
    attacks = JournalAttacks(tmp_path / "j", 0)
    monkeypatch.setattr(
        "rl_agent.data.journal_segment._check", lambda records, data: np.ones(len(records), bool)
    )
    monkeypatch.setattr("rl_agent.data.journal.JournalReader.read", _read_without_digest)
    tally = Tally()
    attacks.attack(tally, few)
    assert tally.accepted["journal one_bit"] > 0


def _read_without_digest(self, until=None):
    from rl_agent.data.journal import JournalContents
    from rl_agent.data.journal_segment import scan_segment, segment_paths

    scans = [scan_segment(p, self.layout, b"") for p in segment_paths(self.directory).values()]
    return JournalContents(np.concatenate([scan.rows for scan in scans]), 0, "")


def test_a_reader_that_fails_otherwise_is_told():
    tally = Tally()

    def crash():
        raise IndexError("list index out of range")

    def refuse():
        raise BundleError("damaged")

    tally.attempt("a", crash)
    tally.attempt("a", refuse)
    tally.attempt("a", lambda: True)
    assert tally.crashed == ["a: IndexError: list index out of range"]
    assert tally.words() == "a 3; taken: a 1"
