import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rl_agent.exceptions import CheckpointError
from rl_agent.learning.checkpoint import (
    checkpoints_dir,
    load_checkpoint,
    prune_checkpoints,
    read_checkpoint,
    save_checkpoint,
    step_checkpoints,
    step_name,
)

FILES = ["state.json", "tensors.safetensors"]


def save(run_dir, env_step, name=None):
    return save_checkpoint(
        run_dir,
        name or step_name(env_step),
        env_step=env_step,
        values={"env": {"position": np.array([env_step, 0.5])}, "best": None},
        tensors={"actor.weight": np.full((2, 3), env_step, np.float32)},
    )


def test_save_and_load(tmp_path):
    save(tmp_path, 7)
    checkpoint = load_checkpoint(tmp_path)
    assert checkpoint.env_step == 7
    assert checkpoint.values["env"]["position"].tolist() == [7.0, 0.5]
    assert checkpoint.values["best"] is None
    assert checkpoint.tensors["actor.weight"].dtype == np.float32
    assert checkpoint.tensors["actor.weight"].tolist() == [[7.0] * 3] * 2


def test_the_newest_is_loaded_and_the_best_on_demand(tmp_path):
    for env_step in (9, 100, 20):
        save(tmp_path, env_step)
    save(tmp_path, 9, "best")
    assert load_checkpoint(tmp_path).env_step == 100
    assert load_checkpoint(tmp_path, "best").env_step == 9


def test_pruning_keeps_the_two_newest_and_the_best(tmp_path):
    for env_step in (1, 2, 3, 10):
        save(tmp_path, env_step)
    save(tmp_path, 1, "best")
    prune_checkpoints(tmp_path)
    assert [int(path.name) for path in step_checkpoints(tmp_path)] == [10, 3]
    assert load_checkpoint(tmp_path, "best").env_step == 1


def test_saving_again_replaces(tmp_path):
    save(tmp_path, 5)
    path = save(tmp_path, 5)
    assert read_checkpoint(path).env_step == 5
    assert [entry.name for entry in checkpoints_dir(tmp_path).iterdir()] == [step_name(5)]


def test_an_unfinished_checkpoint_is_no_checkpoint_and_the_next_save_removes_it(tmp_path):
    save(tmp_path, 5)
    work = checkpoints_dir(tmp_path) / f".{step_name(6)}.abcdefgh.replacing"
    whole = save(tmp_path, 6)
    work.mkdir()
    whole.rename(work / "new")
    assert load_checkpoint(tmp_path).env_step == 5
    assert [int(path.name) for path in step_checkpoints(tmp_path)] == [5]
    save(tmp_path, 7)
    assert load_checkpoint(tmp_path).env_step == 7
    names = [path.name for path in checkpoints_dir(tmp_path).iterdir()]
    assert sorted(names) == [step_name(5), step_name(7)]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "remove"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, file, damage):
    save(tmp_path, 5)
    path = save(tmp_path, 6) / file
    data = bytearray(path.read_bytes())
    if damage == "remove":
        path.unlink()
    else:
        data[len(data) // 2] ^= 4
        kept = {"flip": data, "cut": data[: len(data) // 2], "empty": b""}[damage]
        path.write_bytes(kept)
    assert load_checkpoint(tmp_path).env_step == 5
    with pytest.raises(CheckpointError, match=str(step_name(6))):
        read_checkpoint(path.parent)


def test_a_flipped_bit_is_noticed_also_where_json_means_the_same(tmp_path):
    """1e-07 and 1E-07 are one number, but not one file."""
    run = tmp_path / "run"
    path = save_checkpoint(run, "best", env_step=1, values={"tiny": 1e-07}, tensors={})
    whole = (path / "state.json").read_bytes()
    for place in range(len(whole)):
        for bit in (0, 5, 7):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << bit
            (path / "state.json").write_bytes(damaged)
            with pytest.raises(CheckpointError):
                read_checkpoint(path)
    (path / "state.json").write_bytes(whole)
    assert read_checkpoint(path).values == {"tiny": 1e-07}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "7", "null", "{}", '{"body": []}', "[" * 100_000, '{"body": {}, "body_sha256": 1}'],
)
def test_any_other_document_is_refused_by_name(tmp_path, text):
    path = save(tmp_path, 6)
    (path / "state.json").write_text(text)
    with pytest.raises(CheckpointError, match=step_name(6)):
        read_checkpoint(path)


def test_every_flipped_byte_is_noticed(tmp_path):
    path = save(tmp_path, 6)
    for file in FILES:
        whole = (path / file).read_bytes()
        for place in range(0, len(whole), 7):
            damaged = bytearray(whole)
            damaged[place] ^= 1
            (path / file).write_bytes(damaged)
            with pytest.raises(CheckpointError):
                read_checkpoint(path)
        (path / file).write_bytes(whole)
    assert read_checkpoint(path).env_step == 6


def test_without_any_whole_checkpoint_all_faults_are_told(tmp_path):
    with pytest.raises(CheckpointError, match="train one first"):
        load_checkpoint(tmp_path)
    (save(tmp_path, 3) / "state.json").unlink()
    with pytest.raises(CheckpointError, match=step_name(3)):
        load_checkpoint(tmp_path)


@given(file=st.sampled_from(FILES), data=st.binary(max_size=300))
@settings(max_examples=80, deadline=None)
def test_any_bytes_are_refused_by_name(tmp_path_factory, file, data):
    path = save(tmp_path_factory.mktemp("fuzz"), 6)
    (path / file).write_bytes(data)
    with pytest.raises(CheckpointError, match=step_name(6)):
        read_checkpoint(path)


def test_what_is_taken_instead_of_a_damaged_checkpoint_is_told(tmp_path):
    save(tmp_path, 5)
    (save(tmp_path, 6) / "state.json").unlink()
    (save(tmp_path, 5, "best") / "state.json").unlink()
    messages = []
    assert load_checkpoint(tmp_path, "best", messages.append).env_step == 5
    newest, best = messages
    assert step_name(6) in newest and "taking an older checkpoint, of step 5" in newest
    assert "best" in best and "taking the newest checkpoint instead, of step 5" in best


def test_a_best_that_never_was_is_not_replaced(tmp_path):
    save(tmp_path, 5)
    with pytest.raises(CheckpointError, match="best"):
        load_checkpoint(tmp_path, "best")


@pytest.mark.parametrize("has_steps", [True, False])
def test_a_damaged_best_is_told_where_nothing_else_holds_either(tmp_path, has_steps):
    if has_steps:
        (save(tmp_path, 6) / "state.json").unlink()
    (save(tmp_path, 5, "best") / "state.json").unlink()
    with pytest.raises(CheckpointError, match="no whole checkpoint") as caught:
        load_checkpoint(tmp_path, "best")
    assert "checkpoints/best" in str(caught.value)
    assert (step_name(6) in str(caught.value)) is has_steps
