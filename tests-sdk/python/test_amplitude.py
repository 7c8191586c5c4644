"""Amplitude's stock Python SDK against the real server, with only its server URL changed."""

import threading
import unittest

from amplitude import Amplitude, BaseEvent, Config, EventOptions, Identify, Revenue

from server import PATIENCE_SECS, Server


class Results:
    """What the SDK says about each event."""

    def __init__(self, expected):
        self.codes = []
        self.done = threading.Event()
        self.expected = expected

    def __call__(self, event, code, message=None):
        self.codes.append((event, code, message))
        if len(self.codes) == self.expected:
            self.done.set()

    def wait(self):
        if not self.done.wait(PATIENCE_SECS):
            raise AssertionError(f"only {len(self.codes)} of {self.expected} events were answered")
        return self.codes


class AmplitudePythonSdk(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.end)

    def client(self, key, url, results):
        config = Config(server_url=f"{url}/2/httpapi", flush_interval_millis=50, flush_max_retries=8, callback=results)
        client = Amplitude(key, config)
        self.addCleanup(client.shutdown)
        return client

    def counts(self, source_id, received):
        account = self.server.account(source_id, received)
        return account["received"], account["accepted"], account["duplicate"], account["refused"]

    def test_every_kind_of_call_arrives_once(self):
        source_id, key = self.server.create_source("amplitude")
        results = Results(4)
        client = self.client(key, self.server.url, results)
        who = {"user_id": "ann-1", "device_id": "device-1"}
        client.track(BaseEvent("Seen", event_properties={"n": 1.5, "tags": ["a", "b"], "text": "æøå 😀"}, insert_id="first", **who))
        client.identify(Identify().set("plan", "pro").add("visits", 2), EventOptions(**who))
        client.revenue(Revenue(price=79.0, quantity=2, product_id="kettle"), EventOptions(**who))
        client.group_identify("company", "acme", Identify().set("size", 12), EventOptions(**who))
        client.flush()
        self.assertEqual({code for _, code, _ in results.wait()}, {200})
        self.assertEqual(self.counts(source_id, 4), (4, 4, 0, {}))
        seen = self.server.event(source_id, "first@device-1")
        self.assertEqual(seen["properties"], {"n": 1.5, "tags": ["a", "b"], "text": "æøå 😀"})
        self.assertEqual((seen["userId"], seen["anonymousId"]), ("ann-1", "device-1"))

    def test_the_same_insert_id_of_one_device_counts_once_and_of_two_twice(self):
        source_id, key = self.server.create_source("twice")
        results = Results(3)
        client = self.client(key, self.server.url, results)
        for device in ["device-1", "device-1", "device-2"]:
            client.track(BaseEvent("Seen", device_id=device, insert_id="the-same"))
        client.flush()
        self.assertEqual([code for _, code, _ in results.wait()], [200, 200, 200])
        self.assertEqual(self.counts(source_id, 3), (3, 2, 1, {}))

    def test_bad_events_are_dropped_and_the_rest_arrives(self):
        source_id, key = self.server.create_source("bad")
        results = Results(2)
        client = self.client(key, self.server.url, results)
        client.track(BaseEvent("good", user_id="bob-1"))
        client.track(BaseEvent("nobody", user_id="undefined"))
        client.flush()
        codes = {event.event_type: code for event, code, _ in results.wait()}
        self.assertEqual(codes, {"good": 200, "nobody": 400})
        self.assertEqual(self.counts(source_id, 1), (1, 1, 0, {}))


if __name__ == "__main__":
    unittest.main()
