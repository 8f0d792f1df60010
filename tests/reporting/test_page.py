import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from rl_agent.reporting.page import render_page
from rl_agent.reporting.report import Report
from rl_agent.reporting.verdict import verdict

VOID = {"meta", "img", "br"}
SECTIONS = [
    "what-was-done",
    "what-it-looks-like",
    "how-it-learned",
    "did-it-reach",
    "commands-against-limits",
    "smoothness",
    "reaction-time",
    "safety-interventions",
    "how-to-go-on",
]


class Checker(HTMLParser):
    """Collects what is open, what was found, and what closes wrongly."""

    def __init__(self):
        super().__init__()
        self.open, self.mistakes, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.mistakes.append(tag)


def parse(page):
    checker = Checker()
    checker.feed(page)
    checker.close()
    return checker


def all_of(checker, tag):
    return [attributes for name, attributes in checker.tags if name == tag]


def test_every_tag_is_closed_in_order(report, pictures):
    checker = parse(render_page(report, pictures))
    assert checker.mistakes == []
    assert checker.open == []


def test_every_figure_is_there(report, pictures):
    checker = parse(render_page(report, pictures))
    assert [attributes["id"] for attributes in all_of(checker, "section")] == SECTIONS
    assert len(all_of(checker, "img")) == 4
    # Learning curve, errors, three limits, one reach, latency.
    assert sum("aria-label" in attributes for attributes in all_of(checker, "svg")) == 7


def test_nothing_is_loaded_from_anywhere(report, pictures):
    page = render_page(report, pictures)
    assert re.search(r"https?:|//cdn|@import|url\(|<script|<link", page) is None
    sources = [attributes["src"] for attributes in all_of(parse(page), "img")]
    assert all(source.startswith("data:image/png;base64,") for source in sources)


def test_pictures_and_charts_are_described_in_words(report, pictures):
    checker = parse(render_page(report, pictures))
    assert all(len(attributes["alt"]) > 10 for attributes in all_of(checker, "img"))
    charts = [svg for svg in all_of(checker, "svg") if svg.get("aria-hidden") != "true"]
    assert all(len(svg["aria-label"]) > 20 for svg in charts)


def test_page_knows_light_and_dark(report, pictures):
    assert "prefers-color-scheme: dark" in render_page(report, pictures)


def test_interventions_are_told_in_words(report, pictures):
    page = render_page(report, pictures)
    assert "Softened a change of speed that was too abrupt" in page
    assert "START_RAMP" not in page


def test_how_far_commands_were_changed_stands_beside_how_often(report, pictures):
    page = render_page(report, pictures)
    assert "by how much" in page
    assert "0.31 rad/s" in page


def test_leaning_on_the_limiter_is_a_warning_on_the_page(report, pictures):
    # 829 of 12300 followed commands are 6.7 %.
    page = render_page(report, pictures)
    assert "leans on the limiter. 6.7 %" in page
    assert "mostly by the acceleration limit" in page
    calm = replace(report.interventions, limited_ticks=615)  # 5 % exactly
    page = render_page(replace(report, interventions=calm), pictures)
    assert "leans on the limiter" not in page
    assert "changed 5 % of the commands" in page


def test_what_users_typed_cannot_break_the_page(report, pictures):
    page = render_page(replace(report, folder="<b>&\"'", notes=("<script>",)), pictures)
    assert parse(page).mistakes == []
    assert "<script>" not in page


def test_without_pictures_their_section_is_left_out(report):
    checker = parse(render_page(report, {}))
    expected = [name for name in SECTIONS if name != "what-it-looks-like"]
    assert [attributes["id"] for attributes in all_of(checker, "section")] == expected


def test_a_report_of_nothing_still_says_so():
    empty = Report(
        robot="so101",
        description="an arm",
        task="reach",
        seed=0,
        created="2026",
        is_quick=True,
        folder="runs/demo",
        tolerance_m=0.02,
        hold_s=0.5,
        limit_s=4.0,
        machine={},
        versions={},
    )
    page = render_page(empty, {})
    assert "did not get as far" in page
    assert [attributes["id"] for attributes in all_of(parse(page), "section")] == ["how-to-go-on"]


@pytest.mark.parametrize(
    ("violations", "opening"),
    [(0, "It worked: the trained arm reached 29 of 30"), (1, "It did not work as well")],
)
def test_one_command_outside_the_limits_spoils_the_verdict(report, violations, opening):
    commands = replace(report.commands, violations={"position": violations})
    assert verdict(replace(report, commands=commands)).startswith(opening)
