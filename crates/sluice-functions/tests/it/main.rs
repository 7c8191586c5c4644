//! The sandbox from the outside: what programs can do, what they cannot, and where they end.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};
use sluice_functions::{
    CallError, Engine, EngineConfig, FetchAnswer, FetchFailure, FetchRequest, Fetching, Host,
    Limits, Program, Script,
};

/// Answers each request with what it was: after a while, if its path says so.
struct Echo;

impl Host for Echo {
    fn fetch(&self, request: FetchRequest) -> Fetching {
        Box::pin(async move {
            if request.url.ends_with("/never") {
                std::future::pending::<()>().await;
            }
            if request.url.ends_with("/refused") {
                let (code, message) = ("ECONNREFUSED".to_owned(), "nobody there".to_owned());
                return Err(FetchFailure { code, message });
            }
            let told = json!({
                "method": request.method, "url": request.url, "headers": request.headers,
                "body": String::from_utf8_lossy(&request.body),
                "timeout": request.timeout.map(|timeout| timeout.as_millis() as u64),
            });
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            Ok(FetchAnswer { status: 201, headers, body: Bytes::from(told.to_string()) })
        })
    }
}

fn engine() -> Engine {
    Engine::start(&EngineConfig { threads: 1, ..EngineConfig::default() }).unwrap()
}

fn program(code: &str) -> Arc<Program> {
    let script = Script::of_text("test.js", code);
    Arc::new(Program {
        scripts: vec![Arc::new(script)],
        environment: json!({ "KEY": "value" }).to_string(),
    })
}

const QUICK: Limits = Limits {
    memory_bytes_max: 32 << 20,
    stack_bytes_max: 512 << 10,
    compute_max: Duration::from_millis(300),
    call_max: Duration::from_millis(600),
    calls_at_a_time_max: 8,
};

async fn run(code: &str) -> Result<Value, CallError> {
    run_in(&engine(), code).await
}

async fn run_in(engine: &Engine, code: &str) -> Result<Value, CallError> {
    let argument = json!({ "n": 20 }).to_string();
    let called = engine.call(code, &program(code), QUICK, argument, Arc::new(Echo)).await;
    called.map(|text| serde_json::from_str(&text).unwrap())
}

async fn check(body: &str, expected: Value) {
    let code = format!("globalThis.main = async (argument, {{ signal }}) => {{ {body} }}");
    assert_eq!(run(&code).await, Ok(expected), "{body}");
}

#[tokio::test]
async fn a_program_gets_its_argument_and_its_value_comes_back() {
    check("return argument.n + 22", json!(42)).await;
    check("return undefined", Value::Null).await;
    check("return process.env.KEY", json!("value")).await;
    check("try { process.env.KEY = 1 } catch (e) { return e.name }", json!("TypeError")).await;
    let thrown = run("globalThis.main = async () => { throw new RangeError('too far') }").await;
    assert_eq!(thrown, Err(CallError::Threw("RangeError: too far".to_owned())));
    let load = run("globalThis.main = (").await;
    assert!(matches!(load, Err(CallError::Load(_))), "{load:?}");
}

#[tokio::test]
async fn a_request_goes_to_the_host_as_the_program_wrote_it() {
    check(
        "const r = await fetch('https://a.example/p?q=1', {method: 'post', headers: {'X-A': '1'}, body: 'é'});
         return [r.status, r.statusText, r.ok, await r.json()]",
        json!([201, "Created", true, {
            "method": "POST", "url": "https://a.example/p?q=1",
            "headers": [["content-type", "text/plain;charset=UTF-8"], ["x-a", "1"]],
            "body": "é", "timeout": null,
        }]),
    )
    .await;
    check(
        "const form = new URLSearchParams({a: 'b c', d: '&'});
         const r = await fetch(new Request('https://a.example', {method: 'PUT', body: form}), {timeout: 250});
         const { url, body, headers, timeout } = await r.clone().json(); return [url, body, headers, timeout]",
        json!(["https://a.example/", "a=b+c&d=%26",
            [["content-type", "application/x-www-form-urlencoded;charset=UTF-8"]], 250]),
    )
    .await;
    check(
        "try { await fetch('https://a.example/refused') } catch (e) { return [e.name, e.code, e.message] }",
        json!(["FetchError", "ECONNREFUSED", "request to https://a.example/refused failed, reason: nobody there"]),
    )
    .await;
}

#[tokio::test]
async fn what_programs_expect_of_a_platform_is_there() {
    check(
        "const u = new URL('../x?a=1#h', 'https://u:p@h.example:8443/b/c/d'); u.searchParams.append('b', 'ü');
         return [u.href, u.origin, u.pathname, u.search, u.port]",
        json!(["https://u:p@h.example:8443/b/x?a=1&b=%C3%BC#h", "https://h.example:8443", "/b/x", "?a=1&b=%C3%BC", "8443"]),
    )
    .await;
    check("try { new URL('nope') } catch (e) { return e.code }", json!("ERR_INVALID_URL")).await;
    check("return [...new TextEncoder().encode('é')].concat(new TextDecoder().decode(new Uint8Array([0xc3, 0xa9])))", json!([195, 169, "é"])).await;
    check("const a = {d: new Date(5), m: new Map([[1, [2]]])}; a.self = a; const b = structuredClone(a);
           return [b.d.getTime(), b.m.get(1)[0], b.self === b, b.m === a.m]", json!([5, 2, true, false])).await;
    let zones = "const at = new Date(Date.UTC(2026, 0, 15, 12)); \
        return ['Europe/Berlin', 'Europe/London', 'UTC', 'America/New_York', 'America/Sao_Paulo', 'Asia/Kolkata', 'Asia/Shanghai'] \
        .map((timeZone) => at.toLocaleString('en-US', {timeZone, timeZoneName: 'short'}).split(' ')[3])";
    let names = ["GMT+1", "GMT", "UTC", "EST", "GMT-3", "GMT+5:30", "GMT+8"];
    check(zones, json!(names)).await;
    check("return new Date(Date.UTC(2024, 0, 15, 23, 5, 9)).toLocaleString('en-US', {timeZone: 'Asia/Tokyo'})", json!("1/16/2024, 8:05:09 AM")).await;
    check("const steps = []; setTimeout(() => steps.push('late'), 20); const t = setTimeout(() => steps.push('never'), 10);
           clearTimeout(t); await new Promise((done) => setTimeout(done, 40)); return steps", json!(["late"])).await;
    check("return AbortSignal.any([AbortSignal.abort('why')]).reason", json!("why")).await;
    check("return /^[0-9a-f]{8}-[0-9a-f]{4}-4/.test(crypto.randomUUID())", json!(true)).await;
    check("return [...crypto.__hmac('sha1', 's3cret', '{\"a\":1}')].map((b) => b.toString(16).padStart(2, '0')).join('')",
        json!("79999786a1bff10cd4d7dd0b0752574af76be0b5")).await;
}

#[tokio::test]
async fn nothing_but_the_host_can_be_reached() {
    check(
        "return [typeof require, typeof globalThis.__host, typeof Deno, typeof process.binding]",
        json!(["undefined", "undefined", "undefined", "undefined"]),
    )
    .await;
    let imported = run("globalThis.main = async () => { await import('fs') }").await;
    assert!(matches!(imported, Err(CallError::Threw(_))), "{imported:?}");
}

#[tokio::test]
async fn computing_without_an_end_is_cut_off_and_the_next_call_has_a_new_runtime() {
    let engine = engine();
    for body in [
        "while (true) {}",
        "for (;;) await null",
        "await null; try { for (;;) {} } catch { for (;;) {} }",
        "return /^(a+)+$/.test('a'.repeat(40) + 'b')",
    ] {
        let code =
            format!("globalThis.main = async ({{ good }}) => {{ if (good) return 1; {body} }}");
        let started = Instant::now();
        let ended = run_in(&engine, &code).await;
        assert_eq!(ended, Err(CallError::Compute(QUICK.compute_max)), "{body}");
        assert!(started.elapsed() < Duration::from_secs(20), "{body}");
        let again = engine
            .call(
                &code,
                &program(&code),
                QUICK,
                json!({ "good": true }).to_string(),
                Arc::new(Echo),
            )
            .await;
        assert_eq!(again, Ok("1".to_owned()), "{body}");
    }
}

#[tokio::test]
async fn memory_stack_and_waiting_have_an_end() {
    let bomb = run("globalThis.main = async () => { const a = []; for (;;) a.push('x'.repeat(1000) + a.length) }").await;
    assert!(matches!(bomb, Err(CallError::Memory(_) | CallError::Compute(_))), "{bomb:?}");
    let array = run("globalThis.main = async () => new Uint8Array(200 << 20).length").await;
    assert!(matches!(array, Err(CallError::Memory(_))), "{array:?}");
    let deep = run("globalThis.main = async () => { const f = () => f() + 1; return f() }").await;
    assert!(matches!(&deep, Err(CallError::Threw(text)) if text.contains("stack")), "{deep:?}");
    let waiting = Err(CallError::Time(QUICK.call_max));
    assert_eq!(run("globalThis.main = () => new Promise(() => {})").await, waiting);
    assert_eq!(run("globalThis.main = () => fetch('https://a.example/never')").await, waiting);
}

#[tokio::test]
async fn calls_of_one_runtime_run_beside_each_other_with_their_own_signals() {
    let code = "let inside = 0, most = 0;
        globalThis.main = async ({ n }, { signal }) => {
          most = Math.max(most, ++inside);
          await new Promise((done) => setTimeout(done, 50));
          const r = await fetch(`https://a.example/${n}`, { signal });
          inside--;
          return [(await r.json()).url, most];
        }";
    let (engine, program) = (engine(), program(code));
    let calls = (0..4).map(|n| {
        let (engine, program) = (engine.clone(), Arc::clone(&program));
        tokio::spawn(async move {
            let argument = json!({ "n": n }).to_string();
            engine.call("k", &program, QUICK, argument, Arc::new(Echo)).await.unwrap()
        })
    });
    let calls: Vec<_> = calls.collect();
    for (n, call) in calls.into_iter().enumerate() {
        let value: Value = serde_json::from_str(&call.await.unwrap()).unwrap();
        assert_eq!(value, json!([format!("https://a.example/{n}"), 4]));
    }
}

#[tokio::test]
async fn a_call_that_is_stopped_may_give_what_it_has() {
    let code = "globalThis.main = (_, { signal }) => new Promise((done) => {
          signal.addEventListener('abort', () => done('so far'));
        })";
    assert_eq!(run(code).await, Ok(json!("so far")));
}

#[tokio::test]
async fn large_arguments_go_one_after_another_and_not_beyond_the_memory() {
    // Each alone takes a good part of the memory as values; eight at a time would not fit.
    let code = "globalThis.main = async ({ list }) => {
          await new Promise((done) => setTimeout(done, 20));
          return list.length;
        }";
    let (engine, program) = (engine(), program(code));
    let list: Vec<String> = (0..60_000).map(|n| format!("item number {n}")).collect();
    let argument = json!({ "list": list }).to_string();
    let limits =
        Limits { compute_max: Duration::from_secs(10), call_max: Duration::from_secs(20), ..QUICK };
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (engine, program) = (engine.clone(), Arc::clone(&program));
            let argument = argument.clone();
            tokio::spawn(async move {
                engine.call("k", &program, limits, argument, Arc::new(Echo)).await
            })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), Ok("60000".to_owned()));
    }
}

#[tokio::test]
async fn a_call_is_not_timed_while_another_program_computes() {
    let busy = program(
        "globalThis.main = () => { const end = Date.now() + 900; while (Date.now() < end); return 1 }",
    );
    let waits =
        program("globalThis.main = () => new Promise((done) => setTimeout(() => done(2), 300))");
    let engine = engine();
    let limits = Limits { compute_max: Duration::from_secs(5), ..QUICK };
    let call = |key: &'static str, program: &Arc<Program>| {
        let (engine, program) = (engine.clone(), Arc::clone(program));
        tokio::spawn(async move {
            engine.call(key, &program, limits, "{}".to_owned(), Arc::new(Echo)).await
        })
    };
    let calls = [call("waits", &waits), call("busy", &busy)];
    let [waited, _] = calls;
    assert_eq!(waited.await.unwrap(), Ok("2".to_owned()));
}

#[tokio::test]
async fn ten_thousand_calls_leave_nothing_behind() {
    let code = "globalThis.main = async ({ n }) => (await (await fetch('https://a.example/x')).json()).url.length + n";
    let (engine, program) = (engine(), program(code));
    let limits = Limits { memory_bytes_max: 4 << 20, ..QUICK };
    for _ in 0..10_000 {
        let argument = json!({ "n": 1, "filler": "x".repeat(500) }).to_string();
        let value = engine.call("k", &program, limits, argument, Arc::new(Echo)).await;
        assert_eq!(value, Ok("20".to_owned()));
    }
}
