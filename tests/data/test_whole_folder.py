import fcntl
import os

import pytest

from rl_agent.data.whole_folder import replace_folder

OLD = {"a": b"old a", "b": b"old b"}
NEW = {"a": b"new a", "c": b"new c"}
STEPS = ("mkdir", "fsync", "rename", "replace", "unlink", "rmdir")


class KilledError(BaseException):
    """A process was killed: it does nothing more, not even what stands under `finally`."""


def kill_at(monkeypatch, step):
    """Let a process die before its step of that number, from 0, and every later one."""
    count = iter(range(1000))

    def dying(function):
        def call(*args, **kwargs):
            if next(count) >= step:
                raise KilledError
            return function(*args, **kwargs)

        return call

    for name in STEPS:
        monkeypatch.setattr(os, name, dying(getattr(os, name)))


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else None


def test_a_folder_is_made_with_its_parents_and_replaced_whole(tmp_path):
    final = tmp_path / "deep" / "folder"
    replace_folder(final, OLD)
    assert content(final) == OLD
    replace_folder(final, NEW)
    assert content(final) == NEW
    assert os.listdir(final.parent) == ["folder"]


def test_every_file_and_folder_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    steps = []
    fsync, rename = os.fsync, os.rename

    def noted_fsync(descriptor):
        steps.append(os.readlink(f"/proc/self/fd/{descriptor}").rpartition("/")[2])
        fsync(descriptor)

    def noted_rename(source, target):
        steps.append("rename")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "rename", noted_rename)
    replace_folder(tmp_path / "folder", {"a": b"", "b": b""})
    assert [step.split(".")[1] if step.startswith(".") else step for step in steps] == [
        *("a", "new", "b", "new"),
        *("rename", tmp_path.name),
    ]


@pytest.mark.parametrize("before", [OLD, None], ids=["replaced", "new"])
def test_a_kill_at_any_step_leaves_one_or_the_other_and_the_next_writer_clears_up(
    tmp_path, monkeypatch, before
):
    is_done, states = False, []
    for step in range(100):
        parent = tmp_path / str(step)
        final, neighbour = parent / "folder", parent / "neighbour"
        parent.mkdir()
        if before is not None:
            replace_folder(final, before)
        with monkeypatch.context() as patch:
            kill_at(patch, step)
            try:
                replace_folder(final, NEW)
                is_done = True
            except KilledError:
                pass
        found = content(final)
        states.append(found)
        assert found in (before, NEW, None)
        replace_folder(neighbour, {"n": b""})
        # Where it was killed between the two renames, the old one is back.
        assert content(final) == (NEW if found == NEW else before)
        assert sorted(os.listdir(parent)) == ["folder"] * final.exists() + ["neighbour"]
        if is_done:
            break
    # None: between the two renames, or before the only one.
    assert is_done and before in states and None in states and states[-1] == NEW


@pytest.mark.parametrize("name", ["rename", "replace"])
@pytest.mark.parametrize("number", [0, 1])
def test_a_failure_at_any_rename_leaves_the_old_one_and_no_litter(
    tmp_path, monkeypatch, name, number
):
    replace_folder(tmp_path / "folder", OLD)
    calls, function = iter(range(100)), getattr(os, name)

    def fail_once(source, target):
        if next(calls) == number:
            raise OSError(5, "Input/output error")
        function(source, target)

    monkeypatch.setattr(os, name, fail_once)
    with pytest.raises(OSError, match="Input/output error"):
        replace_folder(tmp_path / "folder", NEW)
    assert content(tmp_path / "folder") == OLD
    assert os.listdir(tmp_path) == ["folder"]


def test_what_cannot_be_put_back_at_once_is_kept_until_it_can(tmp_path, monkeypatch):
    replace_folder(tmp_path / "folder", OLD)
    calls, rename = iter(range(100)), os.rename

    def fail_after_the_first(source, target):
        if next(calls) > 0:
            raise OSError(5, "Input/output error")
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fail_after_the_first)
        with pytest.raises(OSError, match="Input/output error"):
            replace_folder(tmp_path / "folder", NEW)
    assert content(tmp_path / "folder") is None
    replace_folder(tmp_path / "other", NEW)
    assert content(tmp_path / "folder") == OLD
    assert sorted(os.listdir(tmp_path)) == ["folder", "other"]


def test_a_folder_that_was_removed_after_a_kill_does_not_come_back(tmp_path, monkeypatch):
    final = tmp_path / "folder"
    replace_folder(final, OLD)
    with monkeypatch.context() as patch:
        for name in ("unlink", "rmdir"):  # killed after the new one had come
            patch.setattr(os, name, lambda *args, **kwargs: (_ for _ in ()).throw(KilledError))
        with pytest.raises(KilledError):
            replace_folder(final, NEW)
    assert content(final) == NEW and len(os.listdir(tmp_path)) == 2
    final.rename(tmp_path / "away")
    replace_folder(tmp_path / "other", NEW)
    assert sorted(os.listdir(tmp_path)) == ["away", "other"]


def second_writer(monkeypatch, when, write):
    """Let `write` run once, just before a rename for which `when(source, target)` holds."""
    rename, has_run = os.rename, []

    def call(source, target):
        if when(source, target) and not has_run:
            has_run.append(True)
            write()
        rename(source, target)

    monkeypatch.setattr(os, "rename", call)
    return has_run


def test_a_writer_does_not_clear_away_what_another_is_at(tmp_path, monkeypatch):
    has_run = second_writer(
        monkeypatch,
        lambda source, target: target == tmp_path / "first",
        lambda: replace_folder(tmp_path / "second", OLD),
    )
    replace_folder(tmp_path / "first", NEW)
    assert has_run
    assert content(tmp_path / "first") == NEW and content(tmp_path / "second") == OLD
    assert sorted(os.listdir(tmp_path)) == ["first", "second"]


def test_a_writer_that_began_beside_another_is_safe_after_that_one_has_ended(tmp_path, monkeypatch):
    earlier = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(earlier, fcntl.LOCK_SH)

    def earlier_ends_and_a_third_begins():
        os.close(earlier)
        replace_folder(tmp_path / "third", OLD)

    has_run = second_writer(
        monkeypatch,
        lambda source, target: target == tmp_path / "second",
        earlier_ends_and_a_third_begins,
    )
    replace_folder(tmp_path / "second", NEW)
    assert has_run
    assert content(tmp_path / "second") == NEW and content(tmp_path / "third") == OLD


@pytest.mark.parametrize("is_before_the_first_rename", [True, False])
def test_of_two_that_replace_one_folder_at_once_one_is_left_whole(
    tmp_path, monkeypatch, is_before_the_first_rename
):
    final, other = tmp_path / "folder", {"o": b"other"}
    replace_folder(final, OLD)
    has_run = second_writer(
        monkeypatch,
        lambda source, target: (source if is_before_the_first_rename else target) == final,
        lambda: replace_folder(final, other),
    )
    if is_before_the_first_rename:
        replace_folder(final, NEW)
    else:
        with pytest.raises(OSError, match="not empty"):
            replace_folder(final, NEW)
    assert has_run
    assert content(final) == (NEW if is_before_the_first_rename else other)
    assert os.listdir(tmp_path) == ["folder"]


def test_where_a_file_system_has_no_locks_nothing_is_cleared_away(tmp_path, monkeypatch):
    left = tmp_path / ".folder.abcdefgh.replacing"
    left.mkdir()

    def no_locks(descriptor, how):
        raise OSError(9, "Bad file descriptor")

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", no_locks)
        replace_folder(tmp_path / "folder", NEW)
    assert content(tmp_path / "folder") == NEW and left.exists()
    replace_folder(tmp_path / "folder", OLD)
    assert os.listdir(tmp_path) == ["folder"]


def test_folders_of_other_names_are_left_alone(tmp_path):
    names = [".folder.old", ".folder.tmp", "folder.abcdefgh.replacing", ".folder.x.replacing"]
    for name in names:
        (tmp_path / name).mkdir()
    replace_folder(tmp_path / "folder", NEW)
    assert sorted(os.listdir(tmp_path)) == sorted([*names, "folder"])
