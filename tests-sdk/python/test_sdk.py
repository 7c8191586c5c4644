"""The stock Python SDK against the real server."""

import json
import threading
import unittest
from datetime import datetime, timedelta, timezone

from segment.analytics.client import Client

from relay import Relay
from server import PATIENCE_SECS, Server

# What the server adds or sets anew; everything else must be as it was sent.
SET_BY_SERVER = {
    "channel", "originalTimestamp", "projectId", "receivedAt", "sentAt", "timestamp", "version", "writeKey",
}


def comparable(event):
    plain = json.loads(json.dumps(event))
    # An explicit null at the top level means the same as no field.
    plain = {key: value for key, value in plain.items() if value is not None and key not in SET_BY_SERVER}
    plain.setdefault("integrations", {})
    return plain


def at(text):
    parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


class PythonSdk(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.end)

    def relay(self):
        relay = Relay(self.server)
        self.addCleanup(relay.end)
        return relay

    def client(self, write_key, host=None, **options):
        client = Client(write_key, host=host or self.server.url, **options)
        self.addCleanup(client.shutdown)
        return client

    def assert_arrived(self, sent, source_id):
        kept = self.server.event(source_id, sent["messageId"])
        self.assertEqual(comparable(kept), comparable(sent))
        original = at(kept["originalTimestamp"])
        self.assertLess(abs(original - at(sent["timestamp"])), timedelta(milliseconds=1))
        corrected = at(kept["receivedAt"]) - (at(kept["sentAt"]) - original)
        self.assertLessEqual(abs(at(kept["timestamp"]) - corrected), timedelta(milliseconds=2))
        self.assertEqual(kept["channel"], "server")
        self.assertEqual(kept["version"], 2)
        self.assertEqual(kept["projectId"], source_id)
        self.assertNotIn("writeKey", kept)
        return kept

    def assert_counts(self, source_id, received, duplicate=0):
        account = self.server.account(source_id, received)
        counts = {key: account[key] for key in ("received", "accepted", "duplicate", "refused")}
        accepted = received - duplicate
        self.assertEqual(
            counts, {"received": received, "accepted": accepted, "duplicate": duplicate, "refused": {}}
        )

    def check_every_kind(self, **options):
        source_id, write_key = self.server.create_source("kinds")
        client = self.client(write_key, **options)
        queued = [
            client.identify("ann", {"email": "ann@example.org", "age": 42, "address": {"city": "Bergen"}}),
            client.track("ann", "Order Completed", {
                "revenue": 39.95, "big": 2**53 - 1, "tags": ["a", "b"], "none": None, "text": "æøå \U0001f600 \"quoted\"",
            }),
            client.track(anonymous_id="device-1", event="Signup Started", properties={}),
            client.page("ann", "Help", "Docs", {"path": "/docs", "title": "Docs"}),
            client.screen(anonymous_id="device-1", name="Home", properties={"tab": 2}),
            client.group("ann", "acme", {"name": "Acme", "employees": 12, "plan": None}),
            client.alias("device-1", "ann"),
            client.track(
                "ann", "With Extras", {"a": {"b": [1, {"c": False}]}},
                context={"ip": "203.0.113.7", "locale": "nb-NO", "traits": {"plan": "pro"}},
                integrations={"All": False, "Webhook": True},
                timestamp=datetime(2026, 3, 1, 10, 0, 0, 123000, tzinfo=timezone.utc),
            ),
        ]
        client.flush()
        for took, message in queued:
            self.assertTrue(took)
            self.assert_arrived(message, source_id)
        self.assert_counts(source_id, len(queued))

    def test_every_kind_of_call_arrives_once_field_for_field(self):
        self.check_every_kind()

    def test_every_kind_of_call_arrives_once_field_for_field_with_gzip(self):
        self.check_every_kind(gzip=True)

    def test_calls_made_while_the_server_is_stopped_arrive_once_when_it_is_back(self):
        source_id, write_key = self.server.create_source("restart")
        relay = self.relay()
        client = self.client(write_key, relay.url)
        _, before = client.track("bob", "Before")
        client.flush()
        kept = self.assert_arrived(before, source_id)
        self.assertEqual(self.server.stop(), 0, "a stop ends with 0")

        _, meanwhile = client.track("bob", "Meanwhile", {"n": 1})
        flushing = threading.Thread(target=client.flush)
        flushing.start()
        self.assertTrue(relay.refused.wait(PATIENCE_SECS), "the SDK tried")
        self.server.start_again()
        flushing.join()
        self.assert_arrived(meanwhile, source_id)
        self.assertEqual(self.server.event(source_id, before["messageId"]), kept)
        self.assert_counts(source_id, 2)

    def test_a_call_whose_answer_was_lost_is_sent_again_and_counts_once(self):
        source_id, write_key = self.server.create_source("lost-answer")
        relay = self.relay()
        relay.lose_next_answer = True
        client = self.client(write_key, relay.url)
        _, message = client.track("bob", "Twice on the wire")
        client.flush()
        self.assertFalse(relay.lose_next_answer, "an answer was lost")
        self.assert_arrived(message, source_id)
        self.assert_counts(source_id, 2, duplicate=1)


if __name__ == "__main__":
    unittest.main()
