"""A size is halved when it is refused, and grows slowly to what is borne."""

import threading
import time

from pipelines.sources.evm_node.adaptive_size import BYTES, AdaptiveSize, Slots


def grown(size, times):
    for _ in range(times):
        size.answered(size.size, 1)
    return size.size


def test_it_begins_small_and_grows_to_the_most():
    size = AdaptiveSize(100)
    assert size.size == 10
    assert grown(size, 1) == 11
    assert grown(size, 100) == 100
    assert AdaptiveSize(3).size == 3


def test_a_refusal_halves_it():
    size = AdaptiveSize(100)
    grown(size, 100)
    size.refused(100)
    assert size.size == 50
    size.refused(50)
    size.refused(1)
    assert size.size == 1


def test_what_was_refused_is_not_tried_again_soon():
    size = AdaptiveSize(100)
    size.refused(8)
    assert size.size == 4
    assert grown(size, 50) == 7
    assert grown(size, 100) == 8


def test_a_request_that_was_not_full_says_nothing_of_a_larger_one():
    size = AdaptiveSize(100)
    for _ in range(50):
        size.answered(3, 1)
    assert size.size == 10


def test_an_answer_of_many_bytes_makes_the_next_smaller():
    size = AdaptiveSize(100)
    size.answered(10, BYTES + 1)
    assert size.size == 5
    one = AdaptiveSize(1)
    one.answered(1, BYTES + 1)
    assert one.size == 1


def test_no_more_are_under_way_than_there_are_slots():
    slots, under_way, most = Slots(2), [0], [0]
    lock = threading.Lock()

    def work():
        with slots.one():
            with lock:
                under_way[0] += 1
                most[0] = max(most[0], under_way[0])
            time.sleep(0.01)
            with lock:
                under_way[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 2
    slots.refused()
    assert slots.size == 1
