"""The built wheel, used outside the checkout: what a user of `pip install surefoot` gets."""

import os
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "rl_agent": ROOT / "rl_agent",
    "sim": ROOT / "sim",
    "surefoot_nodes": ROOT / "ros_ws/src/surefoot_nodes/surefoot_nodes",
}
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None):
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from the files under version control, and no others."""
    source = tmp_path_factory.mktemp("source")
    listed = run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT)
    if listed.returncode:
        pytest.skip("the wheel is built from a git checkout")
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    built = run(*pip, "--wheel-dir", folder, source, cwd=source)
    assert built.returncode == 0, built.stdout + built.stderr
    return next(folder.glob("surefoot-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Environment variables under which Python finds the wheel before the checkout."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    done = run(*pip, "--target", target, wheel, cwd=target)
    assert done.returncode == 0, done.stdout + done.stderr
    return {**os.environ, "PYTHONPATH": str(target), "PATH": f"{target}/bin:{os.environ['PATH']}"}


def packaged(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_file_of_every_room_is_in_the_wheel(wheel):
    expected = {
        f"{package}/{path.relative_to(folder).as_posix()}"
        for package, folder in PACKAGES.items()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {"rl_agent/robots/so101.yaml", "sim/models/so101/so101.xml"} < expected
    assert expected - packaged(wheel) == set()


def test_nothing_else_is_in_the_wheel(wheel):
    tops = {name.split("/")[0] for name in packaged(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_verbs_are_listed_outside_the_checkout(installed, tmp_path):
    shown = run("surefoot", "--help", cwd=tmp_path, env=installed)
    assert shown.returncode == 0, shown.stderr
    for verb in SETTINGS["project"]["entry-points"]["surefoot.verbs"]:
        group, _, below = verb.partition(".")
        assert f"  {group} " in shown.stdout
        if below:
            help_of_group = run("surefoot", group, "--help", cwd=tmp_path, env=installed)
            assert f"  {below} " in help_of_group.stdout


def test_code_comes_from_the_wheel(installed, tmp_path):
    code = "import rl_agent, sim, surefoot_nodes; print(rl_agent, sim, surefoot_nodes)"
    shown = run(sys.executable, "-c", code, cwd=tmp_path, env=installed)
    assert shown.stdout.count(installed["PYTHONPATH"]) == 3, shown.stdout + shown.stderr


@pytest.mark.parametrize("robot", ["so101", "ur5e", "fr3", "cartpole"])
def test_robot_check_finds_profile_and_twin_in_the_wheel(installed, tmp_path, robot):
    checked = run("surefoot", "robot", "check", robot, cwd=tmp_path, env=installed)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert robot in checked.stdout


@pytest.mark.slow
@pytest.mark.ros
def test_twin_is_driven_over_ros_from_the_wheel(installed, tmp_path):
    pytest.importorskip("rclpy", reason="no ROS here: source it, or use x86-64 Linux")
    from ros_processes import fresh_domain

    log = tmp_path / "log"
    with log.open("w") as output:
        graph = subprocess.Popen(
            # A domain of its own: a twin refuses to start beside what another test left.
            ["surefoot", "up", "twin", "--domain", str(fresh_domain())],
            cwd=tmp_path,
            env=installed,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        # The gate says so once measurements and proposals both arrive.
        seen = wait_for("are fresh", log, graph, timeout_s=60.0)
        assert seen, log.read_text()
        nodes = [process.cmdline() for process in psutil.Process(graph.pid).children()]
        graph.send_signal(signal.SIGINT)
        graph.wait(timeout=10.0)
    finally:
        graph.kill()
        graph.wait()
    assert len(nodes) == 5, nodes


def wait_for(text: str, log: Path, process: subprocess.Popen, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and process.poll() is None:
        if text in log.read_text():
            return True
        time.sleep(0.1)
    return False
