import re

import pytest
from bench_lines import evaluation, line

from rl_agent.benchmarking.results import append_results
from rl_agent.benchmarking.summary import aggregate, summarize
from rl_agent.benchmarking.summary_files import write_summary
from rl_agent.benchmarking.table import number, tables, to_markdown


def markdown(lines):
    rows = summarize(lines)
    return to_markdown(tables(rows, aggregate(rows)))


@pytest.mark.parametrize(
    ("value", "text"), [(8112.4, "8112"), (-150.04, "-150.0"), (-1500.6, "-1501"), (0.5, "0.50")]
)
def test_numbers_have_about_four_digits(value, text):
    assert number(value) == text


def test_a_line_of_the_table_says_all_about_a_task():
    text = markdown([line("sac", "NoSuch-v0", seed, seed) for seed in (0, 10)])
    assert (
        "| NoSuch-v0 | sac | 1000 | 2 | 5.00 [0.00, 10.0] | 5.00 [0.00, 10.0] | - | 2 | 3 | 10 "
        "| aaaaaaaaa |"
    ) in text
    assert "Published" not in text


def test_a_run_that_was_made_longer_is_no_run_of_all_its_steps():
    lines = [line("simba_v2", "NoSuch-v0", 0, 5.0, schedule_end=None)]
    assert "Schedules for fewer steps" not in markdown(lines)
    lines += [line("simba_v2", "NoSuch-v0", 1, 5.0, schedule_end=200)]
    text = markdown(lines)
    assert "| simba_v2 | 1000, schedules for 200 | 2 |" in text
    assert "Schedules for fewer steps: a run was begun for as many" in text


def test_published_numbers_stand_beside_ours_where_task_and_steps_match():
    text = markdown([line("crossq", "Hopper-v4", 0, 2000.0, env_step=100_000)])
    assert "| Hopper-v4 | crossq | 100000 | 1 | 2000 | 2000 | 2764 |" in text
    assert "| Hopper-v4 | simba_v2 | 100000 | 2821 | SimbaV2" in text
    other_steps = markdown([line("crossq", "Hopper-v4", 0, 2000.0, env_step=90_000)])
    assert "2764" not in other_steps


@pytest.mark.parametrize(
    ("commit", "text"),
    [
        ("a" * 40 + "+", "aaaaaaaaa+"),
        ("a" * 40 + ".." + "b" * 40, "aaaaaaaaa..bbbbbbbbb"),
        ("surefoot-0.1.0", "surefoot-0.1.0"),
    ],
)
def test_code_that_changed_meanwhile_is_told(commit, text):
    assert f"| {text} |" in markdown([line("sac", "Pendulum-v1", 0, 1.0, commit=commit)])


def test_several_tasks_are_put_together():
    lines = [line("sac", env, 0, 1000.0) for env in ("Hopper-v4", "Walker2d-v4")]
    # (1000 - 18.791) / 3207.209 = 0.306; (1000 - 2.791) / 3943.209 = 0.253; mean 0.279
    assert "| sac | 1000 | Hopper-v4, Walker2d-v4 | 0.279 | 0.279 |" in markdown(lines)


def test_the_page_has_a_panel_per_task_and_a_band_where_there_are_seeds(tmp_path):
    lines = [line("sac", "Pendulum-v1", seed, 1.0) for seed in (0, 1)]
    lines += [evaluation("sac", seed, step, seed) for seed in (0, 1) for step in (100, 200)]
    lines += [evaluation("<td3>", 0, step, 2.0, env="B-v0") for step in (100, 200)]
    append_results(tmp_path, lines)
    assert len(write_summary(tmp_path)) == 1
    page = (tmp_path / "bench.html").read_text()
    assert page.count('role="img"') == 2
    assert page.count("<polygon") == 1
    assert page.count("<polyline") == 2
    assert "&lt;td3&gt;, 1 seed<" in page
    assert not re.search(r"src=|href=|@import|url\(", page)
    assert (tmp_path / "table.md").read_text().startswith("# Benchmark")


def test_without_results_there_is_no_table(tmp_path):
    assert write_summary(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
