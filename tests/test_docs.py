"""What the documents tell people to type or open must exist."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml
from typer.main import get_command

from rl_agent.cli.main import build_app
from surefoot_nodes.launch_factory import launch_arguments

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(path.name for path in ROOT.glob("*.md"))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#]+)\)")
FOLDERS = r"(?:rl_agent|sim|ros_ws|launch|tests|scripts|\.ci)"
# A path from the root: below a folder of ours, or a document or script beside it.
PATH = re.compile(rf"(?<![\w/.<>-])({FOLDERS}/[\w./-]*|[\w-]+\.(?:md|toml|txt))(?![\w*<{{])")


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def code_lines(document: str) -> list[str]:
    """Lines of fenced blocks, with continued lines joined, and inline code."""
    text = read(document)
    blocks = [body.replace("\\\n", " ") for _, body in FENCE.findall(text)]
    spans = SPAN.findall(FENCE.sub("", text))
    return [line.strip() for block in blocks for line in block.splitlines()] + spans


def commands(program: str) -> list[tuple[str, str]]:
    """(document, command line) for every use of a program, without its comment."""
    starts = re.compile(rf"^(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?{program}(?= [a-z-])")
    return [
        (document, line[match.start() :].split("  ")[0].split(" # ")[0])
        for document in DOCUMENTS
        for line in code_lines(document)
        if (match := starts.search(line))
    ]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))


def test_no_document_is_missing():
    expected = {"README.md", "CONTRIBUTING.md", "SAFETY.md", "DESIGN.md", "CHANGELOG.md"}
    assert expected <= set(DOCUMENTS)


@pytest.mark.parametrize(("document", "line"), commands("make"))
def test_make_targets_exist(document, line):
    words = [word for word in shlex.split(line) if "=" not in word]
    assert set(words[1:]) <= make_targets(), f"{document}: {line}"


@pytest.mark.parametrize(("document", "line"), commands("surefoot"))
def test_surefoot_commands_and_their_options_exist(document, line):
    command, words = get_command(build_app()), shlex.split(line)
    words = words[next(i for i, word in enumerate(words) if word.endswith("surefoot")) + 1 :]
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        verb = words.pop(0).split("|")[0]
        assert verb in command.commands, f"{document}: {line}: no verb {verb}"
        command = command.commands[verb]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    known |= {option for parameter in command.params for option in parameter.secondary_opts}
    used = {word.split("=")[0] for word in words if word.startswith("-")}
    assert used <= known, f"{document}: {line}"


@pytest.mark.parametrize(("document", "line"), [c for c in commands("ros2") if ":=" in c[1]])
def test_launch_arguments_exist(document, line):
    path, *words = shlex.split(line)[2:]
    known = {argument.name for argument in launch_arguments(Path(path).name.split(".")[0])}
    assert {word.split(":=")[0] for word in words} <= known, f"{document}: {line}"


def test_the_readme_names_what_a_live_run_leaves_and_shows():
    for needed in ("live.html", "panel", "fsync", "journal.sync", "--teleop", "privileged"):
        assert needed in read("README.md")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_paths_exist(document):
    named = set(LINK.findall(read(document)))
    for line in code_lines(document):
        named |= set(PATH.findall(line))
    # Capitals stand for a name of the reader's choice; package files are named as what must not be.
    paths = {n for n in named if not re.search(r"^https?:|NAME|FILE|__init__\.py$", n)}
    # DESIGN.md drops the folder where its table of rooms has just named it.
    missing = {p for p in paths if not ((ROOT / p).exists() or (ROOT / "rl_agent" / p).exists())}
    assert missing == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_named_tests_exist(document):
    named = re.findall(r"(tests/[\w/]+\.py)::(\w+)", read(document))
    definition = "^(?:    )?(?:def|class) {}\\b"
    missing = [
        (path, name)
        for path, name in named
        if not re.search(definition.format(name), read(path), re.MULTILINE)
    ]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_environment_ids_are_registered(document):
    gymnasium = pytest.importorskip("gymnasium")
    ids = set(re.findall(r"sim:(\w+-v\d+)", read(document)))
    import sim  # noqa: F401  # fills the table of ids

    assert ids <= set(gymnasium.registry)


def test_python_examples_run(tmp_path):
    blocks = [body for language, body in FENCE.findall(read("README.md")) if language == "python"]
    assert blocks
    for block in blocks:
        run = subprocess.run(
            [sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True
        )
        assert run.returncode == 0, block + run.stderr


def test_readme_begins_with_what_a_reader_needs_first():
    top = "\n".join(read("README.md").splitlines()[:40])
    for needed in ("make demo", "make test", "joint_states", "Stop", "not certified"):
        assert needed in top


def test_readme_lists_every_algorithm():
    from rl_agent.algorithms.registry import ALGORITHMS

    for algorithm in ALGORITHMS.values():
        assert algorithm.path.split(":")[0].replace(".", "/") + ".py" in read("README.md")
    relatives = relatives_of_sac()
    assert relatives.keys() == {"REDQ", "DroQ", "SAC-N", "RLPD"}
    for name in relatives:
        assert f"[{name}](https://arxiv.org/abs/" in read("README.md"), name


def relatives_of_sac() -> dict[str, dict]:
    """What the README has a user set for each, by dotted key."""
    rows = re.findall(r"^\| ([\w-]+) \| `(\w+\.[^`]*=[^`]*)`", read("README.md"), re.MULTILINE)
    return {name: read_settings(words.split()) for name, words in rows}


def read_settings(words: list[str]) -> dict:
    pairs = (word.split("=") for word in words)
    return {key: yaml.safe_load(value) for key, value in pairs}


def test_relatives_of_sac_are_told_alike_in_readme_and_code():
    from rl_agent.algorithms.sac_config import SacConfig

    documented = re.findall(r"^    ([A-Z][\w-]+): `(.*?)`", SacConfig.__doc__, re.M | re.S)
    of_code = {name: read_settings(words.replace(",", " ").split()) for name, words in documented}
    of_readme = {
        name: {k.removeprefix("agent."): v for k, v in settings.items() if k.startswith("agent.")}
        for name, settings in relatives_of_sac().items()
    }
    assert of_readme == of_code


def test_relatives_of_sac_can_be_set_and_update_the_actor_once_a_step():
    from rl_agent.learning.config_file import parse_config, set_value

    for name, settings in relatives_of_sac().items():
        data = {"env": "Pendulum-v1"}
        for key, value in settings.items():
            set_value(data, key, value)
        agent = parse_config(data, name).agent
        assert agent.policy_delay == agent.utd_ratio, name


def test_every_verb_has_help():
    app = get_command(build_app())
    assert isinstance(app, typer.core.TyperGroup)
    for name, command in app.commands.items():
        assert command.help or command.short_help, name


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_classifier_that_is_judged_with_was_written_by_a_line_before(document):
    text = "\n".join(code_lines(document))
    for use in re.finditer(r"--judge (\S+\.json)", text):
        assert re.search(rf"judge fit .*--out {re.escape(use[1])}\b", text[: use.start()])
