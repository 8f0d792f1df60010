"""Which room may import what (DESIGN.md, "Rooms"), on the source and in real interpreters."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {  # import name: folder
    "rl_agent": ROOT / "rl_agent",
    "sim": ROOT / "sim",
    "surefoot_nodes": ROOT / "ros_ws/src/surefoot_nodes/surefoot_nodes",
}

# What runs on the robot, or decides what the robot may do: no PyTorch on any path.
TORCH_FREE = (
    "rl_agent.spec",
    "rl_agent.types",
    "rl_agent.exceptions",
    "rl_agent.clock",
    "rl_agent.kinematics",
    "rl_agent.robots",
    "rl_agent.commissioning",
    "rl_agent.interface",
    "rl_agent.tasks",
    "rl_agent.judging",
    "rl_agent.safety",
    "rl_agent.planning",
    "rl_agent.reporting",
    "rl_agent.exploration",
    "rl_agent.data.journal",
    "rl_agent.data.journal_follower",
    "rl_agent.data.journal_thread",
    "rl_agent.data.merged_journal",
    "rl_agent.data.line_log",
    "rl_agent.deploy.manifest",
    "rl_agent.deploy.signing",
    "rl_agent.deploy.onnx_policy",
    "rl_agent.deploy.policy_store",
    "rl_agent.deploy.hot_swap",
    "rl_agent.deploy.version_watch",
    "rl_agent.deploy.swap_log",
    "rl_agent.deploy.run_contract",
    "rl_agent.learning.resolve",
    "rl_agent.learning.live_robot",
    "rl_agent.learning.live_kind",
    "rl_agent.learning.run_folder",
    "rl_agent.remote",
)
LEARNING = (
    "rl_agent.networks",
    "rl_agent.algorithms",
    "rl_agent.imitation",
    "rl_agent.models",
    "rl_agent.data",
    "rl_agent.exploration",
    "rl_agent.bonuses",
    "rl_agent.learning",
    "rl_agent.tuning",
    "rl_agent.deploy",
    "rl_agent.trained",
    "rl_agent.remote",
)
# Room: what it, and everything below it, must never name in an import, not even inside a function.
FORBIDDEN = {
    "rl_agent": ("rclpy", "mujoco", "sim", "surefoot_nodes", "launch"),
    **dict.fromkeys(TORCH_FREE, ("torch",)),
    # What a robot takes from a learner is a bundle, never a run.
    "rl_agent.deploy": ("rl_agent.learning", "rl_agent.trained"),
    "sim": ("torch", "rclpy", "surefoot_nodes", "launch", *LEARNING),
    "surefoot_nodes": ("torch",),
}
# Safety cannot see a policy, a robot file or a learner: of Surefoot it may import these alone.
SAFETY_MAY_IMPORT = (
    "rl_agent.safety",
    "rl_agent.spec",
    "rl_agent.types",
    "rl_agent.exceptions",
    "rl_agent.clock",
    "rl_agent.kinematics",
)
# (module, import): why the arrow is crossed. Only imports inside functions may stand here.
EXCEPTIONS: dict[tuple[str, str], str] = {}


def module_name(path: Path) -> str:
    for package, folder in PACKAGES.items():
        if path.is_relative_to(folder):
            parts = [package, *path.relative_to(folder).with_suffix("").parts]
            return ".".join(parts).removesuffix(".__init__")
    raise ValueError(path)


SOURCES = {
    module_name(path): path for folder in PACKAGES.values() for path in sorted(folder.rglob("*.py"))
}
MODULES = [name for name, path in SOURCES.items() if path.name != "__init__.py"]


def is_below(module: str, root: str) -> bool:
    return module == root or module.startswith(root + ".")


def imports(module: str, tree: ast.AST) -> Iterator[str]:
    """Absolute names of everything imported anywhere in the file."""
    package = module.split(".")
    if SOURCES[module].name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and called(node) in {"import_module", "__import__"}:
            yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))


def called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def parse(module: str) -> ast.Module:
    return ast.parse(SOURCES[module].read_text(encoding="utf-8"))


def crossed_arrows(module: str) -> set[tuple[str, str]]:
    roots = [root for room, names in FORBIDDEN.items() if is_below(module, room) for root in names]
    return {
        (module, root)
        for name in imports(module, parse(module))
        for root in roots
        if is_below(name, root)
    }


@pytest.mark.parametrize("module", SOURCES)
def test_no_import_crosses_an_arrow(module):
    assert crossed_arrows(module) - set(EXCEPTIONS) == set()


def room_of(name: str) -> str:
    """The room in which a module lies; one directly below rl_agent is its own."""
    return ".".join(name.split(".")[:2])


def cycle_of_rooms(arrows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of all (module, import), those along one cycle of rooms; empty where there is none."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for module, name in arrows:
        if room_of(module) != room_of(name):
            sorter.add(room_of(module), room_of(name))
    try:
        sorter.prepare()
    except CycleError as error:
        rooms = error.args[1]  # each is imported by the next, the last is the first
        steps = set(zip(rooms[1:], rooms[:-1], strict=True))
        return [(m, n) for m, n in arrows if (room_of(m), room_of(n)) in steps]
    return []


def test_rooms_do_not_import_each_other_in_a_circle():
    # Neither where a module begins, nor inside functions, nor for types alone.
    arrows = [
        (module, name)
        for module in MODULES
        if is_below(module, "rl_agent")
        for name in imports(module, parse(module))
        if name.startswith("rl_agent.")
    ]
    assert len({room_of(name) for _, name in arrows}) > 15
    assert cycle_of_rooms(arrows) == []


def test_a_circle_of_rooms_is_found_though_no_module_is_in_one():
    circle = [("rl_agent.a.one", "rl_agent.b.one"), ("rl_agent.b.two", "rl_agent.c.one")]
    circle += [("rl_agent.c.two", "rl_agent.a.two")]
    others = [("rl_agent.a.one", "rl_agent.a.two"), ("rl_agent.a.two", "rl_agent.types")]
    assert cycle_of_rooms([*circle, *others]) == circle
    assert cycle_of_rooms([*circle[:2], *others]) == []


def test_every_exception_is_still_needed_and_lazy():
    for module, root in EXCEPTIONS:
        assert (module, root) in crossed_arrows(module)
        top = ast.Module(
            [s for s in parse(module).body if isinstance(s, ast.Import | ast.ImportFrom)], []
        )
        assert not any(is_below(name, root) for name in imports(module, top)), (module, root)


@pytest.mark.parametrize("module", [name for name in MODULES if is_below(name, "rl_agent.safety")])
def test_safety_sees_only_contracts(module):
    ours = {name for name in imports(module, parse(module)) if name.split(".")[0] in PACKAGES}
    assert {n for n in ours if not any(is_below(n, root) for root in SAFETY_MAY_IMPORT)} == set()


def run_python(*lines: str, watched: set[str]) -> list[str]:
    """Run `lines` in a fresh interpreter; return which of `watched` they loaded."""
    code = "\n".join([*lines, "import sys", f"print(*sorted({watched!r} & sys.modules.keys()))"])
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


def loaded_after_import(modules: list[str], watched: set[str]) -> list[str]:
    return run_python(*(f"import {name}" for name in modules), watched=watched)


ON_THE_ROBOT = {"torch", "mujoco", "rclpy", "sim", "gymnasium", "matplotlib"}


@pytest.mark.parametrize(
    ("rooms", "watched"),
    [
        (("rl_agent.safety",), ON_THE_ROBOT | {"onnxruntime", "yaml", "pydantic"}),
        (TORCH_FREE, ON_THE_ROBOT),
        (("rl_agent.cli.main",), ON_THE_ROBOT | {"onnxruntime"}),
        (("rl_agent.benchmarking.pool", "rl_agent.cli.bench_settings"), {"torch", "mujoco", "sim"}),
        (("sim",), {"torch", "rclpy", "matplotlib"}),
        (("rl_agent.networks", "rl_agent.algorithms", "rl_agent.data"), {"mujoco", "rclpy", "sim"}),
        (
            ("rl_agent.learning", "rl_agent.deploy", "rl_agent.trained", "rl_agent.benchmarking"),
            {"mujoco", "rclpy", "sim"},
        ),
    ],
    ids=["safety", "torch-free", "command line", "benchmark", "sim", "learning", "deploy"],
)
def test_importing_a_room_loads_nothing_forbidden(rooms, watched):
    modules = [name for name in MODULES if any(is_below(name, room) for room in rooms)]
    assert modules, f"no module under {rooms}"
    assert loaded_after_import(modules, watched) == []


@pytest.mark.ros
@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("surefoot_nodes.")])
def test_nodes_never_load_torch(module):
    pytest.importorskip("rclpy", reason="no ROS here: source it, or use x86-64 Linux")
    assert loaded_after_import([module], {"torch"}) == []


def test_listing_the_verbs_loads_nothing_heavy():
    heavy = {"torch", "mujoco", "rclpy", "matplotlib", "onnxruntime"}
    assert run_python("from rl_agent.cli.main import build_app", "build_app()", watched=heavy) == []


def test_robot_side_works_without_the_packages_of_the_learner():
    # A robot installs the extras deploy and data, and nothing else.
    absent = (
        "torch",
        "gymnasium",
        "matplotlib",
        "onnx",
        "onnxscript",
        "safetensors",
        "tensorboard",
    )
    names = [name for name in MODULES if any(is_below(name, room) for room in TORCH_FREE)]
    hidden = run_python(
        f"import sys; sys.modules.update(dict.fromkeys({absent!r}))",
        *(f"import {name}" for name in names),
        "from rl_agent.cli.main import main",
        "sys.stdout, shown = open('/dev/null', 'w'), sys.stdout",
        "assert main(['robot', 'check', 'so101']) == 0",
        "sys.stdout = shown",
        watched={"torch._C", "gymnasium.core"},
    )
    assert hidden == []


def test_no_package_shadows_ros_or_a_room():
    # launch/__init__.py would hide ROS's `launch`; tests/sim/__init__.py would hide `sim`.
    assert not (ROOT / "launch/__init__.py").exists()
    assert [str(path) for path in (ROOT / "tests").rglob("__init__.py")] == []


@pytest.mark.parametrize("name", [n for n, p in SOURCES.items() if p.name == "__init__.py"])
def test_package_files_are_empty(name):
    statements = [node for node in parse(name).body if not is_docstring(node)]
    if name == "sim":  # the table of environment ids, and nothing that needs MuJoCo
        roots = {origin.split(".")[0] for origin in imports(name, parse(name))}
        assert roots <= {"gymnasium", *sys.stdlib_module_names}
    else:
        assert statements == []


def is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


PYTHON_FILES = [
    path
    for folder in ("rl_agent", "sim", "ros_ws/src", "launch", "tests", "scripts")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_short(path):
    # A node is a shell around an object of rl_agent or sim.
    limit = 200 if path.stem.endswith("_node") and "surefoot_nodes" in path.parts else 400
    num_lines = path.read_text(encoding="utf-8").count("\n")
    assert num_lines <= limit


@pytest.mark.parametrize("module", SOURCES)
def test_nothing_unpickles(module):
    # Loading a pickle runs whatever code its author wished to run.
    tree = parse(module)
    roots = {name.split(".")[0] for name in imports(module, tree)}
    assert not roots & {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}
    unsafe = {"torch.load", "torch.save", "yaml.load", "yaml.full_load", "yaml.unsafe_load"}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not {ast.unparse(call.func) for call in calls} & unsafe
    for call in calls:
        allowed = [k.value for k in call.keywords if k.arg == "allow_pickle"]
        assert all(isinstance(value, ast.Constant) and value.value is False for value in allowed)
