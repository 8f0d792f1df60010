"""Nothing that is read may run code: no pickle and no kin of it, anywhere in the tree.

ruff refuses most of this too (pyproject.toml: S and TID251); this test also sees what a `noqa`
would hide, and keyword arguments.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("rl_agent", "sim", "ros_ws/src", "launch", "scripts", "tests")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))

MODULES = {
    *("pickle", "_pickle", "cPickle", "pickletools", "cloudpickle", "dill", "joblib"),
    *("jsonpickle", "marshal", "shelve"),
}
# Calls by the end of their dotted name.
CALLS = {
    *("torch.load", "torch.save", "torch.hub.load", "torch.jit.load", "th.load"),
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.unsafe_load_all", "yaml.full_load"),
    *("yaml.full_load_all", "pd.read_pickle", "pandas.read_pickle"),
    *("pickle.load", "pickle.loads", "Unpickler"),
}
BUILTINS = {"eval", "exec", "compile"}


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` of a name or an attribute; empty for anything else."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def found_in(source: str, name: str = "<test>") -> list[str]:
    """Return what must not be in a source, with its line."""
    found = []
    for node in ast.walk(ast.parse(source, filename=name)):
        words = []
        if isinstance(node, ast.Import):
            words = [a.name for a in node.names if a.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom):
            module = (node.module or "").split(".")[0]
            words = [node.module] if module in MODULES else []
            if module in ("torch", "yaml"):
                words += [f"{module}.{a.name}" for a in node.names if f"{module}.{a.name}" in CALLS]
        elif isinstance(node, ast.Call):
            words = calls_in(node)
        found += [f"{name}:{node.lineno}: {word}" for word in words]
    return found


def calls_in(node: ast.Call) -> list[str]:
    called = dotted(node.func)
    words = [call for call in CALLS if called == call or called.endswith("." + call)]
    words += [called] if isinstance(node.func, ast.Name) and called in BUILTINS else []
    for keyword in node.keywords:
        value = keyword.value
        is_false = isinstance(value, ast.Constant) and value.value is False
        # `allow_pickle=False` is what np.load and np.save do anyway; anything else may allow it.
        words += ["allow_pickle"] if keyword.arg == "allow_pickle" and not is_false else []
    return words


def test_there_are_sources_to_look_at():
    assert len(SOURCES) > 200


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_here_unpickles_or_executes_data(folder):
    paths = [path for path in SOURCES if path.is_relative_to(ROOT / folder)]
    found = [line for p in paths for line in found_in(p.read_text(), str(p.relative_to(ROOT)))]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import os, dill as d",
        "from joblib import load",
        "import marshal.x",
        "from torch import load",
        "torch.load(path)",
        "torch.load(path, weights_only=True)",
        "x.torch.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
        "numpy.savez(path, allow_pickle=1)",
        "yaml.load(text, Loader=yaml.SafeLoader)",
        "yaml.unsafe_load(text)",
        "eval('1')",
        "exec(code)",
        "pickle.Unpickler(f).load()",
    ],
)
def test_the_test_sees(source):
    assert found_in(source) != []


@pytest.mark.parametrize(
    "source",
    [
        "np.load(path)",
        "np.load(p, allow_pickle=False)",
        "yaml.safe_load(t)",
        "model.eval()",
        "module.cpu().eval()",
        "re.compile('a')",
    ],
)
def test_the_test_lets_pass(source):
    assert found_in(source) == []


@pytest.mark.parametrize("suffix", ["pkl", "pickle", "pt", "pth", "joblib", "npy", "npz"])
def test_no_such_file_is_in_the_tree(suffix):
    assert [p for folder in FOLDERS for p in (ROOT / folder).rglob(f"*.{suffix}")] == []
