"""kill -9 of the hub under load, again and again: whatever got a 202 arrives, on each database.

More rounds: RELAY_KILLS=100."""

import os
import random
import time

import pytest

from hub_fixture import Hub, Receiver
from hub_load import Load, Witness, check_nothing_is_lost
from hub_states import fresh_state

KILLS = int(os.environ.get("RELAY_KILLS", "4"))


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def state(request, tmp_path):
    return fresh_state(request.param, request, tmp_path)


def test_what_was_acknowledged_arrives(state, tmp_path):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    witness = Witness()
    with Receiver(witness.answer) as receiver, Hub(tmp_path, state.url) as hub:
        receiver.trust(hub.subscribe(receiver.url)["secret"])
        hub.listen = f"127.0.0.1:{hub.port}"
        with Load([hub], pause_s=0.01) as load:
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.2, 1.0))
                hub.kill()
                hub.start()
        assert load.acknowledged
        check_nothing_is_lost(hub, witness, load.acknowledged)
        print(f"{KILLS} kills, {len(load.acknowledged)} acknowledged")
        hub.stop()
