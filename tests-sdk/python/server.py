"""Starts the real server, speaks to its API, stops it again."""

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ADMIN_TOKEN = "sdk-tests-admin-token"
PATIENCE_SECS = 20

_running = set()


def _kill_all():
    """No server outlives the tests, however they end."""
    for process in list(_running):
        process.kill()


def _terminated(*_):
    _kill_all()
    os._exit(1)


atexit.register(_kill_all)
signal.signal(signal.SIGTERM, _terminated)


class Server:
    def __init__(self):
        self.data = tempfile.mkdtemp(prefix="sluice-sdk-")
        self.url = None  # only while it runs
        try:
            self.start_again()
        except BaseException:
            self.end()
            raise

    def start_again(self):
        """With the same data, at another free port."""
        command = [os.environ["SLUICE_BIN"], "serve", "--data", self.data, "--listen", "127.0.0.1:0"]
        env = {**os.environ, "SLUICE_ADMIN_TOKEN": ADMIN_TOKEN, "SLUICE_LOG": "warn"}
        self.process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        _running.add(self.process)
        too_late = threading.Timer(PATIENCE_SECS, self.process.kill)
        too_late.start()
        try:
            for line in self.process.stdout:
                found = re.search(r"listening on (http://\S+)", line)
                if found:
                    self.url = found.group(1)
                    return
        finally:
            too_late.cancel()
        raise RuntimeError(f"sluice ended with {self.process.wait()} before it listened")

    def stop(self):
        """Asks it to stop; gives its exit code."""
        self.url = None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE_SECS)
        self.process.stdout.close()
        _running.discard(self.process)
        return code

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
        _running.discard(self.process)
        shutil.rmtree(self.data, ignore_errors=True)

    def api(self, method, path, body=None):
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"{}")

    def create_source(self, slug):
        """Gives its id and its write key."""
        body = {"slug": slug, "name": slug, "enabled": True, "metadataId": "http"}
        status, answer = self.api("POST", "/sources", body)
        if status >= 300:
            raise RuntimeError(f"no source: {status} {answer}")
        source = answer["data"]["source"]
        return source["id"], source["writeKeys"][0]

    def event(self, source_id, message_id):
        """The final event with this message id, as soon as it is there."""
        path = f"/events/{urllib.parse.quote(source_id)}/{urllib.parse.quote(message_id)}"

        def ask():
            status, answer = self.api("GET", path)
            receipt = answer["data"]["receipt"] if status == 200 else {"outcome": {}}
            return receipt.get("event") if receipt["outcome"].get("state") == "accepted" else None

        return until(f"event {message_id}", ask)

    def account(self, source_id, events):
        """What came from the source and what became of it, once so many events have been judged."""

        def ask():
            status, answer = self.api("GET", "/ledger")
            if status != 200:
                raise RuntimeError(f"no ledger: {status} {answer}")
            for account in answer["data"]["ledger"]["sources"]:
                if account["sourceId"] == source_id and account["received"] >= events:
                    return account
            return None

        return until(f"account of {events} events", ask)


def until(what, ask):
    """Asks again until there is an answer; the patience ends well after any sane server answered."""
    deadline = time.monotonic() + PATIENCE_SECS
    while time.monotonic() < deadline:
        answer = ask()
        if answer is not None:
            return answer
        time.sleep(0.025)
    raise AssertionError(f"{what} is not there after {PATIENCE_SECS} s")
