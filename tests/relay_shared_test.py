"""Several hubs on one state: one dies, one stands still, a third takes over their lanes.

The one that stood still wakes up with answers to requests of long ago: nothing of them may be
written, for by then another hub has the lane."""

import collections
import contextlib

import pytest

from hub_fixture import Hub, Receiver, wait_until
from hub_load import Load, Witness, check_all_is_delivered
from hub_states import fresh_state

LANES = 8
TYPES = [f"lane.t{number}" for number in range(4)]
TAKE_OVER_S = 120  # A lease ends after 20 s.
LATE = 500  # The answer that comes too late.


@pytest.fixture(params=["mariadb", "postgres"])
def state(request, tmp_path):
    return fresh_state(request.param, request, tmp_path)


class SlowWitness(Witness):
    """What comes to the paths in `held` waits while the witness is not open and is answered LATE."""

    def __init__(self):
        super().__init__()
        self.open.clear()
        self.held = set()
        self.holding = 0

    def answer(self, delivery):
        self.note(delivery)
        if delivery.path not in self.held:
            return 200, "{}"
        with self.lock:
            self.holding += 1
        self.open.wait()
        with self.lock:
            self.holding -= 1
        return LATE, "{}"


class Fleet:
    """Three hubs on one state, and who sends for which subscription."""

    def __init__(self, state, folder, stack):
        self.state = state
        self.hubs = {}  # By the names that they have in the database.
        for number in range(3):
            home = folder / f"hub{number}"
            home.mkdir()
            hub = stack.enter_context(Hub(home, state.url))
            new = wait_until(lambda: {row[0] for row in state.rows("SELECT hub FROM hubs")}
                             - set(self.hubs))
            self.hubs[new.pop()] = hub

    def owners(self):
        """{subscription: name of the hub}"""
        return dict(self.state.rows("SELECT subscription_id, owner FROM leases "
                                    "WHERE expires_at > 0"))

    def lanes_of(self, name):
        return [lane for lane, owner in self.owners().items() if owner == name]


def subscribe_lanes(hub, receiver):
    """{subscription: path}; each type goes to one that keeps the order and one that does not."""
    paths = {}
    for number in range(LANES):
        path = f"/lane{number}"
        made = hub.subscribe(receiver.url.replace("/hook", path), [TYPES[number % len(TYPES)]],
                             name=f"lane{number}", fast_timeout_ms=60_000, timeout_ms=60_000,
                             ordering="source" if number < len(TYPES) else "none")
        receiver.trust(made["secret"])
        paths[made["id"]] = path
    return paths


def check_order(witness):
    for number in range(len(TYPES)):
        last = collections.defaultdict(int)
        for delivery in witness.first[f"/lane{number}"]:
            source = delivery.json["voucher"]["source_id"]
            assert delivery.json["source_version"] > last[source], (number, source)
            last[source] = delivery.json["source_version"]


def test_lanes_of_a_dead_and_of_a_frozen_hub_are_taken_over(state, tmp_path):
    witness = SlowWitness()
    with contextlib.ExitStack() as stack:
        receiver = stack.enter_context(Receiver(witness.answer))
        stack.callback(witness.open.set)
        fleet = Fleet(state, tmp_path, stack)
        first = next(iter(fleet.hubs.values()))
        paths = subscribe_lanes(first, receiver)
        wait_until(lambda: fleet.owners().keys() == paths.keys())
        load = stack.enter_context(Load(fleet.hubs.values(), publishers=3, sources=8, pause_s=0.04,
                                        timeout_s=20, event_types=TYPES))
        load.wait_for_more(60)

        # Who has most of the lanes stands still, the one with the fewest goes on alone.
        frozen, dead, survivor = sorted(fleet.hubs, key=lambda name: -len(fleet.lanes_of(name)))
        witness.held = {paths[lane] for lane in fleet.lanes_of(frozen)}
        wait_until(lambda: witness.holding > 0)
        fleet.hubs[frozen].freeze()
        witness.held = set()
        fleet.hubs[dead].kill()
        wait_until(lambda: set(fleet.owners().values()) == {survivor}, TAKE_OVER_S)
        load.wait_for_more(20)

        witness.open.set()
        wait_until(lambda: witness.holding == 0)
        fleet.hubs[frozen].thaw()
        wait_until(lambda: fleet.lanes_of(frozen), TAKE_OVER_S)
        load.wait_for_more(20)
        load.end()
        assert set(load.statuses) <= {202, 503} and load.without_retry_after == 0

        check_all_is_delivered(fleet.hubs[survivor])
        for number, path in enumerate(paths.values()):
            assert witness.ids(path) >= {event for event, kind in load.acknowledged.items()
                                         if kind == TYPES[number % len(TYPES)]}
        check_order(witness)
        assert state.rows(f"SELECT * FROM attempts WHERE status_code = {LATE}") == []
        for name in (frozen, survivor):
            fleet.hubs[name].stop()
