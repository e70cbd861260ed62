//! Asynchronous functions of Python, side by side on one loop.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::client::{CANCEL, Client, RESULT, Served, frame, serve};
use crate::grants::{BUILTINS, host};

const SAME: u32 = 1;
const EVALUATED: u32 = 13;

struct Tasks {
    served: Served,
    client: Client,
}

impl Tasks {
    fn new(policy: &str) -> Self {
        let (served, mut client) = serve(host(policy).host);
        client.open(1, &BUILTINS);
        // Warm, so that times are the calls' own.
        assert_eq!(client.call(1, EVALUATED, r#"["after(0, 1)"]"#).result(), &json!(1));
        Self { served, client }
    }

    fn start(&mut self, expression: &str) -> u32 {
        self.client.start(1, EVALUATED, false, &json!([[expression], {}]).to_string(), &[])
    }

    fn python(&mut self, expression: &str) -> Json {
        self.client.call(1, EVALUATED, &json!([expression]).to_string()).result().clone()
    }

    fn cancel(&mut self, request: u32) {
        self.client.send(&frame(CANCEL, false, 0, request, 0, "null", &[]));
    }

    fn end(self) {
        drop(self.client);
        self.served.end();
    }
}

#[test]
fn what_is_waited_for_is_answered_when_it_is_there() {
    let mut tasks = Tasks::new("");
    let started = Instant::now();
    let slow: Vec<u32> =
        (0..40).map(|at| tasks.start(&format!("after({}, {at})", 0.9 - f64::from(at) * 0.01))).collect();
    // What is not waited for goes between.
    assert_eq!(tasks.client.call(1, SAME, "[7]").result(), &json!(7));
    assert!(started.elapsed() < Duration::from_millis(450), "{:?}", started.elapsed());
    let answers: Vec<_> = (0..40).map(|_| tasks.client.receive()).collect();
    // One after the other they would take 28 s.
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    for answer in &answers {
        assert_eq!((answer.kind, &answer.value), (RESULT, &json!(slow.iter().position(|&it| it == answer.request))));
    }
    assert_eq!(answers[0].request, slow[39], "the shortest is there first");
    assert_eq!(tasks.served.host.stats().unwrap().running, 0);
    tasks.end();
}

#[test]
fn one_of_them_is_cancelled_and_the_others_go_on() {
    let mut tasks = Tasks::new("");
    let (first, other) = (tasks.start("after(20, 'first')"), tasks.start("after(0.6, 'other')"));
    assert_eq!(tasks.python("events.clear()"), json!(null));
    // Until both have begun.
    std::thread::sleep(Duration::from_millis(150));
    tasks.cancel(first);
    assert_eq!(tasks.client.answer(first).error().0, "cancelled");
    assert_eq!(tasks.python("events[0]"), json!("first"), "its `finally` was run");
    assert_eq!(tasks.client.answer(other).result(), &json!("other"));
    for _ in 0..50 {
        // It may not have begun.
        let at_once = tasks.start("after(20, 'at once')");
        tasks.cancel(at_once);
        assert_eq!(tasks.client.answer(at_once).error().0, "cancelled");
    }
    // One that computes between two waits is interrupted at that.
    let busy = tasks.start("after(0.01, 'busy', 20)");
    let beside = tasks.start("after(0.02, 'beside')");
    std::thread::sleep(Duration::from_millis(200));
    let started = Instant::now();
    tasks.cancel(busy);
    assert_eq!(tasks.client.answer(busy).error().0, "cancelled");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert_eq!(tasks.client.answer(beside).result(), &json!("beside"));
    // What raises it by itself was not cancelled.
    let raised = tasks.start("(lambda a: a.wait_for(after(20, 0), 0.05))(__import__('asyncio'))");
    let message = tasks.client.answer(raised);
    assert_eq!(message.error().0, "python");
    assert!(message.value["type"].as_str().unwrap().contains("TimeoutError"), "{message:?}");
    tasks.end();
}

#[test]
fn one_that_does_not_end_costs_its_worker() {
    let mut tasks = Tasks::new("[subprocess]\nkill-grace = \"300ms\"\ntimeout = \"2s\"\n");
    let deaf = tasks.start("deaf(20)");
    std::thread::sleep(Duration::from_millis(100));
    tasks.cancel(deaf);
    assert_eq!(tasks.client.answer(deaf).error().0, "cancelled");
    // One that takes too long is ended although others are answered meanwhile, each of which is quick.
    let started = Instant::now();
    let slow = tasks.start("after(20, 'slow')");
    loop {
        let quick = tasks.start("after(0.02, 1)");
        let answer = tasks.client.receive();
        if answer.request == slow {
            assert_eq!(answer.error().0, "timeout");
            // Lost with the worker, or made by the next one.
            assert_eq!(tasks.client.receive().request, quick);
            break;
        }
        assert_eq!(answer.result(), &json!(1));
        assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    }
    assert_eq!(tasks.python("1"), json!(1));
    tasks.end();
}

#[test]
fn items_of_several_sources_are_waited_for_side_by_side() {
    let mut tasks = Tasks::new("");
    let iterate = |tasks: &mut Tasks| {
        let source = "(lambda: [exec('async def f():\\n for n in range(3):\\n  await after(0.2, n)\\n  yield n', globals()), f()][1])()";
        let object = tasks.python(&format!("[{source}]"))[1].to_string();
        tasks.client.call_tagged(0, 0, &format!("[{object}]"), &[]).result().to_string()
    };
    let iterators: Vec<String> = (0..8).map(|_| iterate(&mut tasks)).collect();
    let started = Instant::now();
    for n in 0..3 {
        for iterator in &iterators {
            tasks.client.start(0, 1, true, &format!("[[{iterator},1],{{}}]"), &[]);
        }
        for _ in &iterators {
            assert_eq!(tasks.client.receive().result(), &json!([false, [n]]));
        }
    }
    // One after the other they would take 4.8 s.
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    tasks.end();
}
