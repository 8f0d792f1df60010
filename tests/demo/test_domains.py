import socket

from surefoot_nodes.domains import free_domain, is_in_use

DOMAIN = 101  # ports from 7400 + 250 * 101 = 32650 on
FIRST_PARTICIPANT, SECOND_PARTICIPANT = 32660, 32662


def test_a_domain_is_in_use_while_a_participant_holds_a_port():
    for port in (FIRST_PARTICIPANT, SECOND_PARTICIPANT):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
            participant.bind(("127.0.0.1", port))
            assert is_in_use(DOMAIN)
    assert not is_in_use(DOMAIN)


def test_the_first_free_one_is_taken():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(("0.0.0.0", FIRST_PARTICIPANT))  # noqa: S104  # as RTPS does
        assert free_domain([DOMAIN, 102]) == 102
        assert free_domain([DOMAIN]) == DOMAIN
    assert free_domain([DOMAIN, 102]) == DOMAIN
