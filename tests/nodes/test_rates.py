import threading

from surefoot_nodes.rates import Rates


def test_counts_per_second_since_the_last_question():
    rates = Rates(10.0)
    for name in ("ticks", "ticks", "readings"):
        rates.count(name)
    assert rates.report(12.0) == {"ticks_hz": 1.0, "readings_hz": 0.5}
    rates.count("ticks")
    assert rates.report(13.0) == {"ticks_hz": 1.0, "readings_hz": 0.0}


def test_one_thread_may_count_what_is_new_while_another_asks():
    rates, is_over = Rates(0.0), threading.Event()

    def count():
        for index in range(20_000):
            rates.count(f"kind {index}")
        is_over.set()

    thread = threading.Thread(target=count)
    thread.start()
    while not is_over.is_set():
        rates.report(1.0)
    thread.join()
    assert len(rates.report(2.0)) > 0
