"""`surefoot export`: a training run's policy becomes a bundle that a robot can verify and run."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rl_agent.cli.choices import Which
from rl_agent.cli.warning import warn

if TYPE_CHECKING:
    from rl_agent.deploy.export import ExportReport
    from rl_agent.deploy.onnx_policy import OnnxPolicy
    from rl_agent.deploy.signing import Signer


def export_verb(
    run: Annotated[Path, typer.Argument(help="A training run's directory.")],
    out: Annotated[
        Path | None, typer.Option(help="The bundle's directory; default: RUN/bundle.")
    ] = None,
    checkpoint: Annotated[
        Which | None, typer.Option(help="Default: the best where there is one.")
    ] = None,
    robot: Annotated[
        str | None, typer.Option(help="Profile's name or file, if the run's own has moved.")
    ] = None,
    sign: Annotated[
        Path | None, typer.Option(help="Private key (`surefoot keys new`) to sign the bundle with.")
    ] = None,
) -> None:
    """Write the policy of a training run as one bundle: policy.onnx and manifest.json.

    The ONNX file is compared with torch over a thousand observations and refused where they differ
    by more than 1e-5. The manifest holds sha256, the contract with the robot (joints, their order,
    observation layout, rate) and golden vectors; a robot verifies all of it before the policy acts.
    A bundle that is there already is replaced, and its version counted on. With --sign a signature
    of the manifest stands beside it; a robot whose profile pins the public key takes no other.

    Examples: `surefoot export runs/so101 --out bundle`,
    `surefoot export runs/so101 --sign KEY.pem`.
    """
    from rl_agent.learning.threads import wait_passively

    wait_passively()
    from rl_agent.deploy.onnx_policy import OnnxPolicy
    from rl_agent.deploy.signing import signer_for
    from rl_agent.trained.run_export import export_bundle

    # Which key the robot pins is asked when its profile is read: by whoever loads the bundle.
    signer = signer_for(None, sign)
    out_dir = out or run / "bundle"
    typer.echo(f"Exporting {run}: tracing the network takes a few seconds.")
    report = export_bundle(
        run, out_dir, which=checkpoint, robot=robot, signer=signer, on_message=warn
    )
    # Load it as a robot will, from the files that were written.
    _print_summary(report, OnnxPolicy(out_dir, report.spec), signer)
    _print_next(report)


def _print_summary(report: ExportReport, policy: OnnxPolicy, signer: Signer | None) -> None:
    from rich.console import Console
    from rich.table import Table

    manifest, out_dir = report.manifest, report.out_dir
    size = sum(entry.size for entry in manifest.files.values())
    contract = manifest.contract
    table = Table("", "", show_header=False)
    table.add_row("robot, task", f"{contract['robot']}, {manifest.task}")
    table.add_row("rate", f"{contract['policy_hz']} Hz")
    table.add_row("inputs, outputs", f"{policy.obs_dim} observations, {policy.act_dim} joints")
    table.add_row("trained", f"{manifest.training.env_step} steps, run {manifest.training.run}")
    table.add_row("version", str(policy.policy_version))
    table.add_row("size", f"{size / 1000:.0f} kB")
    parity = f"{report.parity:.1e} over {report.num_parity} observations"
    parity += f" (at most {report.tolerance:.1e})"
    table.add_row("ONNX against torch", parity)
    table.add_row("inference", f"{1e6 * policy.latency_s:.0f} µs")
    table.add_row("sha256", f"{policy.bundle_hash[:16]}…")
    table.add_row("contract", f"{manifest.contract_hash[:16]}…")
    table.add_row("signed by", signer.public_key if signer is not None else "nobody")
    console = Console()
    console.print(f"Bundle {out_dir}, verified", soft_wrap=True, highlight=False)
    console.print(table)


def _print_next(report: ExportReport) -> None:
    from rl_agent.robots.profile import available_robots

    where, name = shlex.quote(str(report.out_dir)), report.spec.name
    is_shipped = name in available_robots()
    profile = name if is_shipped else shlex.quote(str(report.spec.source))
    option = "" if is_shipped else f" --robot {profile}"
    typer.echo(f"Next: surefoot eval {where}{option}")
    typer.echo(f"then: surefoot up twin --robot {profile} --bundle {where}")
