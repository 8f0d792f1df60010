"""Journals of recognisable steps; whatever a test opens is closed at its end."""

import pytest
from transitions import LAYOUT, transition

from rl_agent.data.journal import JournalConfig, JournalReader, JournalWriter

NO_SYNC = JournalConfig(sync="none")


_writers = []


@pytest.fixture(autouse=True)
def close_writers():
    yield
    while _writers:
        _writers.pop().close()


def opened(*arguments):
    _writers.append(JournalWriter(*arguments))
    return _writers[-1]


def write(directory, num_records, config=NO_SYNC):
    writer = opened(directory, LAYOUT, config)
    for index in range(num_records):
        writer.append(transition(index))
    return writer


def rewards(directory, until=None):
    return JournalReader(directory).read(until).rows["reward"].tolist()
