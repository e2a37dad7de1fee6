"""SIGTERM and Ctrl-C while there is work: what is under way is finished, nothing is lost."""

import signal
import socket
import time

import pytest

from hub_fixture import Hub, Receiver, voucher, wait_until
from hub_load import Load, Witness, check_nothing_is_lost

SLACK_S = 10  # For a machine with more to do.
HURRY = {signal.SIGTERM: 143, signal.SIGINT: 130}


def test_a_stop_in_the_midst_of_a_backlog_finishes_what_is_under_way(tmp_path):
    """A dawdling client takes none of the deliveries' time."""
    witness = Witness(pause_s=0.3)
    with Receiver(witness.answer) as receiver, Hub(tmp_path) as hub:
        receiver.trust(hub.subscribe(receiver.url, concurrency=4)["secret"])
        hub.listen = f"127.0.0.1:{hub.port}"
        with Load([hub]) as load, socket.create_connection(("127.0.0.1", hub.port)) as dawdler:
            dawdler.sendall(b"POST /api/v1/vouchers HTTP/1.1\r\nHost: a\r\n")
            load.wait_for_more(150)
            assert hub.get("/api/v1/sync/stats")["backlog"] > 20
            begun = time.monotonic()
            hub.stop()
            assert time.monotonic() - begun < 10 + SLACK_S  # serve.stop_timeout
        witness.pause_s = 0
        hub.start()
        check_nothing_is_lost(hub, witness, load.acknowledged)
        assert set(witness.times.values()) == {1}
        hub.stop()


def test_receivers_that_hang_do_not_hold_up_a_stop(tmp_path):
    witness = Witness()
    witness.open.clear()
    with Receiver(witness.answer) as receiver, \
            Hub(tmp_path, TIDEMARK_SERVE__STOP_TIMEOUT="1s") as hub:
        receiver.trust(hub.subscribe(receiver.url)["secret"])
        published = hub.post("/api/v1/vouchers", voucher())
        wait_until(lambda: witness.times)
        begun = time.monotonic()
        hub.stop()
        assert time.monotonic() - begun < 1 + SLACK_S
        witness.open.set()
        hub.start()
        rows = wait_until(lambda: hub.get("/api/v1/deliveries?status=delivered")["data"])
        assert rows[0]["event_id"] == published["event_id"]
        hub.stop()


@pytest.mark.parametrize("number", HURRY)
def test_the_second_signal_ends_it_at_once_and_loses_nothing(number, tmp_path):
    witness = Witness()
    witness.open.clear()
    with Receiver(witness.answer) as receiver, Hub(tmp_path) as hub:
        receiver.trust(hub.subscribe(receiver.url)["secret"])
        with Load([hub]) as load:
            load.wait_for_more(50)
            wait_until(lambda: witness.times)
            hub.signal(number)
            wait_until(lambda: "stopping" in hub.log())
            time.sleep(0.2)  # Two at once are one wish.
            hub.signal(number)
            assert hub.process.wait(1 + SLACK_S) == HURRY[number]
            load.end()
        hub.kill()
        witness.open.set()
        hub.start()
        check_nothing_is_lost(hub, witness, load.acknowledged)
        hub.stop()
