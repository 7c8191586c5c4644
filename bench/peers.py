#!/usr/bin/env python3
"""The questions of `cargo bench -p sluice-insights --bench peers -- DIR` on the same events, with
equal threads: to the real server over HTTP, and to ClickHouse and DuckDB, each in its best known form.

    python3 -m venv venv && venv/bin/pip install chdb-core duckdb numpy pyarrow
    venv/bin/python bench/peers.py DIR [target/release/sluice]

The server opens parts that the bench wrote with the server's own writer, in each of four states.
"""
import http.client
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from chdb import session

DIR = sys.argv[1]
STEPS = ["landing_view", "signup_start", "signup", "activation"]
WINDOW = 7 * 86_400_000
RUNS = 7


def write_parquet():
    names = open(f"{DIR}/events.txt").read().split()
    columns = {
        "t": pa.array(np.fromfile(f"{DIR}/time_ms.i64", "<i8")),
        "uid": pa.array(np.fromfile(f"{DIR}/user.u32", "<u4")),
        "event": pa.DictionaryArray.from_arrays(pa.array(np.fromfile(f"{DIR}/event.u8", "u1").astype("i1")), names),
    }
    pq.write_table(pa.table(columns), f"{DIR}/events.parquet", compression="zstd")


def timed(run):
    times, out = [], None
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        out = run()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[1:]), min(times[1:]), out


def reached(levels):
    """People per step from people per depth."""
    return [sum(n for level, n in levels if level >= step) for step in range(1, len(STEPS) + 1)]


def show(name, threads, median, least, counts):
    print(f"{name:44} {threads} thr  median {median:7.1f} ms  least {least:7.1f}  {counts}", flush=True)


def clickhouse():
    db = session.Session(f"{DIR}/chdb")
    run = lambda sql: str(db.query(sql, "TSV"))
    run("CREATE DATABASE IF NOT EXISTS b ENGINE = Atomic")
    fields = "t UInt64 CODEC(LZ4), uid UInt32 CODEC(LZ4), event LowCardinality(String) CODEC(LZ4)"
    steps = ", ".join(f"event = '{step}'" for step in STEPS)
    wanted = ", ".join(f"'{step}'" for step in STEPS)
    tables = {"by_user": "(uid, t)", "by_event": "(event, intDiv(t, 86400000), uid)"}
    for table, order in tables.items():
        run(f"DROP TABLE IF EXISTS b.{table}")
        run(f"CREATE TABLE b.{table} ({fields}) ENGINE = MergeTree ORDER BY {order}")
        run(f"INSERT INTO b.{table} SELECT t, uid, event FROM file('{DIR}/events.parquet', Parquet)")
        run(f"OPTIMIZE TABLE b.{table} FINAL")
    best = {}
    for table in tables:
        for further in ["", ", optimize_aggregation_in_order = 1"]:
            for threads in [1, 2]:
                sql = (
                    f"SELECT level, count() FROM (SELECT uid, windowFunnel({WINDOW})(t, {steps}) AS level FROM b.{table} "
                    f"WHERE event IN ({wanted}) GROUP BY uid) GROUP BY level ORDER BY level "
                    f"SETTINGS max_threads = {threads}, use_query_condition_cache = 0{further}"
                )
                median, least, out = timed(lambda: run(sql))
                counts = reached([tuple(map(int, line.split())) for line in out.strip().split("\n")])
                show(f"ClickHouse {table}{' in order' if further else ''}", threads, median, least, counts)
                best[threads] = min(best.get(threads, median), median)
    for table in tables:
        for threads in [1, 2]:
            arrays = (
                "SELECT s, n, count() FROM (SELECT arrayJoin(starts) AS s, arrayJoin(arrayFilter(n -> n >= 0 AND n < 60, "
                "arrayMap(d -> toInt64(d) - toInt64(s), days))) AS n FROM (SELECT uid, "
                "groupUniqArrayIf(intDiv(t, 86400000), event = 'landing_view') AS starts, "
                "groupUniqArrayIf(intDiv(t, 86400000), event = 'page_view') AS days FROM b.{0} "
                "WHERE event IN ('landing_view', 'page_view') GROUP BY uid)) GROUP BY s, n "
                "SETTINGS max_threads = {1}, use_query_condition_cache = 0"
            ).format(table, threads)
            median, least, out = timed(lambda: run(arrays))
            rows = [tuple(map(int, line.split())) for line in out.strip().split("\n")]
            show(f"ClickHouse {table}: retention 60 x 60", threads, median, least, diagonal(rows))
    return best


def diagonal(rows):
    """Sums over all days of start, per number of days; days on which both happened count as day 0."""
    return [sum(people for _, n, people in rows if n == number) for number in range(4)]


def duck():
    db = duckdb.connect()
    db.execute(
        f"CREATE TABLE ev AS SELECT t, uid, event::VARCHAR::ENUM ({', '.join(repr(s) for s in open(f'{DIR}/events.txt').read().split())}) "
        f"AS event FROM '{DIR}/events.parquet' ORDER BY uid, t"
    )
    asof = [f"s1 AS (SELECT uid, t, t AS s FROM ev WHERE event = '{STEPS[0]}')"]
    for number, step in enumerate(STEPS[1:], 2):
        asof.append(
            f"s{number} AS (SELECT x.uid, x.t, p.s FROM ev x ASOF JOIN s{number - 1} p ON x.uid = p.uid AND x.t >= p.t "
            f"WHERE x.event = '{step}' AND x.t - p.s <= {WINDOW})"
        )
    picks = ", ".join(f"(SELECT count(DISTINCT uid) FROM s{n})" for n in range(1, len(STEPS) + 1))
    forms = {"ASOF": f"WITH {', '.join(asof)} SELECT {picks}"}
    windows = [f"e AS (SELECT uid, t, event FROM ev WHERE event IN ({', '.join(repr(s) for s in STEPS)}))"]
    last, over = "e", "OVER (PARTITION BY uid ORDER BY t ROWS UNBOUNDED PRECEDING)"
    for number, step in enumerate(STEPS[:-1], 1):
        if number == 1:
            value, condition = "t", f"event = '{step}'"
        else:
            value, condition = f"s{number - 1}", f"event = '{step}' AND t - s{number - 1} <= {WINDOW}"
        windows.append(f"w{number} AS (SELECT *, max({value}) FILTER ({condition}) {over} AS s{number} FROM {last})")
        last = f"w{number}"
    level = (
        f"max(CASE WHEN event = '{STEPS[3]}' AND t - s3 <= {WINDOW} THEN 4 WHEN s3 IS NOT NULL THEN 3 "
        f"WHEN s2 IS NOT NULL THEN 2 WHEN s1 IS NOT NULL THEN 1 ELSE 0 END)"
    )
    forms["windows"] = (
        f"WITH {', '.join(windows)} SELECT level, count(*) FROM (SELECT uid, {level} AS level FROM {last} GROUP BY uid) GROUP BY 1"
    )
    best = {}
    for form, sql in forms.items():
        for threads in [1, 2]:
            db.execute(f"SET threads = {threads}")
            median, least, out = timed(lambda: db.execute(sql).fetchall())
            counts = list(out[0]) if form == "ASOF" else reached(out)
            show(f"DuckDB {form}", threads, median, least, counts)
            best[threads] = min(best.get(threads, median), median)
    days = "SELECT DISTINCT uid, t // 86400000 AS d FROM ev WHERE event = '{}'"
    sql = (
        f"SELECT s.d, b.d - s.d, count(*) FROM ({days.format('landing_view')}) s JOIN ({days.format('page_view')}) b "
        "ON s.uid = b.uid AND b.d BETWEEN s.d AND s.d + 59 GROUP BY 1, 2"
    )
    for threads in [1, 2]:
        db.execute(f"SET threads = {threads}")
        median, least, out = timed(lambda: db.execute(sql).fetchall())
        show("DuckDB: retention 60 x 60", threads, median, least, diagonal(out))
    return best


STATES = ["clean", "unmerged", "months", "merged"]
RANGE = {"start": "2026-01-01", "end": "2026-03-01"}
FUNNEL = {
    "kind": "funnel", "range": RANGE, "window_seconds": WINDOW // 1000, "resolution": "millisecond",
    "steps": [{"event": step} for step in STEPS],
}
BY_COUNTRY = FUNNEL | {"breakdown": {"property": "country"}}
RETENTION = {
    "kind": "retention", "range": RANGE, "start": {"event": "landing_view"},
    "returning": {"event": "page_view"}, "windows": "calendar", "periods": 59,
}


class Server:
    """`sluice serve` on a folder of its own."""

    def __init__(self, binary, data, threads):
        config = f"{data}/sluice.toml"
        with open(config, "w") as file:
            file.write(f"[analytics]\nquery_threads = {threads}\n")
        command = [binary, "serve", "--data", data, "--listen", "127.0.0.1:0", "--config", config]
        env = os.environ | {"SLUICE_ADMIN_TOKEN": "bench-token-of-the-peers", "SLUICE_LOG": "warn"}
        self.child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        for line in self.child.stdout:
            if line.startswith("listening on http://"):
                host = line.removeprefix("listening on http://").split()[0]
                break
        self.http = http.client.HTTPConnection(host)

    def ask(self, question):
        headers = {"authorization": "Bearer bench-token-of-the-peers", "content-type": "application/json"}
        self.http.request("POST", "/api/v1/insights/query", json.dumps(question), headers)
        answer = self.http.getresponse()
        body = json.load(answer)
        assert answer.status == 200, body
        return body["data"]["result"]

    def memory(self):
        lines = open(f"/proc/{self.child.pid}/status").read().split("\n")
        return " ".join(line.replace("\t", " ") for line in lines if line.startswith(("VmRSS", "RssAnon")))

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        self.child.wait()


def sluice(binary):
    best = {}
    for state in STATES:
        with tempfile.TemporaryDirectory(dir=DIR) as data:
            Server(binary, data, 1).stop()  # Makes its workspace.
            (workspace,) = os.listdir(f"{data}/workspaces")
            parts = f"{data}/workspaces/{workspace}/parts"
            shutil.rmtree(parts, ignore_errors=True)
            os.mkdir(parts)
            for name in os.listdir(f"{DIR}/{state}"):
                put = os.link if name.endswith(".part") else shutil.copy
                put(f"{DIR}/{state}/{name}", f"{parts}/{name}")
            for threads in [1, 2]:
                server = Server(binary, data, threads)
                questions = {"funnel": FUNNEL}
                if state == "clean":
                    questions |= {"funnel by country": BY_COUNTRY, "retention 60 x 60": RETENTION}
                for name, question in questions.items():
                    median, least, out = timed(lambda: server.ask(question))
                    if out["kind"] == "funnel":
                        counts = [step["people"] for step in out["overall"]["steps"]]
                    else:
                        counts = [cell["people"] for cell in out["overall"]["summed"][:4]]
                    scanned = out["explain"]["parts_scanned"]
                    show(f"Sluice over HTTP, {state}: {name}", threads, median, least, f"{counts} parts {scanned}")
                    best[name, state, threads] = median
                print(f"  {server.memory()}", flush=True)
                server.stop()
    return best


if len(sys.argv) > 2:
    sluice(sys.argv[2])
write_parquet()
print("best medians of ClickHouse", clickhouse())
print("best medians of DuckDB", duck())
