"""A third party's client of Amplitude's dashboard and export API against the real server, with only the
host changed: it has a seam for that."""

import datetime
import gzip
import io
import json
import unittest
import zipfile

import requests
from amplitude import Amplitude, BaseEvent, Config
from pyamplitude import AmplitudeCredentials
from pyamplitude.dashboard import DashboardClient
from pyamplitude.exceptions import AmplitudeAuthError, AmplitudeBadRequest
from pyamplitude.export import ExportClient
from pyamplitude.models import DashboardEvent, Segment

from server import ADMIN_TOKEN, Server, until

DAY_ONE = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)


class Here:
    """Sends what is meant for Amplitude to the server."""

    def __init__(self, url):
        self.url = url

    def request(self, method, url, **options):
        return requests.request(method, url.replace("https://amplitude.com", self.url), timeout=30, **options)


class Dashboard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.end)
        source_id, key = cls.server.create_source("app")
        client = Amplitude(key, Config(server_url=f"{cls.server.url}/2/httpapi", flush_interval_millis=50))
        for user, hour, name, amount in [
            ("ann-1", 10, "Signup", None), ("bob-1", 12, "Signup", None), ("ann-1", 34, "Buy", 12.5),
        ]:
            at = DAY_ONE + datetime.timedelta(hours=hour)
            properties = {} if amount is None else {"amount": amount}
            client.track(BaseEvent(name, user_id=user, time=int(at.timestamp() * 1000), platform="iOS", event_properties=properties))
        client.flush()
        cls.server.account(source_id, 3)
        client.shutdown()
        cls.keys = AmplitudeCredentials(api_key=key, secret_key=ADMIN_TOKEN)
        cls.dashboard = DashboardClient(cls.keys, transport=Here(cls.server.url))
        until("the events", lambda: sum(e["totals"] for e in cls.dashboard.event_list()["data"]) == 3 or None)

    def test_segmentation_funnel_retention_and_users(self):
        days = {"start": "20260301", "end": "20260302"}
        data = self.dashboard.event_segmentation(events=["Signup"], mode="uniques", **days)["data"]
        self.assertEqual((data["series"], data["xValues"]), ([[2, 0]], ["2026-03-01", "2026-03-02"]))
        event = DashboardEvent("Buy")
        segment = Segment.user_property("platform", "is", ["iOS"])
        data = self.dashboard.event_segmentation(events=[event], segments=[segment], **days)["data"]
        self.assertEqual(data["series"], [[0, 1]])
        funnel = self.dashboard.funnel(events=["Signup", "Buy"], **days)["data"][0]
        self.assertEqual(funnel["cumulativeRaw"], [2, 1])
        retention = self.dashboard.retention(start_event="_new", return_event="Buy", **days)["data"]["series"][0]
        self.assertEqual([cell["count"] for cell in retention["values"]["Mar 1"][:3]], [2, 0, 1])
        self.assertEqual(self.dashboard.active_users(**days)["data"]["series"], [[2, 1]])

    def test_people(self):
        found = self.dashboard.user_search(user="ann-1")["matches"][0]
        self.assertEqual(found["user_id"], "ann-1")
        activity = self.dashboard.user_activity(user=str(found["amplitude_id"]))
        self.assertEqual([event["event_type"] for event in activity["events"]], ["Buy", "Signup"])

    def test_an_export_is_a_zip_of_gzipped_lines(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        hour = datetime.timedelta(hours=1)
        asked = {"start": (now - hour).strftime("%Y%m%dT%H"), "end": (now + hour).strftime("%Y%m%dT%H")}
        archive = ExportClient(self.keys, transport=Here(self.server.url)).download_archive(**asked)
        rows = []
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            self.assertIsNone(files.testzip())
            for name in files.namelist():
                self.assertRegex(name, r"^1/1_\d{4}-\d\d-\d\d_\d{1,2}#\d+\.json\.gz$")
                rows += [json.loads(line) for line in gzip.decompress(files.read(name)).splitlines()]
        self.assertEqual([row["event_type"] for row in rows], ["Signup", "Signup", "Buy"])
        self.assertEqual(rows[2]["event_properties"], {"amount": 12.5})
        self.assertEqual(rows[2]["event_time"], "2026-03-02 10:00:00.000000")
        self.assertEqual(rows[0]["amplitude_id"], rows[2]["amplitude_id"])
        self.assertEqual((rows[0]["user_id"], rows[0]["platform"]), ("ann-1", "iOS"))

    def test_errors_have_the_shape_that_the_client_prints(self):
        wrong = AmplitudeCredentials(api_key=self.keys.api_key, secret_key="wrong")
        with self.assertRaisesRegex(AmplitudeAuthError, "Invalid API key or secret key"):
            DashboardClient(wrong, transport=Here(self.server.url)).event_list()
        with self.assertRaisesRegex(AmplitudeBadRequest, "Invalid event: Nothing"):
            self.dashboard.event_segmentation(start="20260301", end="20260302", events=["Nothing"])


if __name__ == "__main__":
    unittest.main()
