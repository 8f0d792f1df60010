import os

import pytest


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    """Power does not fail within a test."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
