import re

import pytest

from rl_agent.reporting.health import Level, judge, series
from rl_agent.reporting.health_page import render_health, summary

WELL = {
    "q_mean": 2.0,
    "discounted_return": 2.0,
    "q_bias": 0.04,
    "q_bias_relative": 0.02,
    "actor_dormant_units": 0.1,
    "actor_dead_units": 0.0,
    "critic_dormant_units": 0.2,
    "critic_dead_units": 0.0,
    "actor_weight_norm": 10.0,
    "critic_weight_norm": 10.0,
    "actor_gradient_norm": 1.0,
    "critic_gradient_norm": 1.0,
    "q_spread": 0.1,
    "q_spread_relative": 0.05,
}


def run(num_looks=8, **changes):
    """Lines of a run; a change holds for the newer half of its looks."""
    looks = [
        {"kind": "health", "env_step": 100 * (i + 1), **WELL}
        | (changes if i >= num_looks // 2 else {})
        for i in range(num_looks)
    ]
    episodes = [{"kind": "episode", "env_step": 50, "return": -3.0}]
    return episodes + looks


def level_of(lines, name):
    return {found.name: found.level for found in judge(lines)}[name]


def test_a_run_that_is_well_is_told_so():
    findings = judge(run())
    assert {found.level for found in findings} == {Level.OK}
    assert len(findings) == 10
    assert summary(findings) == "All figures are well."
    assert not any("Next:" in found.sentence for found in findings)


@pytest.mark.parametrize(
    ("name", "key", "watch", "trouble"),
    [
        ("overestimation", "q_bias_relative", 0.3, 1.0),
        ("dormant units, actor", "actor_dormant_units", 0.4, 0.7),
        ("dormant units, critic", "critic_dormant_units", 0.4, 0.7),
        ("weight norm, actor", "actor_weight_norm", 30.0, 100.0),
        ("weight norm, critic", "critic_weight_norm", 30.0, 100.0),
        ("gradient norm, actor", "actor_gradient_norm", 10.0, 100.0),
        ("gradient norm, critic", "critic_gradient_norm", 10.0, 100.0),
        ("disagreement of critics", "q_spread_relative", 0.3, 1.0),
        ("reliance on limits", "limited_steps", 0.1, 0.5),
    ],
)
def test_each_figure_has_its_bounds(name, key, watch, trouble):
    swept = [watch * 0.99, watch * 1.01, trouble * 0.99, trouble * 1.01]
    levels = [level_of(run(**{key: value}), name) for value in swept]
    assert levels == [Level.OK, Level.WATCH, Level.WATCH, Level.TROUBLE]


def test_critics_that_expect_too_little_are_watched():
    lines = run(q_bias_relative=-0.6)
    assert level_of(lines, "underestimation") is Level.WATCH
    assert level_of(lines, "overestimation") is Level.OK


def test_a_single_odd_batch_is_passed_over():
    lines = run()
    lines[-1]["critic_gradient_norm"] = 1e6
    assert level_of(lines, "gradient norm, critic") is Level.OK


def test_growth_is_not_judged_before_there_are_enough_looks():
    assert "weight norm, actor" not in {f.name for f in judge(run(num_looks=5))}


def test_the_limits_are_named_with_their_shares():
    lines = run(
        limited_steps=0.14, steps_by_position=0.03, steps_by_velocity=0.12, steps_by_start_ramp=0.2
    )
    sentence = {f.name: f.sentence for f in judge(lines)}["reliance on limits"]
    assert "14 % of the last steps: the top speed 12 %, the end stops 3 %." in sentence


def test_a_divergence_comes_first():
    lines = [*run(), {"kind": "diverged", "env_step": 900, "q_mean": 5e8}]
    first = judge(lines)[0]
    assert (first.name, first.level) == ("divergence", Level.TROUBLE)
    assert "step 900" in first.sentence and "5e+08" in first.sentence


def test_figures_that_an_algorithm_cannot_give_are_left_out():
    lines = run()
    for line in lines:
        for key in ("q_spread", "q_spread_relative"):
            line.pop(key, None)
    assert "disagreement of critics" not in {f.name for f in judge(lines)}
    assert series(lines, "q_spread_relative") == ([], [])
    assert "disagreement-of-critics" not in render_health("x", lines, judge(lines))


def test_the_page_shows_every_curve_and_loads_nothing():
    lines = run(limited_steps=0.6, steps_by_velocity=0.6, steps_by_start_ramp=0.1)
    lines += [{"kind": "evaluation", "env_step": 400, "mean_return": -1.0}]
    page = render_health("a<b", lines, judge(lines))
    titles = ("verdict", "returns", "values-and-returns", "dormant-units", "norms")
    for anchor in (*titles, "disagreement-of-critics", "reliance-on-limits"):
        assert f'id="{anchor}"' in page, anchor
    assert "a&lt;b" in page and "a<b" not in page
    assert "http" not in page and "<script" not in page
    assert "Trouble: reliance on limits." in page
    assert "nan" not in page.lower()


def test_a_page_of_a_single_look_can_be_drawn():
    page = render_health("young", run(num_looks=1)[1:], judge(run(num_looks=1)))
    assert page.count("<svg viewBox") == 8


def chart(page, title):
    """The SVG of that title."""
    return re.search(rf'<svg [^>]*aria-label="{title}\..*?</svg>', page, re.DOTALL)[0]


def heights(page, title, style):
    """Pixels from the top at which a curve's dots stand."""
    dots = re.findall(rf'<circle class="fill {style}" [^>]*cy="([\d.]+)"', chart(page, title))
    return [float(cy) for cy in dots]


def test_a_zero_takes_a_point_from_a_logarithmic_chart_and_not_its_curve():
    lines = run()
    lines[1]["actor_gradient_norm"] = 0.0
    page = render_health("x", lines, judge(lines))
    assert len(heights(page, "Norm of gradients", "s1")) == 7  # the actor's
    assert len(heights(page, "Norm of gradients", "s2")) == 8
    positions = re.search(r'points="([^"]*)"', chart(page, "Norm of gradients"))[1].split()
    first, second = (float(point.split(",")[0]) for point in positions[:2])
    # 8 looks from 100 to 800 over 670 pixels; the first that is left is at 200.
    assert (first, second - first) == pytest.approx((74.0 + 670.0 / 4, 670.0 / 8), abs=0.11)


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("Overestimation", "q_bias"),
        ("Relative overestimation", "q_bias_relative"),
        ("Disagreement", "q_spread"),
        ("Relative disagreement", "q_spread_relative"),
    ],
)
def test_absolute_and_relative_figures_have_a_chart_each(title, key):
    lines = run(**{key: 0.5})
    older, newer = heights(render_health("x", lines, []), title, "s1")[3:5]
    assert newer < older  # 0.5 is above what it was
    for line in lines:
        line.pop(key, None)
    assert f'aria-label="{title}.' not in render_health("x", lines, [])


def test_limits_have_one_colour_in_steps_and_in_change():
    moved = {"steps_by_acceleration": 0.2, "change_by_acceleration": 1.0}
    lines = run(steps_by_start_ramp=0.4, **moved)
    lines[-1] |= {"steps_by_velocity": 0.1, "change_by_velocity": 0.75}
    lines[-1]["change_by_acceleration"] = 0.25
    page = render_health("x", lines, judge(lines))
    # By their largest share: s1 is the start ramp, s2 acceleration, s4 velocity. 8 looks, of which
    # the newer 4 know of a change; none of it is the start ramp's.
    counts = [len(heights(page, "Steps by reason", style)) for style in ("s1", "s2", "s4")]
    assert counts == [8, 8, 8]
    counts = [len(heights(page, "Change by limit", style)) for style in ("s1", "s2", "s4")]
    assert counts == [0, 4, 4]
    bottom, top = 260.0 - 46.0, 14.0
    assert heights(page, "Change by limit", "s4")[:3] == [bottom] * 3
    # The axis ends 5 % above the largest, 100 %.
    quarter = bottom - 25.0 / 105.0 * (bottom - top)
    assert heights(page, "Change by limit", "s2")[-1] == pytest.approx(quarter, abs=0.1)
