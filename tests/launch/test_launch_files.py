"""The launch files against a recording double of `launch`: same graph as `surefoot up`."""

import os
import runpy
import subprocess
import sys
import types
from pathlib import Path

import pytest
import typer

from rl_agent.exceptions import SurefootError
from surefoot_nodes import live_cli
from surefoot_nodes.environment import LOOPBACK_PROFILE
from surefoot_nodes.graph import GraphConfig, make_graph
from surefoot_nodes.launch_factory import launch_arguments

ROOT = Path(__file__).parents[2]
NAV2 = {
    "namespace",
    "use_sim_time",
    "params_file",
    "autostart",
    "log_level",
    "use_respawn",
}


class Recorded:
    """Keeps what it was made with."""

    def __init__(self, *args, **kwargs):
        self.args, self.kwargs = args, kwargs


class Context:
    """Values of launch arguments."""

    def __init__(self, values):
        self.values = values


class LaunchConfiguration(Recorded):
    def perform(self, context):
        return context.values[self.args[0]]


def double(monkeypatch, name, **members):
    module = types.ModuleType(name)
    for key, value in members.items():
        setattr(module, key, value)
    monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture(autouse=True)
def launch(monkeypatch):
    kinds = ("DeclareLaunchArgument", "OpaqueFunction", "SetEnvironmentVariable")
    kinds += ("ExecuteProcess", "Shutdown")
    actions = {kind: type(kind, (Recorded,), {}) for kind in kinds}
    double(monkeypatch, "launch", LaunchDescription=type("LaunchDescription", (Recorded,), {}))
    double(monkeypatch, "launch.actions", **actions)
    double(monkeypatch, "launch.substitutions", LaunchConfiguration=LaunchConfiguration)
    double(monkeypatch, "launch_ros")
    double(monkeypatch, "launch_ros.actions", Node=type("Node", (Recorded,), {}))
    for name in ("ROS_DOMAIN_ID", "ROS_AUTOMATIC_DISCOVERY_RANGE", "VIRTUAL_ENV"):
        monkeypatch.delenv(name, raising=False)


def start(kind, **values):
    """Run a launch file; return (environment, nodes by name)."""
    actions = actions_of(kind, values)
    variables = dict(a.args for a in actions if type(a).__name__ == "SetEnvironmentVariable")
    nodes = {a.kwargs["name"]: a.kwargs for a in actions if type(a).__name__ == "Node"}
    return variables, nodes


def actions_of(kind, values):
    """Return what a launch file starts, as launch asks for it."""
    module = runpy.run_path(str(ROOT / f"launch/{kind}.launch.py"))
    (entities,) = module["generate_launch_description"]().args
    declared = {e.args[0]: e.kwargs["default_value"] for e in entities[:-1]}
    function = entities[-1].kwargs
    return function["function"](Context({**declared, **values}), *function["args"])


@pytest.mark.parametrize("kind", ["twin", "robot", "observe"])
def test_arguments_have_nav2s_names_and_descriptions(kind):
    arguments = {argument.name: argument for argument in launch_arguments(kind)}
    assert set(arguments) >= NAV2
    assert all(argument.description for argument in arguments.values())


@pytest.mark.parametrize("kind", ["twin", "robot", "observe", "teleop"])
def test_starts_the_graph_of_surefoot_up_and_its_supervisor(kind):
    _, nodes = start(kind)
    period_s = 4.0 if kind == "twin" else 0.0
    blackbox = "" if kind == "teleop" else str(Path("runs/blackbox").absolute())
    speed = 0.25 if kind == "robot" else 1.0
    config = GraphConfig(goal_period_s=period_s, blackbox=blackbox, speed=speed)
    graph = make_graph(kind, config)
    assert list(nodes) == [*(spec.executable for spec in graph), "supervisor"]
    for spec in graph:
        node = nodes[spec.executable]
        assert (node["package"], node["executable"]) == (spec.package, spec.executable)
        assert node["parameters"] == [{**spec.parameters, "use_sim_time": False}]
        assert node["remappings"] == list(spec.remaps)
        assert node["respawn"] is True


def test_supervisor_arms_twins_only():
    _, nodes = start("twin")
    (parameters,) = nodes["supervisor"]["parameters"]
    names = ["blackbox_node", "twin_node", "safety_node", "policy_node", "goal_node"]
    assert parameters["nodes"] == names
    assert parameters["auto_arm"] is True
    for kind in ("robot", "observe"):
        (parameters,) = start(kind)[1]["supervisor"]["parameters"]
        assert parameters["auto_arm"] is False


def live(**values):
    """Return what train.launch.py lets `surefoot live` do: (twin or robot, parsed options)."""
    (action,) = actions_of("train", values)
    python, _, module, verb, kind, *words = action.kwargs["cmd"]
    assert (python, module, verb) == (sys.executable, "rl_agent.cli.main", "live")
    verbs = typer.main.get_command(live_cli.app).commands
    return kind, verbs[kind].make_context(kind, words).params


def test_training_takes_every_option_of_surefoot_live():
    options = {p.name: p for p in typer.main.get_command(live_cli.app).commands["twin"].params}
    own = {"has_teleop": "teleop", "is_lockstep": "lockstep", "params": "params_file"}
    names = {name: own.get(name, name) for name in options} | {"settings": "set"}
    del names["no_blackbox"]
    arguments = {argument.name: argument for argument in launch_arguments("train")}
    assert set(arguments) == {"twin", *names.values()}
    assert all(argument.description for argument in arguments.values())
    for name, argument in names.items():
        given, expected = "7", {"minutes": 7.0, "goal_period_s": 7.0, "settings": ["7"]}
        if options[name].is_flag:
            given, expected = str(not options[name].default), {name: not options[name].default}
        value = live(**{argument: given})[1][name]
        assert str(value) == str(expected.get(name, given)), name
        assert value != options[name].default


@pytest.mark.parametrize("kind", ["twin", "robot"])
def test_training_without_arguments_is_surefoot_live_without_options(kind):
    found, values = live(twin=str(kind == "twin"))
    assert found == kind
    assert (
        values == typer.main.get_command(live_cli.app).commands[kind].make_context(kind, []).params
    )


def test_training_takes_several_settings_and_no_black_box():
    values = live(set="live.publish_every_s=10 'env_options.robot=my arm.yaml'", blackbox="")[1]
    assert values["settings"] == ["live.publish_every_s=10", "env_options.robot=my arm.yaml"]
    assert values["blackbox"] == ""


def test_launch_ends_with_the_training_and_gives_it_time_to():
    (action,) = actions_of("train", {})
    assert type(action.kwargs["on_exit"]).__name__ == "Shutdown"
    assert float(action.kwargs["sigterm_timeout"]) >= 60.0
    assert float(action.kwargs["sigkill_timeout"]) >= 60.0
    assert action.kwargs["output"] == "screen"


def test_black_box_can_be_left_out_or_put_elsewhere():
    assert "blackbox_node" not in start("twin", blackbox="")[1]
    parameters = start("robot", blackbox="/boxes")[1]["blackbox_node"]["parameters"][0]
    assert parameters["folder"] == "/boxes"
    assert "blackbox" not in {argument.name for argument in launch_arguments("observe")}


def test_twin_stays_on_this_machine():
    variables, _ = start("twin")
    assert variables["FASTRTPS_DEFAULT_PROFILES_FILE"] == str(LOOPBACK_PROFILE)
    assert variables["ROS_DOMAIN_ID"] == "42"
    assert start("robot")[0]["ROS_DOMAIN_ID"] == "0"
    assert "ROS_AUTOMATIC_DISCOVERY_RANGE" not in start("robot")[0]
    assert start("twin", domain="7")[0]["ROS_DOMAIN_ID"] == "7"


def test_arguments_reach_the_nodes(tmp_path):
    params = tmp_path / "params.yaml"
    params.write_text("goal_node: {ros__parameters: {seed: 9}}\n")
    _, nodes = start(
        "twin",
        namespace="arm1",
        use_sim_time="true",
        params_file=str(params),
        autostart="False",
        log_level="debug",
        use_respawn="false",
        policy_hz="50",
        actor="random",
    )
    policy = nodes["policy_node"]
    assert policy["namespace"] == "arm1"
    assert policy["respawn"] is False
    assert policy["ros_arguments"] == ["--log-level", "debug"]
    assert policy["parameters"][0]["policy_hz"] == 50.0
    assert policy["parameters"][0]["actor"] == "random"
    assert policy["parameters"][0]["use_sim_time"] is True
    assert nodes["goal_node"]["parameters"][0]["seed"] == 9
    assert nodes["supervisor"]["parameters"][0]["autostart"] is False


@pytest.mark.parametrize("values", [{"robot": "so10"}, {"actor": "onnx"}, {"params_file": "no"}])
def test_mistakes_start_nothing(values):
    with pytest.raises(SurefootError):
        start("robot", **values)


def test_the_systems_python_finds_what_the_activated_environment_holds(tmp_path):
    if sys.prefix == sys.base_prefix:
        pytest.skip("these tests run without a virtual environment")
    nodes = ROOT / "ros_ws/src/surefoot_nodes"
    code = (
        "from surefoot_nodes.launching import *; see_virtual_environment(); import rl_agent.types"
    )
    code += "; import typer; print(own_python())"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(nodes)}

    def run(**more):
        command = [os.path.realpath(sys.executable), "-c", code]
        options = dict(cwd=tmp_path, env=environment | more, capture_output=True, text=True)
        return subprocess.run(command, **options)

    assert "No module named 'rl_agent'" in run().stderr
    assert run(VIRTUAL_ENV=sys.prefix).stdout.strip() == f"{sys.prefix}/bin/python"


@pytest.mark.parametrize("path", sorted((ROOT / "launch").glob("*.launch.py")))
def test_no_launch_file_imports_more_than_that_before(path):
    lines = path.read_text().splitlines()
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    assert imports == ["from surefoot_nodes.launching import launch_description"]


def test_bringup_installs_exactly_the_root_launch_files(monkeypatch):
    setups = []
    monkeypatch.setattr("setuptools.setup", lambda **kwargs: setups.append(kwargs))
    folder = ROOT / "ros_ws/src/surefoot_bringup"
    runpy.run_path(str(folder / "setup.py"))
    files = dict(setups[0]["data_files"])["share/surefoot_bringup/launch"]
    found = {(folder / name).resolve() for name in files}
    assert found == set((ROOT / "launch").glob("*.launch.py"))
