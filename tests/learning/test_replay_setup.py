import numpy as np
import pytest
from small_training import StopAfter, assert_same_end, small_config

from rl_agent.algorithms.sac import Sac
from rl_agent.data.journal import JournalReader
from rl_agent.data.replay_buffer import ReplayBuffer
from rl_agent.exceptions import JournalError, ProblemsError
from rl_agent.learning import replay_setup
from rl_agent.learning.checkpoint import load_checkpoint
from rl_agent.learning.config_file import parse_config
from rl_agent.learning.run_folder import journal_dir, read_config
from rl_agent.learning.training import TrainHooks, train

PRIORITIZED = {"priority_exponent": 0.6}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A run whose steps are another's demonstrations."""
    run_dir = tmp_path_factory.mktemp("runs") / "shown"
    train(small_config(seed=8, num_steps=40), run_dir)
    return run_dir


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """A run by priority that nothing interrupted."""
    run_dir = tmp_path_factory.mktemp("runs") / "whole"
    train(small_config(replay=PRIORITIZED), run_dir)
    return run_dir


def resumed(config, run_dir, looks):
    """Stop a run after `looks` looks, go on, and return what was told then."""
    assert not train(config, run_dir, stop=StopAfter(looks)).is_finished
    messages = []
    hooks = TrainHooks(on_message=messages.append)
    assert train(read_config(run_dir), run_dir, should_resume=True, hooks=hooks).is_finished
    return messages


@pytest.mark.parametrize("looks", [30, 60, 210])
def test_a_stopped_run_by_priority_goes_on_bit_by_bit(whole_run, tmp_path, looks):
    messages = resumed(small_config(replay=PRIORITIZED), tmp_path / "run", looks)
    assert not any("priorities" in message for message in messages)
    assert_same_end(whole_run, tmp_path / "run")


def test_priorities_follow_errors_and_change_what_is_learned(whole_run, tmp_path):
    state = load_checkpoint(whole_run).values["replay"]
    assert (state["size"], len(np.unique(state["priorities"]["values"])) > 50) == (100, True)
    train(small_config(), tmp_path)
    own, other = load_checkpoint(whole_run).tensors, load_checkpoint(tmp_path).tensors
    assert any(not np.array_equal(own[name], other[name]) for name in own)


def test_a_longer_run_keeps_its_schedule_of_weights(tmp_path):
    train(small_config(num_steps=30, replay=PRIORITIZED), tmp_path)
    assert read_config(tmp_path).replay.importance_steps == 30


@pytest.mark.parametrize("as_journal", [False, True])
def test_a_run_with_demonstrations_goes_on_bit_by_bit(shown, tmp_path, as_journal):
    folder = journal_dir(shown) if as_journal else shown
    config = small_config(num_steps=60, replay={"demonstrations": str(folder)})
    train(config, tmp_path / "whole")
    messages = resumed(config, tmp_path / "run", 60)
    assert "demonstrations: 40 rows (0 refused)" in messages
    assert_same_end(tmp_path / "whole", tmp_path / "run")
    assert len(JournalReader(journal_dir(tmp_path / "run")).read().rows) == 60


def test_rlpd_learns_twenty_times_a_step_from_both(shown, tmp_path):
    agent = {"num_qs": 10, "num_min_qs": 2, "use_layer_norm": True, "dropout_rate": 0.0}
    agent |= {"utd_ratio": 20, "policy_delay": 20, "backup_entropy": False}
    config = small_config(num_steps=60, agent=agent, replay={"demonstrations": str(shown)})
    result = train(config, tmp_path)
    assert (result.is_finished, result.gradient_step) == (True, 20 * (60 - 20))
    tensors = load_checkpoint(tmp_path).tensors
    assert tensors["critic_adam.num_steps"][0] == 800.0
    assert tensors["actor_adam.num_steps"][0] == 40.0  # once a step
    assert all(np.isfinite(tensor).all() for tensor in tensors.values())


def test_demonstrations_and_priorities_go_together(shown, tmp_path):
    config = small_config(num_steps=60, replay={"demonstrations": str(shown), **PRIORITIZED})
    train(config, tmp_path / "whole")
    resumed(config, tmp_path / "run", 60)
    assert_same_end(tmp_path / "whole", tmp_path / "run")


def test_demonstrations_that_changed_meanwhile_are_told(shown, tmp_path):
    train(small_config(seed=8, num_steps=40), tmp_path / "shown")
    config = small_config(replay={"demonstrations": str(tmp_path / "shown")})
    train(config, tmp_path / "run", stop=StopAfter(40))
    train(small_config(seed=8, num_steps=45), tmp_path / "shown", should_resume=True)
    messages = []
    hooks = TrainHooks(on_message=messages.append)
    train(read_config(tmp_path / "run"), tmp_path / "run", should_resume=True, hooks=hooks)
    assert any("demonstrations are others" in message for message in messages)


def test_senseless_demonstrations_are_refused(shown, tmp_path):
    with pytest.raises(ProblemsError, match=r"replay.demonstrations: .*no journal"):
        train(small_config(replay={"demonstrations": str(tmp_path / "none")}), tmp_path / "a")
    own = small_config(replay={"demonstrations": str(tmp_path / "b")})
    with pytest.raises(ProblemsError, match="the run's own"):
        train(own, tmp_path / "b")
    other = {"env": "Pendulum-v1", "relabel": {"fraction": 0.0}}
    with pytest.raises(ProblemsError, match="the environment has"):
        train(small_config(replay={"demonstrations": str(shown)}, **other), tmp_path / "c")


def test_large_buffers_lie_in_a_file_and_learn_the_same(whole_run, tmp_path, monkeypatch):
    folders = []

    class Watched(ReplayBuffer):
        def __init__(self, *args, folder, **kwargs):
            folders.append(folder)
            super().__init__(*args, folder=folder, **kwargs)

    monkeypatch.setattr(replay_setup, "ReplayBuffer", Watched)
    config = small_config(buffer_size=5000, replay=PRIORITIZED | {"max_memory_gb": 1e-6})
    resumed(config, tmp_path, 60)
    assert folders == [tmp_path, tmp_path]
    assert_same_end(whole_run, tmp_path)


def test_a_disk_without_room_is_a_problem_with_a_name(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError("No space left on device")

    monkeypatch.setattr("os.posix_fallocate", refuse)
    config = small_config(replay={"max_memory_gb": 0.0})
    with pytest.raises(ProblemsError, match=r"buffer_size: .*No space left"):
        train(config, tmp_path)


def test_an_algorithm_that_cannot_weigh_rows_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Sac, "takes_weights", False)
    with pytest.raises(ProblemsError, match=r"replay.priority_exponent: Sac can't weigh"):
        train(small_config(replay=PRIORITIZED), tmp_path)


def test_a_journal_that_does_not_hold_leaves_no_rows_behind(whole_run, tmp_path, monkeypatch):
    run_dir = tmp_path / "run"
    train(small_config(replay=PRIORITIZED), run_dir, stop=StopAfter(60))
    read = JournalReader.pass_to
    calls = []

    def fail_once(self, take, until=None):
        calls.append(until)
        tail = read(self, take, until)
        if len(calls) == 1:
            raise JournalError("was exchanged")
        return tail

    monkeypatch.setattr(JournalReader, "pass_to", fail_once)
    train(read_config(run_dir), run_dir, should_resume=True)
    assert len(calls) == 2
    assert_same_end(whole_run, run_dir)


@pytest.mark.parametrize(
    "changes",
    [
        {"priority_exponent": 1.5},
        {"importance_exponent": -0.1},
        {"importance_steps": 0},
        {"demonstrations": ""},
        {"demonstration_share": 1.0},
        {"max_memory_gb": -1.0},
    ],
)
def test_senseless_settings_are_refused(changes):
    with pytest.raises(ProblemsError, match=r"replay: .*must"):
        parse_config({"env": "X-v0", "replay": changes}, "test")


def test_a_resumed_run_finds_its_demonstrations_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = small_config(num_steps=70, replay={"demonstrations": "shown"})
    replay = replay_setup.resolve_replay(config).replay
    assert (replay.demonstrations, replay.importance_steps) == (str(tmp_path / "shown"), 70)
    longer = small_config(num_steps=90, replay={"importance_steps": 70})
    assert replay_setup.resolve_replay(longer).replay.importance_steps == 70
    assert replay_setup.resolve_replay(longer).replay.demonstrations is None
