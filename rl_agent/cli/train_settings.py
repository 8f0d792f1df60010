"""Options of `surefoot train`, preset and file, put together into one `TrainConfig`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from rl_agent.algorithms.registry import config_class
from rl_agent.exceptions import Problem, ProblemsError
from rl_agent.learning.config import DEFAULT_ALGO, TrainConfig
from rl_agent.learning.config_file import load_settings, parse_config, preset_for, set_value
from rl_agent.learning.run_folder import CONFIG_FILE, holds_run, insist_on_free, read_config
from rl_agent.robots.yaml_text import YamlTextError, parse_yaml


@dataclass(frozen=True, kw_only=True)
class GivenOptions:
    """What the user typed; None for what was not."""

    env: str | None = None
    algo: str | None = None
    steps: int | None = None
    seed: int | None = None
    config: str | None = None
    sets: Sequence[str] | None = None


def fresh_config(given: GivenOptions) -> TrainConfig:
    """Return the settings of a new run: defaults, then preset or file, then options.

    Raises:
        ProblemsError: Lists every mistake.
    """
    data: dict[str, Any] = {}
    name = given.config or (preset_for(given.env) if given.env else None)
    if name is not None:
        data = load_settings(name)
    if given.config is None and given.algo not in (None, data.get("algo", DEFAULT_ALGO)):
        _keep_common(data, str(given.algo))
    named = {"env": given.env, "algo": given.algo, "num_steps": given.steps, "seed": given.seed}
    data |= {key: value for key, value in named.items() if value is not None}
    for text in given.sets or ():
        _set(data, text)
    if "env" not in data:
        message = "which environment? Give its id, for example --env sim:So101Reach-v0"
        raise ProblemsError("settings", [Problem("--env", message)])
    return parse_config(data, name or "settings")


def resumed_config(run_dir: Path, given: GivenOptions) -> TrainConfig:
    """Return a run's own settings; only the number of steps may change.

    Raises:
        ProblemsError: An option contradicts them.
    """
    config = read_config(run_dir)
    problems = []
    if given.config is not None:
        problems.append(Problem("--config", "a resumed run keeps its settings; leave it out"))
    if given.sets:
        problems.append(Problem("--set", "a resumed run keeps its settings; leave it out"))
    for name in ("env", "algo", "seed"):
        wanted, own = getattr(given, name), getattr(config, name)
        if wanted is not None and wanted != own:
            problems.append(
                Problem(f"--{name}", f"this run was begun with {own!r}, not {wanted!r}")
            )
    if problems:
        raise ProblemsError(str(run_dir), problems)
    return config if given.steps is None else replace(config, num_steps=given.steps)


def with_settings(given: GivenOptions, named: dict[str, Any]) -> GivenOptions:
    """Return what was given, with options of their own as the settings that they stand for.

    Args:
        given: The options.
        named: Values by the setting's name; None for an option that was not given.
    """
    sets = [f"{name}={json.dumps(value)}" for name, value in named.items() if value is not None]
    return replace(given, sets=[*(given.sets or ()), *sets])


def own_path(path: Path | None) -> str | None:
    """Return a file as a run's settings keep it: the run may go on from another folder."""
    return str(path.expanduser().absolute()) if path is not None else None


def insist_on_own(run_dir: Path, option: str, wanted: str | None, own: str | None) -> None:
    """Refuse an option that contradicts a run's setting.

    Raises:
        ProblemsError: It was given, and is another.
    """
    if wanted not in (None, own):
        message = f"this run was begun with {own!r}, not {wanted!r}; its settings are in "
        message += str(run_dir / CONFIG_FILE)
        raise ProblemsError(str(run_dir), [Problem(option, message)])


def settle_run(
    given: GivenOptions,
    out: Path | None,
    kind: str,
    *,
    should_resume: bool,
    begin: Callable[[GivenOptions], TrainConfig] = fresh_config,
    go_on: Callable[[Path, GivenOptions], TrainConfig] = resumed_config,
) -> tuple[TrainConfig, Path]:
    """Return the settings and the folder of a run that begins, or that goes on.

    Args:
        given: The options.
        out: Its folder; None for `runs/<kind>-<id>`.
        kind: What sort of run it is: live, learn.
        should_resume: Whether to go on where a run is there already.
        begin: Makes settings of options.
        go_on: Reads a run's settings, and compares them with options.

    Raises:
        ProblemsError: A mistake in the options, or a run is there that was not to be gone on with.
        BusyError: Another process works on it.
    """
    if out is not None and should_resume and holds_run(out):
        insist_on_free(out)
        return go_on(out, given), out
    if should_resume and given.env is None and given.config is None:
        raise ProblemsError(f"surefoot {kind}", [Problem("--resume", _no_run(out, kind))])
    config = begin(given)
    run_dir = out or Path("runs") / f"{kind}-{slug(config.env)}"
    if holds_run(run_dir):
        if should_resume:
            insist_on_free(run_dir)
            return go_on(run_dir, given), run_dir
        message = "already holds a run; add --resume to go on with it, or choose another folder"
        raise ProblemsError(str(run_dir), [Problem("--out", message)])
    return config, run_dir


def slug(env_id: str) -> str:
    """Return a folder's name for an environment's id."""
    return env_id.rpartition(":")[2].replace("/", "-")


def _no_run(out: Path | None, kind: str) -> str:
    found = ", ".join(
        str(path) for path in sorted(Path("runs").glob(f"{kind}-*")) if holds_run(path)
    )
    here = f"there is no run in {out}" if out is not None else "which run? Name its folder"
    return f"{here}; give it with --out" + (f" (here are {found})" if found else "")


def _keep_common(data: dict[str, Any], algo: str) -> None:
    """Leave out what an environment's preset says of another algorithm alone."""
    known = {field.name for field in fields(config_class(algo))}
    data["agent"] = {key: x for key, x in data.get("agent", {}).items() if key in known}


def _set(data: dict[str, Any], text: str) -> None:
    path, separator, value = text.partition("=")
    path = path.strip()
    if not separator or not path.rpartition(".")[2]:
        message = f"expected name=value, for example agent.utd_ratio=4, got {text!r}"
        raise ProblemsError("settings", [Problem("--set", message)])
    try:
        set_value(data, path, parse_yaml(value))
    except YamlTextError as error:
        message = f"{path}: {value!r:.80} is not accepted: {error.message}"
        raise ProblemsError("settings", [Problem("--set", message)]) from error
