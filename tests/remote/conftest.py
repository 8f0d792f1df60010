import pytest
from links import receiver, sender
from tcp_proxy import TcpProxy


@pytest.fixture
def closing_all():
    """Take things that are closed at the end, the last one first."""
    things = []

    def add(thing):
        things.append(thing)
        return thing

    yield add
    for thing in reversed(things):
        thing.close()


@pytest.fixture
def robot(closing_all):
    return lambda *args, **changes: closing_all(sender(*args, **changes))


@pytest.fixture
def learner(closing_all):
    return lambda *args, **changes: closing_all(receiver(*args, **changes))


@pytest.fixture
def proxy(closing_all):
    return lambda port: closing_all(TcpProxy(port))
