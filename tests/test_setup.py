"""The set-up's own logic: what it says and does on machines that lack something."""

import os
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOG = """\
Processing /nowhere/torch-2.13.0-cp311-cp311-linux_x86_64.whl
Collecting numpy
  Downloading numpy-2.4.6-cp311-cp311-linux_x86_64.whl (16.5 MB)
  Downloading https://files.example/mpmath-1.3.0-py3-none-any.whl (536 kB)
  Using cached six-1.17.0-py2.py3-none-any.whl (11 kB)
[setup] took 40 s
  Downloading tiny-1.0-py3-none-any.whl (900 bytes)
[setup] took 2 s
"""


def bare_path(folder: Path, *programs: str) -> str:
    """A PATH that leads to these programs and no others."""
    folder.mkdir()
    for program in programs:
        found = shutil.which(program)
        assert found, program
        (folder / program).symlink_to(found)
    return str(folder)


def test_bytes_and_seconds_add_up_over_runs():
    summarise = runpy.run_path(str(ROOT / "scripts/setup_report.py"))["summarise"]
    # 16.5e6 + 536e3 + 900 bytes; the local wheel is not there any more and counts nothing.
    assert summarise(LOG) == {
        "seconds": 42,
        "downloaded_bytes": 17_036_900,
        "cached_bytes": 11_000,
        "local_bytes": 0,
    }


def test_a_machine_without_python_is_told_in_one_line(tmp_path):
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/setup", tmp_path / "scripts/setup")
    run = subprocess.run(
        [tmp_path / "scripts/setup"],
        env={"PATH": bare_path(tmp_path / "bin", "bash", "dirname", "uname", "rm", "grep")},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert run.stderr.startswith("[setup] Python 3.11 or newer")
    assert run.stderr.count("\n") == 1
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("has_compiler", [True, False])
def test_a_missing_compiler_is_named_and_worked_around(tmp_path, has_compiler):
    path = bare_path(tmp_path / "bin", "bash", "dirname", "env")
    compiler = "bash" if has_compiler else "no-such-compiler"  # only looked up, never run
    run = subprocess.run(
        [ROOT / "scripts/run", "env"],
        env={"PATH": path, "CXX": compiler, "MUJOCO_GL": "egl"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0
    assert ("TORCH_COMPILE_DISABLE=1" in run.stdout) is not has_compiler
    assert run.stderr.count("\n") == (0 if has_compiler else 1)


def test_a_missing_opengl_library_is_named_and_worked_around(tmp_path):
    # Without a working python in PATH nothing can draw, as without libEGL and libOSMesa.
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/run", tmp_path / "scripts/run")
    run = subprocess.run(
        [tmp_path / "scripts/run", "env"],
        env={"PATH": bare_path(tmp_path / "bin", "bash", "dirname", "env"), "CXX": "bash"},
        capture_output=True,
        text=True,
    )
    assert "MUJOCO_GL=disable" in run.stdout
    assert "apt install libegl1" in run.stderr
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize("script", ["setup", "run", "ros_entrypoint"])
def test_scripts_are_executable_bash(script):
    path = ROOT / "scripts" / script
    assert os.access(path, os.X_OK)
    assert subprocess.run(["bash", "-n", path], capture_output=True).stderr == b""


def test_make_lists_its_targets():
    shown = subprocess.run(["make", "-C", ROOT, "help"], capture_output=True, text=True)
    for target in ("demo", "test", "setup", "lint", "type", "bench", "wheel", "colcon"):
        assert f"  make {target} " in shown.stdout
