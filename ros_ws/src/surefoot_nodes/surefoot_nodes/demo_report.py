"""Puts a demonstration's findings together and writes report.json, report.html and pictures."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rl_agent.exceptions import RenderingError
from rl_agent.reporting import from_recording
from rl_agent.reporting.machine import describe_machine
from rl_agent.reporting.page import render_page
from rl_agent.reporting.report import FILE_NAME, ReachSeries, Report
from rl_agent.spec import RobotSpec
from rl_agent.tasks.reach_trial import ReachRule
from sim.kinematics import MujocoKinematics

from .demo_drive import Drive
from .demo_pictures import draw_reach
from .demo_plan import DemoPlan
from .software import describe_software

PAGE_NAME = "report.html"
PICTURES = "pictures"


def empty_report(plan: DemoPlan, spec: RobotSpec) -> Report:
    """Return what is known before anything was done."""
    rule = ReachRule()
    return Report(
        robot=plan.robot,
        description=spec.description,
        task="reach",
        seed=plan.seed,
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        is_quick=plan.is_quick,
        folder=str(plan.out),
        tolerance_m=rule.radius_m,
        hold_s=rule.hold_s,
        limit_s=rule.limit_s,
        machine=describe_machine(),
        versions=describe_software(),
    )


def add_drives(report: Report, spec: RobotSpec, drives: Sequence[Drive]) -> Report:
    """Return the report with what the recordings tell; all but reaching is about the policy."""
    tool_of = MujocoKinematics(spec).commanded_tool_position
    found = [
        from_recording.describe_smoothness(spec, d.recording, d.controller, tool_of) for d in drives
    ]
    policy = next((d.recording for d in drives if d.controller == "policy"), None)
    report = replace(
        report,
        series=tuple(ReachSeries(key=d.controller, trials=d.trials) for d in drives),
        smoothness=tuple(f for f in found if f is not None and f.key != "random"),
    )
    if policy is None:
        return report
    return replace(
        report,
        commands=from_recording.describe_commands(spec, policy),
        timing=from_recording.describe_timing(spec, policy),
        interventions=from_recording.describe_interventions(policy),
        speed_example=from_recording.speed_example(spec, policy, tool_of),
    )


def add_pictures(report: Report, spec: RobotSpec, drive: Drive, plan: DemoPlan) -> Report:
    """Return the report with pictures, or with a note where this machine cannot draw."""
    try:
        pictures = draw_reach(spec, drive.recording, drive.trials, plan.out / PICTURES)
    except RenderingError as error:
        return replace(report, notes=(*report.notes, f"No pictures: {error}"))
    return replace(report, pictures=pictures)


def write_report(report: Report, out: Path) -> Path:
    """Write report.json and report.html, each whole or not at all; return the page's path."""
    folder = out / PICTURES
    pictures = {p.file: (folder / p.file).read_bytes() for p in report.pictures}
    _write(out / FILE_NAME, report.to_json())
    _write(out / PAGE_NAME, render_page(report, pictures))
    return out / PAGE_NAME


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
