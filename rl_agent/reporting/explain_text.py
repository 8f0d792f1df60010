"""An explanation in plain words, for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rl_agent.safety.leaning import LEANING_SHARE
from rl_agent.types import SafetyState

from .explanation import BrakingFacts, Explanation, JointFacts, SourceFacts, StateFacts
from .wording import count, duration, percent, reason_sentence

BAR = 60
MARKS = {
    SafetyState.UNARMED: ("·", "dim"),
    SafetyState.ARMED: ("━", "green"),
    SafetyState.HOLD: ("▒", "yellow"),
    SafetyState.STOPPED: ("█", "red"),
}
UNKNOWN = (" ", "")
OWN_REASONS = {
    "GATE_SILENT": "The safety process itself fell silent; the robot was left to its controller",
}
MOST_CHANGES = 12


def print_explanation(found: Explanation, console: Console) -> None:
    """Print it."""
    for line in _opening(found):
        console.print(line, highlight=False)
    _print_timeline(found, console)
    _section(console, "How it stopped", _braking(found))
    _section(console, "Joints when braking began", [_joint_table(found)] if found.joints else [])
    _section(console, "Who was heard in the last second", [_source_table(found)])
    _section(console, "What the gate had been changing", _changes(found))
    _section(console, "Limits", _limits(found))
    _section(console, "What to do next", [f"- {escape(words)}" for words in found.remedies])


def _section(console: Console, title: str, parts: Iterable[str | Table]) -> None:
    shown = list(parts)
    if shown:
        console.print(f"\n[bold]{title}[/bold]")
    for part in shown:
        console.print(part, highlight=False)


def _opening(found: Explanation) -> Iterator[str]:
    trip = found.trip
    name = f"[bold]{escape(found.robot)}[/bold]"
    if trip is None:
        span = duration(found.end_s - found.start_s)
        yield f"{name}: nothing tripped in these {span}."
        return
    when = f" at {trip.utc.replace('T', ' ')[:19]} UTC" if trip.utc else ""
    which = f" (trip {trip.number} of {trip.total})" if trip.total > 1 else ""
    yield f"{name} [red]tripped[/red]{when}{which}: {escape(trip.cause)}."
    for reason in trip.reasons:
        yield f"  {escape(reason)}: {escape(OWN_REASONS.get(reason) or reason_sentence(reason))}."


def _print_timeline(found: Explanation, console: Console) -> None:
    if not found.timeline:
        return
    zero = "the trip" if found.trip is not None else "the beginning"
    console.print(f"\n[bold]When[/bold] (seconds; 0 is {zero})")
    console.print(_bar(found), highlight=False)
    legend = "  ".join(
        f"[{style}]{mark}[/{style}] {state}" for state, (mark, style) in MARKS.items()
    )
    console.print(f"  {legend}", highlight=False)
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    for change in found.timeline:
        table.add_row(f"{change.at_s:+.2f}", change.state, escape(change.cause))
    console.print(table, highlight=False)


def _bar(found: Explanation) -> str:
    """Return the states over the recording, one character per slice."""
    span_s = max(found.end_s - found.start_s, 1e-9)
    marks = []
    for place in range(BAR):
        middle_s = found.start_s + (place + 0.5) / BAR * span_s
        mark, style = MARKS.get(_state_at(found.timeline, middle_s), UNKNOWN)  # type: ignore[call-overload]
        marks.append(f"[{style}]{mark}[/{style}]" if style else mark)
    return f"  {found.start_s:+.1f} {''.join(marks)} {found.end_s:+.1f}"


def _state_at(timeline: Iterable[StateFacts], at_s: float) -> str:
    state = ""
    for change in timeline:
        if change.at_s <= at_s:
            state = change.state
    return state


def _braking(found: Explanation) -> Iterator[str]:
    braking = found.braking
    if braking is None:
        return
    if not found.joints:
        yield "Nothing was being commanded: the gate was not armed, and nothing had to stop."
        return
    yield _first_command(braking)
    if not braking.was_moving:
        yield "The robot was commanded to stand already."
    if braking.commanded_rest_s is not None:
        joint = max(found.joints, key=lambda j: j.way)
        yield (
            f"Commands stood {duration(braking.commanded_rest_s)} later; the farthest,"
            f" {escape(joint.name)}, after {joint.way:.3f} {joint.unit}."
        )
    elif braking.first_command_s is not None:
        yield "[red]Commands had not come to rest[/red] at the end of the recording."
    yield _standstill(braking, found.joints)


def _first_command(braking: BrakingFacts) -> str:
    cause = f"{braking.cause} ({braking.cause_at_s:+.3f} s)"
    if braking.first_command_s is None:
        return f"The gate sent no braking command after {cause}: the controller stopped the robot."
    after = duration(braking.first_command_s)
    return f"The first braking command came {after} after {cause}."


def _standstill(braking: BrakingFacts, joints: tuple[JointFacts, ...]) -> str:
    ways = [(joint.measured_way, joint) for joint in joints if joint.measured_way is not None]
    if not ways:
        return "No readings: whether the robot itself stood cannot be told."
    way, joint = max(ways, key=lambda item: item[0])
    if braking.measured_rest_s is None:
        went = f"{escape(joint.name)} had moved {way:.3f} {joint.unit}"
        return f"[red]The robot still moved[/red] at the end of the recording; {went}."
    return (
        f"The robot itself stood after {duration(braking.measured_rest_s)}; the farthest,"
        f" {escape(joint.name)}, had moved {way:.3f} {joint.unit}."
    )


def _joint_table(found: Explanation) -> Table:
    table = Table(box=None, padding=(0, 1))
    table.add_column("joint")
    for title in ("commanded", "of its limit", "measured", "way to rest"):
        table.add_column(title, justify="right")
    for joint in found.joints:
        measured = "-" if joint.measured is None else f"{joint.measured:+.2f} {joint.unit}/s"
        table.add_row(
            escape(joint.name),
            f"{joint.commanded:+.2f} {joint.unit}/s",
            percent(joint.share),
            measured,
            f"{joint.way:.3f} {joint.unit}",
        )
    return table


def _source_table(found: Explanation) -> Table:
    table = Table(box=None, padding=(0, 1))
    table.add_column("source")
    table.add_column("rate", justify="right")
    table.add_column("last heard")
    for source in found.sources:
        table.add_row(source.name, _rate(source), _age(source, found.trip is not None))
    return table


def _rate(source: SourceFacts) -> str:
    if source.age_s is None and not source.num_bad:
        return "-"
    return f"{source.rate_hz:.0f} Hz of {source.expected_hz:g}"


def _age(source: SourceFacts, has_trip: bool) -> str:
    end = "the trip" if has_trip else "the end"
    if source.age_s is None:
        words = "never" if not source.num_bad else "nothing that could be used"
    else:
        words = f"{duration(source.age_s)} before {end}"
    if source.num_bad:
        words += f"; {count(source.num_bad, 'message')} malformed or not finite"
    if source.num_repeated:
        words += f"; {count(source.num_repeated, 'stamp')} repeated"
    return words


def _changes(found: Explanation) -> Iterator[str | Table]:
    if not found.changes:
        yield "Nothing: every command passed as it was proposed."
        return
    table = Table(box=None, padding=(0, 1))
    table.add_column("what it did")
    table.add_column("ticks", justify="right")
    table.add_column("share", justify="right")
    table.add_column("on average by", justify="right")
    unit = "/s" if any(joint.unit == "m" for joint in found.joints) else " rad/s"
    for change in found.changes[:MOST_CHANGES]:
        how_far = "" if change.mean is None else f"{change.mean:.2g}{unit}"
        words = escape(reason_sentence(change.reason))
        table.add_row(words, str(change.ticks), percent(change.share), how_far)
    yield table
    if found.leaning_share > LEANING_SHARE:
        share = percent(found.leaning_share)
        words = "[yellow]The policy leaned on the limits[/yellow]: they changed"
        yield f"{words} {share} of its commands."


def _limits(found: Explanation) -> Iterator[str]:
    limits = found.limits
    if limits is None:
        return
    ticks = count(limits.num_ticks, "command")
    if limits.are_kept:
        yield f"Kept: none of {ticks} left a limit."
        return
    broken = ", ".join(f"{name} {n}" for name, n in limits.violations.items() if n)
    yield f"[red]Not kept[/red], of {ticks}: {broken}."
