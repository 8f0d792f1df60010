"""The ROS workspace builds with colcon, and installs what `ros2 run` and `ros2 launch` look for."""

import importlib.util
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from surefoot_nodes.graph import PACKAGE
from surefoot_nodes.parameter_tables import TABLES

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "ros_ws/src"
PACKAGES = (PACKAGE, "surefoot_bringup")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The install folder of a build from a copy of the sources."""
    if importlib.util.find_spec("colcon_core") is None:
        pytest.skip("colcon is not installed here; `make colcon` installs it")
    root = tmp_path_factory.mktemp("colcon")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    shutil.copytree(SOURCES, root / "ros_ws/src", ignore=ignored)
    shutil.copytree(ROOT / "launch", root / "launch", ignore=ignored)
    colcon = [sys.executable, "-m", "colcon", "--log-base", "log", "build"]
    bases = ["--base-paths", "ros_ws/src", "--build-base", "build", "--install-base", "install"]
    built = subprocess.run([*colcon, *bases], cwd=root, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stdout + built.stderr
    return root / "install"


@pytest.mark.slow
@pytest.mark.parametrize("node", TABLES)
def test_ros2_run_finds_every_node(installed, node):
    script = installed / PACKAGE / "lib" / PACKAGE / node
    assert script.stat().st_mode & 0o111
    # The interpreter that built it runs it: the one with rl_agent and its packages.
    assert script.read_text().startswith(f"#!{sys.executable}")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["twin", "robot", "observe"])
def test_ros2_launch_finds_every_launch_file(installed, kind):
    share = installed / "surefoot_bringup/share/surefoot_bringup"
    source = ROOT / f"launch/{kind}.launch.py"
    assert (share / f"launch/{kind}.launch.py").read_text() == source.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_in_the_index(installed, package):
    index = installed / package / "share/ament_index/resource_index/packages"
    assert (index / package).is_file()


@pytest.mark.slow
def test_data_files_are_installed(installed):
    assert list((installed / PACKAGE).rglob("surefoot_nodes/fastdds.xml"))


@pytest.mark.parametrize("package", PACKAGES)
def test_manifest_has_the_projects_version_and_licence(package):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    manifest = ElementTree.parse(SOURCES / package / "package.xml").getroot()  # noqa: S314  # ours
    assert manifest.findtext("name") == package
    assert manifest.findtext("version") == project["version"]
    assert manifest.findtext("license") == project["license"]["text"]
