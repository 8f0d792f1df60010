import re

import pytest

from rl_agent.reporting.axis import Axis
from rl_agent.reporting.charts import Frame, draw_chart

TICK = re.compile(r'<text class="tick" x="([\d.]+)" y="[\d.]+" text-anchor="(\w+)">([^<]*)<')


@pytest.mark.parametrize(
    ("text", "x", "anchor"), [("9", 744.0, "middle"), ("50 000", 760.0, "end")]
)
def test_the_last_number_below_a_chart_is_not_cut_off(text, x, anchor):
    across = Axis(label="steps", lower=0.0, upper=1.0, ticks=((0.0, "0"), (1.0, text)))
    up = Axis(label="return", lower=0.0, upper=1.0, ticks=())
    drawn = draw_chart(Frame(title="Returns", description="What came.", x=across, y=up), [])
    assert [(float(x), anchor, words) for x, anchor, words in TICK.findall(drawn)] == [
        (74.0, "middle", "0"),
        (x, anchor, text),
    ]
