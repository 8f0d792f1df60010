"""What a training run and a robot agreed on when the run began, kept in the run's folder.

A profile may be edited between training and export, or between training and resuming. Without this
note a policy would then be exported, or trained on, under a contract that it was never trained for.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from rl_agent.data.disk import write_durably
from rl_agent.exceptions import BundleError
from rl_agent.spec import RobotSpec
from rl_agent.tasks.task import Task

from .contract import check_contract, expected_contract
from .files import read_capped
from .manifest import MAX_MANIFEST_BYTES, Probe
from .probe import check_probe, make_probe

CONTRACT_NAME = "contract.json"


class _RunContract(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    schema_version: int
    contract: dict[str, JsonValue]
    probe: Probe


def keep_contract(run_dir: Path, spec: RobotSpec, task: Task) -> None:
    """Note the contract of a run that begins; compare with the note of one that goes on.

    Raises:
        ContractError: Robot or task changed since the run began; lists every difference.
        BundleError: The note is damaged.
    """
    if (run_dir / CONTRACT_NAME).exists():
        check_run_contract(run_dir, spec, task)
        return
    values: dict[str, Any] = {
        "schema_version": 1,
        "contract": expected_contract(spec, task),
        "probe": make_probe(spec, task).model_dump(),
    }
    run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_durably(run_dir / CONTRACT_NAME, (json.dumps(values, indent=1) + "\n").encode())


def check_run_contract(run_dir: Path, spec: RobotSpec, task: Task) -> None:
    """Refuse to go on with a run under a robot or task that it was not trained for.

    Raises:
        ContractError: Lists every difference.
        BundleError: There is no note, or it is damaged.
    """
    path = run_dir / CONTRACT_NAME
    try:
        noted = _RunContract.model_validate_json(
            read_capped(run_dir, CONTRACT_NAME, MAX_MANIFEST_BYTES)
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BundleError(f"{path}: expected a run's contract, found: {first['msg']}") from error
    check_contract(expected_contract(spec, task), noted.contract, str(path))
    check_probe(noted.probe, spec, task, str(path))
