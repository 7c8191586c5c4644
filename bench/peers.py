#!/usr/bin/env python3
"""The questions of `cargo bench -p sluice-insights --bench peers -- DIR` on the same events, with
equal threads: to the real server over HTTP, and to ClickHouse and DuckDB, each in its best known form.

    python3 -m venv venv && venv/bin/pip install chdb-core duckdb numpy pyarrow
    venv/bin/python bench/peers.py DIR load
    venv/bin/python bench/peers.py DIR ask target/release/sluice [clickhouse duckdb]
    venv/bin/python bench/peers.py DIR turns target/release/sluice

`turns` asks the funnel of all three in turns, each peer in its fastest form, so that a moment at which
the machine is slow meets all of them alike.

The server opens parts that the bench wrote with the server's own writer, in each of four states.
With names of peers behind it, `ask` asks only these and the server.
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

DIR, WHAT = sys.argv[1:3]
STEPS = ["landing_view", "signup_start", "signup", "activation"]
DAY = 86_400_000
WINDOW = 7 * DAY
RUNS = 5
PLANS = ["free", "pro", "team", "enterprise"]
COUNTRIES = ["US", "DE", "GB", "FR", "IN", "BR", "CA", "JP", "ES", "IT", "NL", "AU", "MX", "PL", "SE", "CH"]
COUNTRIES += ["AT", "BE", "DK", "NO", "FI", "PT", "IE", "CZ", "RO", "KR", "SG", "ZA", "AR", "TR"]
PLATFORMS = ["web", "ios", "android", "desktop", "tv"]


def write_parquet():
    names = open(f"{DIR}/events.txt").read().split()
    users = np.fromfile(f"{DIR}/user.u32", "<u4")
    # A user's properties, as the bench makes them.
    u = (users.astype("u8") * np.uint64(0x9E37_79B9_7F4A_7C15)) >> np.uint64(20)
    coded = lambda codes, of: pa.DictionaryArray.from_arrays(pa.array(codes.astype("i1")), of)
    columns = {
        "t": pa.array(np.fromfile(f"{DIR}/time_ms.i64", "<i8")),
        "uid": pa.array(users),
        "event": coded(np.fromfile(f"{DIR}/event.u8", "u1"), names),
        "plan": coded(u % np.uint64(4), PLANS),
        "country": coded((u >> np.uint64(2)) % np.uint64(30), COUNTRIES),
        "platform": coded((u >> np.uint64(8)) % np.uint64(5), PLATFORMS),
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


ORDERS = {"by_user": "(uid, t)", "by_event": "(event, intDiv(t, 86400000), uid)"}


def load_clickhouse():
    run = session.Session(f"{DIR}/chdb").query
    run("CREATE DATABASE IF NOT EXISTS b ENGINE = Atomic")
    fields = "t UInt64 CODEC(LZ4), uid UInt32 CODEC(LZ4)"
    for name in ["event", "plan", "country", "platform"]:
        fields += f", {name} LowCardinality(String) CODEC(LZ4)"
    for table, order in ORDERS.items():
        run(f"DROP TABLE IF EXISTS b.{table}")
        run(f"CREATE TABLE b.{table} ({fields}) ENGINE = MergeTree ORDER BY {order}")
        run(f"INSERT INTO b.{table} SELECT * FROM file('{DIR}/events.parquet', Parquet)")
        run(f"OPTIMIZE TABLE b.{table} FINAL")


def clickhouse_funnel(table):
    steps = ", ".join(f"event = '{step}'" for step in STEPS)
    wanted = ", ".join(f"'{step}'" for step in STEPS)
    return (
        f"SELECT level, count() FROM (SELECT uid, windowFunnel({WINDOW})(t, {steps}) AS level FROM b.{table} "
        f"WHERE event IN ({wanted}) GROUP BY uid) GROUP BY level ORDER BY level {{SETTINGS}}"
    )


def ask_clickhouse():
    db = session.Session(f"{DIR}/chdb")
    run = lambda sql: str(db.query(sql, "TSV"))
    steps = ", ".join(f"event = '{step}'" for step in STEPS)
    wanted = ", ".join(f"'{step}'" for step in STEPS)
    best = {}

    def ask(name, form, sql, counts):
        for threads in [1, 2]:
            settings = f"SETTINGS max_threads = {threads}, use_query_condition_cache = 0"
            median, least, out = timed(lambda: run(sql.format(SETTINGS=settings)))
            rows = [tuple(int(v) if v.isdigit() else v for v in line.split("\t")) for line in out.strip().split("\n")]
            show(f"ClickHouse {form}: {name}", threads, median, least, counts(rows))
            best[name, threads] = min(best.get((name, threads), median), median)

    for table in ORDERS:
        funnel = clickhouse_funnel(table)
        ask("funnel", table, funnel, reached)
        ask("funnel", f"{table} in order", funnel + ", optimize_aggregation_in_order = 1", reached)
        by_country = (
            f"SELECT level, count() FROM (SELECT uid, windowFunnel({WINDOW})(t, {steps}) AS level, "
            f"argMinIf(country, t, event = '{STEPS[0]}') AS c FROM b.{table} WHERE event IN ({wanted}) GROUP BY uid) "
            "GROUP BY c, level ORDER BY level {SETTINGS}"
        )
        ask("funnel by country", table, by_country, reached)
        retention = (
            "SELECT s, n, count() FROM (SELECT arrayJoin(starts) AS s, arrayJoin(arrayFilter(n -> n >= 0 AND n < 60, "
            "arrayMap(d -> toInt64(d) - toInt64(s), days))) AS n FROM (SELECT uid, "
            "groupUniqArrayIf(intDiv(t, 86400000), event = 'landing_view') AS starts, "
            f"groupUniqArrayIf(intDiv(t, 86400000), event = 'page_view') AS days FROM b.{table} "
            "WHERE event IN ('landing_view', 'page_view') GROUP BY uid)) GROUP BY s, n {SETTINGS}"
        )
        ask("retention 60 x 60", table, retention, diagonal)
        uniques = (
            f"SELECT intDiv(t, 86400000) AS d, uniqExact(uid) FROM b.{table} WHERE event = 'page_view' "
            "AND country IN ('US', 'DE', 'GB') AND platform = 'web' GROUP BY d, plan {SETTINGS}"
        )
        ask("daily uniques", table, uniques, lambda rows: sum(people for _, people in rows))
        after = (
            f"SELECT uid, t, event FROM b.{table} INNER JOIN (SELECT uid, min(t) AS s FROM b.{table} "
            f"WHERE event = 'landing_view' GROUP BY uid) USING uid WHERE t > s AND t <= s + {DAY}"
        )
        windows = (
            f"WITH e AS ({after}), n AS (SELECT uid, event, row_number() OVER w AS c, leadInFrame(event) OVER (PARTITION BY "
            "uid ORDER BY t ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS f FROM e "
            "WINDOW w AS (PARTITION BY uid ORDER BY t)) "
            "SELECT c, event, f, count() FROM n WHERE c <= 4 GROUP BY c, event, f {SETTINGS}"
        )
        ask("paths", f"{table} windows", windows, columns)
        sorted_arrays = (
            "SELECT c, p[c] AS e, p[c + 1] AS f, count() FROM (SELECT arrayMap(x -> x.2, arraySort(groupArray(("
            f"t, event)))) AS p FROM ({after}) GROUP BY uid) ARRAY JOIN range(1, least(length(p), 4) + 1) AS c "
            "GROUP BY c, e, f {SETTINGS}"
        )
        ask("paths", f"{table} sorted arrays", sorted_arrays, columns)
        if table == "by_user":
            arrays = (
                "SELECT c, p[c] AS e, p[c + 1] AS f, count() FROM (SELECT groupArray(t) AS ts, groupArray(event) AS es, "
                "indexOf(es, 'landing_view') AS b, arraySlice(es, b + 1, arrayCount(x -> x > ts[b] AND x <= ts[b] + "
                f"{DAY}, ts)) AS p FROM b.{table} GROUP BY uid HAVING b > 0) "
                "ARRAY JOIN range(1, least(length(p), 4) + 1) AS c GROUP BY c, e, f {SETTINGS}, optimize_aggregation_in_order = 1"
            )
            ask("paths", "by_user arrays in order", arrays, columns)
        cohort = (
            f"SELECT count() FROM (SELECT uid FROM b.{table} WHERE event IN ('purchase', 'cancel') GROUP BY uid "
            "HAVING countIf(event = 'purchase') >= 2 AND countIf(event = 'cancel') = 0) {SETTINGS}"
        )
        ask("cohort", table, cohort, lambda rows: rows[0][0])
    print("best medians of ClickHouse", best, flush=True)


def columns(rows):
    """People per column of paths, after the first."""
    return [sum(int(row[-1]) for row in rows if int(row[0]) == column) for column in range(1, 5)]


def diagonal(rows):
    """Sums over all days of start, per number of days; days on which both happened count as day 0."""
    return [sum(people for _, n, people in rows if n == number) for number in range(4)]


def load_duckdb():
    db = duckdb.connect(f"{DIR}/duck.db")
    enum = lambda name, of: f"{name}::VARCHAR::ENUM ({', '.join(map(repr, of))}) AS {name}"
    fields = [enum("event", open(f"{DIR}/events.txt").read().split()), enum("plan", PLANS)]
    fields += [enum("country", COUNTRIES), enum("platform", PLATFORMS)]
    db.execute(
        f"CREATE OR REPLACE TABLE ev AS SELECT t, uid, {', '.join(fields)} FROM '{DIR}/events.parquet' ORDER BY uid, t"
    )


def duckdb_asof():
    asof = [f"s1 AS (SELECT uid, t, t AS s FROM ev WHERE event = '{STEPS[0]}')"]
    for number, step in enumerate(STEPS[1:], 2):
        asof.append(
            f"s{number} AS (SELECT x.uid, x.t, p.s FROM ev x ASOF JOIN s{number - 1} p ON x.uid = p.uid AND x.t >= p.t "
            f"WHERE x.event = '{step}' AND x.t - p.s <= {WINDOW})"
        )
    picks = ", ".join(f"(SELECT count(DISTINCT uid) FROM s{n})" for n in range(1, len(STEPS) + 1))
    return f"WITH {', '.join(asof)} SELECT {picks}"


def ask_duckdb():
    db = duckdb.connect(f"{DIR}/duck.db", read_only=True)
    forms = {"ASOF": duckdb_asof()}
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

    def ask(name, form, sql, counts):
        for threads in [1, 2]:
            db.execute(f"SET threads = {threads}")
            median, least, out = timed(lambda: db.execute(sql).fetchall())
            show(f"DuckDB {form}: {name}", threads, median, least, counts(out))
            best[name, threads] = min(best.get((name, threads), median), median)

    ask("funnel", "ASOF", forms["ASOF"], lambda rows: list(rows[0]))
    ask("funnel", "windows", forms["windows"], reached)
    days = "SELECT DISTINCT uid, t // 86400000 AS d FROM ev WHERE event = '{}'"
    retention = (
        f"SELECT s.d, b.d - s.d, count(*) FROM ({days.format('landing_view')}) s JOIN ({days.format('page_view')}) b "
        "ON s.uid = b.uid AND b.d BETWEEN s.d AND s.d + 59 GROUP BY 1, 2"
    )
    ask("retention 60 x 60", "join", retention, diagonal)
    uniques = (
        "SELECT t // 86400000 AS d, count(DISTINCT uid) FROM ev WHERE event = 'page_view' "
        "AND country IN ('US', 'DE', 'GB') AND platform = 'web' GROUP BY d, plan"
    )
    ask("daily uniques", "count distinct", uniques, lambda rows: sum(people for _, people in rows))
    after = (
        "SELECT uid, t, event FROM ev JOIN (SELECT uid, min(t) AS s FROM ev WHERE event = 'landing_view' GROUP BY uid) "
        f"USING (uid) WHERE t > s AND t <= s + {DAY}"
    )
    windows = (
        f"WITH e AS ({after}), n AS (SELECT event, row_number() OVER w AS c, lead(event) OVER w AS f FROM e "
        "WINDOW w AS (PARTITION BY uid ORDER BY t)) SELECT c, event, f, count(*) FROM n WHERE c <= 4 GROUP BY ALL"
    )
    ask("paths", "windows", windows, columns)
    lists = (
        f"WITH p AS (SELECT list(event ORDER BY t) AS p FROM ({after}) GROUP BY uid), "
        "n AS (SELECT p, unnest(range(1, least(len(p), 4) + 1)) AS c FROM p) "
        "SELECT c, p[c] AS e, p[c + 1] AS f, count(*) FROM n GROUP BY ALL"
    )
    ask("paths", "lists", lists, columns)
    cohort = (
        "SELECT count(*) FROM (SELECT uid FROM ev WHERE event IN ('purchase', 'cancel') GROUP BY uid "
        "HAVING count(*) FILTER (event = 'purchase') >= 2 AND count(*) FILTER (event = 'cancel') = 0)"
    )
    ask("cohort", "group by", cohort, lambda rows: rows[0][0])
    print("best medians of DuckDB", best, flush=True)


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
UNIQUES = {
    "kind": "trend", "range": RANGE, "events": [{"event": "page_view"}], "breakdown": {"property": "plan"},
    "segment": [{"property": "country", "op": "is", "values": ["US", "DE", "GB"]},
                {"property": "platform", "op": "is", "values": ["web"]}],
}
PATHS = {"kind": "paths", "range": RANGE, "start": {"event": "landing_view"}, "columns_max": 5}
COHORT = {
    "clauses": [
        {"any_of": [{"kind": "performed", "event": {"event": "purchase"}, "count": 2}]},
        {"not": True, "any_of": [{"kind": "performed", "event": {"event": "cancel"}}]},
    ]
}


TREND = {"kind": "trend", "range": RANGE}
# Twelve charts as a dashboard has them.
DASHBOARD = [FUNNEL, BY_COUNTRY, RETENTION, UNIQUES] + [
    TREND | {"events": [{"event": event}], **more}
    for event, more in [
        ("page_view", {}), ("purchase", {"measure": "totals"}), ("signup", {"breakdown": {"property": "plan"}}),
        ("search", {"interval": "week"}), ("purchase", {"breakdown": {"property": "country"}}),
        ("cancel", {}), ("login", {"interval": "week"}), ("product_view", {"measure": "totals"}),
    ]
]


def forget(folder):
    """Drops the files from the page cache."""
    for name in os.listdir(folder):
        file = os.open(f"{folder}/{name}", os.O_RDONLY)
        os.fdatasync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


class Server:
    """`sluice serve` on a folder of its own."""

    def __init__(self, binary, data, threads):
        config = f"{data}/sluice.toml"
        with open(config, "w") as file:
            file.write(f"[analytics]\nquery_threads = {threads}\n")
        command = [binary, "serve", "--data", data, "--listen", "127.0.0.1:0", "--config", config]
        env = os.environ | {"SLUICE_ADMIN_TOKEN": "bench-token-of-the-peers", "SLUICE_LOG": "off"}
        self.child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        for line in self.child.stdout:
            if line.startswith("listening on http://"):
                host = line.removeprefix("listening on http://").split()[0]
                break
        self.http = http.client.HTTPConnection(host)

    def ask(self, question, path="insights/query"):
        headers = {"authorization": "Bearer bench-token-of-the-peers", "content-type": "application/json"}
        self.http.request("POST", f"/api/v1/{path}", json.dumps(question), headers)
        answer = self.http.getresponse()
        body = json.load(answer)
        assert answer.status == 200, body
        data = body["data"]
        return data["result"] if "result" in data else data["size"]

    def memory(self):
        lines = open(f"/proc/{self.child.pid}/status").read().split("\n")
        return " ".join(line.replace("\t", " ") for line in lines if line.startswith(("VmRSS", "RssAnon")))

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        self.child.wait()


def put_parts(binary, data, state):
    """Makes a data folder that holds the parts of this state; gives their folder."""
    Server(binary, data, 1).stop()  # Makes its workspace.
    (workspace,) = os.listdir(f"{data}/workspaces")
    parts = f"{data}/workspaces/{workspace}/parts"
    shutil.rmtree(parts, ignore_errors=True)
    os.mkdir(parts)
    for name in os.listdir(f"{DIR}/{state}"):
        put = os.link if name.endswith(".part") else shutil.copy
        put(f"{DIR}/{state}/{name}", f"{parts}/{name}")
    return parts


def counted(out):
    """The counts behind an answer."""
    if out["kind"] == "funnel":
        return [step["people"] for step in out["overall"]["steps"]]
    if out["kind"] == "retention":
        return [cell["people"] for cell in out["overall"]["summed"][:4]]
    if out["kind"] == "paths":
        return [sum(node["people"] for node in column["nodes"]) for column in out["columns"]]
    return sum(sum(series["values"]) for series in out["series"])


def sluice(binary):
    best = {}
    for state in STATES:
        with tempfile.TemporaryDirectory(dir=DIR) as data:
            parts = put_parts(binary, data, state)
            for threads in [1, 2]:
                forget(parts)
                server = Server(binary, data, threads)
                started = time.perf_counter()
                server.ask(FUNNEL)
                print(f"  first funnel, files not in memory: {(time.perf_counter() - started) * 1000:.0f} ms")
                questions = {"funnel": FUNNEL, "retention 60 x 60": RETENTION}
                if state == "clean":
                    questions |= {"funnel by country": BY_COUNTRY, "daily uniques": UNIQUES, "paths": PATHS}
                for name, question in questions.items():
                    median, least, out = timed(lambda: server.ask(question))
                    scanned = out["explain"]["parts_scanned"]
                    what = f"{counted(out)} parts {scanned}"
                    show(f"Sluice over HTTP, {state}: {name}", threads, median, least, what)
                    best[name, state, threads] = median
                if state == "clean":
                    asked = {"definition": COHORT}
                    median, least, out = timed(lambda: server.ask(asked, "cohorts/preview"))
                    show("Sluice over HTTP, clean: cohort", threads, median, least, f"{out['people']} of {out['of']}")
                    median, least, _ = timed(lambda: [server.ask(question) for question in DASHBOARD])
                    show("Sluice over HTTP, clean: dashboard", threads, median, least, f"{len(DASHBOARD)} charts")
                print(f"  {server.memory()}", flush=True)
                server.stop()
    return best


def turns(binary):
    rounds, chdb, duck = 15, session.Session(f"{DIR}/chdb"), duckdb.connect(f"{DIR}/duck.db", read_only=True)
    # ClickHouse's fastest form differs by the number of threads.
    forms = {
        1: clickhouse_funnel("by_user").format(
            SETTINGS="SETTINGS max_threads = 1, use_query_condition_cache = 0, optimize_aggregation_in_order = 1"
        ),
        2: clickhouse_funnel("by_user").format(SETTINGS="SETTINGS max_threads = 2, use_query_condition_cache = 0"),
    }
    asof = duckdb_asof()
    with tempfile.TemporaryDirectory(dir=DIR) as data:
        put_parts(binary, data, "clean")
        for threads in [1, 2]:
            duck.execute(f"SET threads = {threads}")
            server = Server(binary, data, threads)
            asked = {
                "Sluice over HTTP": lambda: server.ask(FUNNEL),
                "ClickHouse": lambda: chdb.query(forms[threads], "TSV"),
                "DuckDB": lambda: duck.execute(asof).fetchall(),
            }
            times = {name: [] for name in asked}
            for turn in range(rounds + 2):
                for name, ask in asked.items():
                    start = time.perf_counter()
                    ask()
                    if turn > 1:
                        times[name].append((time.perf_counter() - start) * 1000)
            server.stop()
            ours = times["Sluice over HTTP"]
            for name, took in times.items():
                ratio = statistics.median(theirs / our for theirs, our in zip(took, ours))
                print(f"{name:18} {threads} thr  median {statistics.median(took):7.1f} ms  least {min(took):7.1f}  "
                      f"median ratio of the turns {ratio:.1f}", flush=True)


if WHAT == "load":
    write_parquet()
    load_clickhouse()
    load_duckdb()
elif WHAT == "turns":
    turns(sys.argv[3])
else:
    peers = {"clickhouse": ask_clickhouse, "duckdb": ask_duckdb}
    sluice(sys.argv[3])
    for peer in sys.argv[4:] or peers:
        peers[peer]()
