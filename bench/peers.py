#!/usr/bin/env python3
"""The funnel of `cargo bench -p sluice-insights --bench peers -- DIR` in ClickHouse and DuckDB, on
the same events, with equal threads, each in its best known form.

    python3 -m venv venv && venv/bin/pip install chdb-core duckdb numpy pyarrow
    venv/bin/python bench/peers.py DIR
"""
import statistics
import sys
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
    return best


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
    return best


write_parquet()
print("best medians of ClickHouse", clickhouse())
print("best medians of DuckDB", duck())
