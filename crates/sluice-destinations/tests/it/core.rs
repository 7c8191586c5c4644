//! What all published destinations share in the sandbox, with a destination of the test's own. Skipped
//! where npm did not build the catalogue.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sluice_functions::{
    CallError, Engine, EngineConfig, FetchRequest, Fetching, Host, Limits, Program, Script,
};

use crate::published::kind;

struct Nobody;

impl Host for Nobody {
    fn fetch(&self, _: FetchRequest) -> Fetching {
        Box::pin(std::future::pending())
    }
}

const LIMITS: Limits = Limits {
    memory_bytes_max: 32 << 20,
    stack_bytes_max: 1 << 20,
    compute_max: Duration::from_secs(20),
    call_max: Duration::from_millis(400),
    calls_at_a_time_max: 8,
};

/// `None` if it was skipped. Action `go` does `perform`, action `never` does not end.
async fn main(perform: &str, argument: &Value) -> Option<Result<Value, CallError>> {
    let mut scripts = kind("actions-webhook")?.scripts().to_vec();
    let action = |body: &str| {
        format!(
            "{{ title: 'T', fields: {{}}, perform: async (request, {{ stateContext }}) => {{ {body} }}, \
                  performBatch: async (request, {{ stateContext }}) => {{ {body} }} }}"
        )
    };
    let (go, never) = (action(perform), action("await new Promise(() => {})"));
    let subscription = |action: &str| json!({ "id": action, "action": action, "mapping": {} });
    let subscriptions = [subscription("go"), subscription("never")];
    let configuration = json!({ "settings": {}, "auth": {}, "subscriptions": subscriptions });
    let code = format!(
        "__destination({{ name: 'Own', mode: 'cloud', actions: {{ go: {go}, never: {never} }} }});
         globalThis.__configuration = {configuration}"
    );
    scripts.push(Arc::new(Script::of_text("own.js", code)));
    let program = Arc::new(Program { scripts, environment: "{}".to_owned() });
    let engine = Engine::start(&EngineConfig { threads: 1, ..EngineConfig::default() }).unwrap();
    let called = engine.call("own", &program, LIMITS, argument.to_string(), Arc::new(Nobody)).await;
    Some(called.map(|text| serde_json::from_str(&text).unwrap()))
}

#[tokio::test]
async fn a_destination_that_runs_out_of_memory_is_not_taken_for_one_that_refuses() {
    let grows = "const all = []; for (;;) all.push(new Array(10000).fill(all.length))";
    for argument in [
        json!({ "event": {}, "runs": [{ "subscription": 0, "payload": {} }] }),
        json!({ "batch": { "subscription": 0, "payloads": [{}], "events": [{}] } }),
    ] {
        let Some(ended) = main(grows, &argument).await else { return };
        assert_eq!(ended, Err(CallError::Memory(LIMITS.memory_bytes_max)));
    }
}

#[tokio::test]
async fn what_was_done_before_the_time_was_up_is_told() {
    let run = |subscription: usize| json!({ "subscription": subscription, "payload": {} });
    let argument = json!({ "event": {}, "runs": [run(0), run(1), run(0)] });
    let Some(told) = main("return 1", &argument).await else { return };
    let runs = told.unwrap()["runs"].clone();
    assert_eq!(runs.as_array().unwrap().len(), 2, "{runs}");
    assert_eq!((&runs[0], &runs[1]["error"]["name"]), (&json!({}), &json!("TimeoutError")));
}

#[tokio::test]
async fn what_an_action_keeps_for_a_time_is_gone_after_it_and_is_not_without_bound() {
    let keeps = "stateContext.setResponseContext('short', 'a', { second: 0.03 });
        stateContext.setResponseContext('first', 'b', { hour: 1 });
        const before = stateContext.getRequestContext('short');
        await new Promise((done) => setTimeout(done, 60));
        const after = stateContext.getRequestContext('short');
        const first = stateContext.getRequestContext('first');
        for (let n = 0; n < 1000; n++) stateContext.setResponseContext(`k${n}`, n);
        throw new Error([before, after, first, stateContext.getRequestContext('first')].join())";
    let argument = json!({ "event": {}, "runs": [{ "subscription": 0, "payload": {} }] });
    let Some(told) = main(keeps, &argument).await else { return };
    assert_eq!(told.unwrap()["runs"][0]["error"]["message"], "a,,b,");
}
