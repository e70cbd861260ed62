//! The HTTP front, as anybody meets it who can reach its address.

use std::io::{BufReader, Read, Write};
use std::time::{Duration, Instant};

use serde_json::json;
use tywrap_runtime::{Endpoint, EventKind, HttpFront};

use crate::client::{CALL, CANCEL, ERROR, HELLO, OPEN, RESULT, frame};
use crate::grants::{BUILTINS, COLLECTIONS, MATH, TIME, host};
use crate::http_peer::{TOKEN, TYPE, Wire, hello, over_tcp, over_unix, read_head, read_reply};

/// An `OPEN` of a module in a slot.
fn opened(slot: u16, module: &str, digest: &str) -> Vec<u8> {
    frame(OPEN, false, slot, 0, 0, &json!({"module": module, "digest": digest}).to_string(), &[])
}

#[test]
fn calls_are_answered_over_tcp_with_a_token() {
    let served = over_tcp("", |front| front.token(TOKEN));
    let (mut client, id) = served.with_token().client();
    assert_eq!(id.len(), 32);
    client.open(1, &MATH);
    client.open(2, &COLLECTIONS);
    assert_eq!(client.call(1, 0, "[4]").result(), &json!(2.0));
    for i in 0..200 {
        client.start(1, 0, false, &format!("[[{}],{{}}]", i * i), &[]);
    }
    let mut roots: Vec<f64> = (0..200).map(|_| client.receive().result().as_f64().unwrap()).collect();
    roots.sort_by(f64::total_cmp);
    assert!(roots.iter().enumerate().all(|(i, root)| *root == i as f64));
    // An object lives as long as the connection.
    assert!(client.call(2, 0, "[]").tagged);
    assert_eq!(served.host.stats().unwrap().objects, 1);
    assert_eq!(served.with_token().ask(&format!("DELETE /v1/connections/{id}")).status, 204);
    served.wait_for_clients(0);
    assert_eq!(served.host.stats().unwrap().objects, 0);
    assert!(client.try_receive().is_none(), "the stream ends");
    assert_eq!(served.events(EventKind::PeerRefused), [""; 0]);
    served.end();
}

#[test]
fn calls_are_answered_over_a_unix_socket() {
    let served = over_unix("");
    // Who may connect is the matter of the socket; the host a client names is none of a browser's here.
    let (mut client, _) = served.peer.client();
    client.open(1, &MATH);
    assert_eq!(client.call(1, 0, "[9]").result(), &json!(3.0));
    assert_eq!(served.peer.with("origin: https://evil.example\r\n").ask("GET /healthz").refusal().0, 403);
    drop(client);
    served.end();
}

#[test]
fn large_arrays_go_both_ways_byte_for_byte() {
    let served = over_tcp("[wire]\nmax-frame = \"64MiB\"", |front| front.token(TOKEN));
    let (mut client, _) = served.with_token().client();
    client.open(1, &BUILTINS);
    let bytes: Vec<u8> = (0..24_u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for size in [8 << 20, 24 << 20] {
        let answer = client.call_tagged(1, 1, r#"[["bytes",0]]"#, &[&bytes[..size]]);
        assert!(answer.buffers[0] == bytes[..size], "{size} bytes came back otherwise");
    }
    let (rows, numbers) = (r#"["rows",4096,["a"],["floats",0]]"#, &bytes[..1 << 15]);
    let answer = client.call_tagged(1, 1, &format!("[{rows}]"), &[numbers]);
    assert_eq!((&*answer.text, answer.buffers.len()), (rows, 1));
    drop(client);
    served.end();
}

#[test]
fn clients_side_by_side_get_their_own_answers() {
    let served = over_tcp("[wire]\nworkers = 2", |front| front.token(TOKEN));
    let peer = served.with_token();
    std::thread::scope(|scope| {
        for who in 0..8 {
            let peer = &peer;
            scope.spawn(move || {
                let (mut client, _) = peer.client();
                client.open(1, &BUILTINS);
                for i in 0..40 {
                    let value = who * 1000 + i;
                    assert_eq!(client.call(1, 1, &format!("[{value}]")).result(), &json!(value));
                }
            });
        }
    });
    served.wait_for_clients(0);
    served.end();
}

/// Starts a call that sleeps, and says the first bytes of its connection.
fn sleeping(seconds: u32) -> Vec<u8> {
    let call = frame(CALL, false, 1, 7, 0, &format!("[[{seconds}],{{}}]"), &[]);
    [hello(), opened(1, "time", TIME.digest), call].concat()
}

#[test]
fn a_call_ends_with_its_connection() {
    let served = over_tcp("", |front| front.token(TOKEN));
    let peer = served.with_token();
    for way in ["DELETE", "the response is dropped"] {
        let begin = Instant::now();
        let mut streaming = peer.open(&sleeping(20));
        assert_eq!(streaming.head.status, 200);
        streaming.chunk().unwrap();
        while served.host.stats().unwrap().running == 0 {
            assert!(begin.elapsed() < Duration::from_secs(15), "{way}: the call does not begin");
            std::thread::sleep(Duration::from_millis(5));
        }
        if way == "DELETE" {
            assert_eq!(peer.ask(&format!("DELETE /v1/connections/{}", streaming.id())).status, 204);
            assert!(streaming.rest().is_empty(), "nothing is said behind the end");
        } else {
            drop(streaming);
        }
        served.wait_for_clients(0);
        while served.host.stats().unwrap().running > 0 {
            assert!(begin.elapsed() < Duration::from_secs(15), "{way}: the call goes on");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    // A call can also be taken back without the rest.
    let (mut client, _) = peer.client();
    client.open(1, &TIME);
    let request = client.start(1, 0, false, "[[20],{}]", &[]);
    client.send(&frame(CANCEL, false, 0, request, 0, "null", &[]));
    assert_eq!(client.answer(request).error().0, "cancelled");
    drop(client);
    served.end();
}

#[test]
fn who_has_not_the_token_gets_nothing() {
    let served = over_tcp("", |front| front.token(TOKEN));
    let mut streaming = served.with_token().open(&hello());
    let path = format!("/v1/connections/{}", streaming.id());
    let mut refused = 0;
    let wrong = "authorization: Bearer 0123456789abcdef0123456789ABCDEE\r\n";
    for lines in ["", wrong, "authorization: Basic Og==\r\n", "authorization: Bearer \r\n"] {
        let peer = served.peer.with(lines);
        for reply in [
            peer.post("/v1/connections", "", &hello()),
            peer.post(&path, "tywrap-sequence: 1\r\n", &hello()),
            peer.ask(&format!("DELETE {path}")),
            peer.ask("GET /v1/connections"),
            peer.ask("GET /metrics"),
            peer.ask("GET /nothing"),
        ] {
            assert_eq!(reply.refusal(), (401, "http-unauthorized".to_owned()), "{lines}");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
            refused += 1;
        }
    }
    let events = served.events(EventKind::PeerRefused);
    assert_eq!(events.len(), refused, "each is recorded once");
    assert!(
        events.iter().all(|event| event.contains("[http-unauthorized]") && event.contains("127.0.0.1:")),
        "{events:?}"
    );
    assert!(!events.iter().any(|event| event.contains("0123456789abcdef")), "no token is in the log");
    // The control: nothing of it has touched the connection, and the token opens the door.
    assert_eq!(served.with_token().post(&path, "tywrap-sequence: 1\r\n", &opened(1, "math", "d1")).status, 204);
    assert_eq!(served.with_token().ask("GET /nothing").refusal().0, 404);
    let call = frame(CALL, false, 1, 9, 0, "[[4],{}]", &[]);
    assert_eq!(served.with_token().post(&path, "tywrap-sequence: 2\r\n", &call).status, 204);
    assert_eq!([streaming.frame()[4], streaming.frame()[4]], [HELLO, RESULT]);
    served.end();
}

#[test]
fn pages_that_are_not_allowed_get_nothing() {
    let served = over_tcp("", |front| front.allow_origin("https://app.example"));
    let page = |origin: &str| served.peer.with(&format!("origin: {origin}\r\n"));
    for origin in ["https://evil.example", "null", "http://localhost:3000", "https://app.example.evil"] {
        for reply in [
            page(origin).post("/v1/connections", "", &hello()),
            page(origin).ask("GET /healthz"),
            page(origin).with("access-control-request-method: POST\r\n").ask("OPTIONS /v1/connections"),
        ] {
            assert_eq!(reply.refusal(), (403, "http-origin-refused".to_owned()), "{origin}");
            assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("access-control")), "{reply:?}");
            assert_eq!(reply.header("vary"), Some("Origin"));
        }
    }
    let hidden = served.peer.with("sec-fetch-site: cross-site\r\n").ask("GET /healthz");
    assert_eq!(hidden.refusal().1, "http-origin-refused");
    assert_eq!(served.events(EventKind::PeerRefused).len(), 4 * 3 + 1);

    // The control.
    let allowed = page("https://app.example");
    let preflight = allowed.with("access-control-request-method: POST\r\n").ask("OPTIONS /v1/connections");
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("authorization, content-type, tywrap-sequence"));
    let streaming = allowed.with("sec-fetch-site: cross-site\r\n").open(&hello());
    assert_eq!(streaming.head.status, 200);
    assert_eq!(streaming.head.header("access-control-allow-origin"), Some("https://app.example"));
    let exposed = streaming.head.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("tywrap-connection") && !exposed.contains('*'));
    // A connection is of the page that made it; not even its name helps another client.
    let path = format!("/v1/connections/{}", streaming.id());
    assert_eq!(served.peer.ask(&format!("DELETE {path}")).refusal().1, "http-connection-unknown");
    assert_eq!(allowed.ask(&format!("DELETE {path}")).status, 204);
    served.end();
}

#[test]
fn without_a_token_only_names_of_loopback_are_served() {
    let served = over_tcp("", |front| front);
    let ask = |host: &str| served.peer.raw(format!("GET /healthz HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes());
    for host in ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost@evil.example"] {
        assert_eq!(ask(host).refusal(), (403, "http-host-refused".to_owned()), "{host}");
    }
    assert_eq!(served.events(EventKind::PeerRefused).len(), 4);
    for host in ["localhost", "127.0.0.1:8080", "[::1]:1"] {
        assert_eq!(ask(host).status, 200, "{host}");
    }
    let (mut client, _) = served.peer.client();
    client.open(1, &MATH);
    assert_eq!(client.call(1, 0, "[16]").result(), &json!(4.0));
    drop(client);
    served.end();
}

#[test]
fn beyond_loopback_there_is_no_front_without_a_token() {
    let fixture = host("");
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let front = HttpFront::tcp(address.parse().unwrap());
        let error = fixture.host.serve(Endpoint::Http(front)).unwrap_err().to_string();
        assert!(error.contains("[http-token-missing]") && error.contains("token_file"), "{error}");
    }
    let short = HttpFront::tcp("0.0.0.0:0".parse().unwrap()).token("short");
    assert!(fixture.host.serve(Endpoint::Http(short)).unwrap_err().to_string().contains("[http-token-unusable]"));
    let anywhere = HttpFront::unix("/nowhere/x").allow_origin("*");
    assert!(fixture.host.serve(Endpoint::Http(anywhere)).unwrap_err().to_string().contains("[http-origin-refused]"));
    // The control: with a token it listens, and the host is well after all this.
    std::thread::scope(|scope| {
        let (listening, listens) = std::sync::mpsc::channel();
        let front = HttpFront::tcp("0.0.0.0:0".parse().unwrap())
            .token(TOKEN)
            .on_listening(move |address| listening.send(address).unwrap());
        let serving = scope.spawn(|| fixture.host.serve(Endpoint::Http(front)));
        let address = listens.recv_timeout(Duration::from_secs(10)).unwrap().unwrap();
        assert!(address.ip().is_unspecified() && address.port() != 0);
        // Another front, or a socket, is not served beside it.
        let second = fixture.host.serve(Endpoint::Http(HttpFront::tcp("127.0.0.1:0".parse().unwrap())));
        assert!(second.unwrap_err().to_string().contains("serves already"));
        let busy = HttpFront::tcp(address).token(TOKEN);
        assert!(fixture.host.serve(Endpoint::Http(busy)).unwrap_err().to_string().contains("[socket-unusable]"));
        fixture.host.stop();
        serving.join().unwrap().unwrap();
    });
}

#[test]
fn anybody_may_ask_how_the_host_is() {
    let served = over_tcp("", |front| front.token(TOKEN));
    let reply = served.peer.ask("GET /healthz");
    assert_eq!((reply.status, reply.body.as_slice()), (200, b"ok".as_slice()));
    assert!(!reply.headers.iter().any(|(name, _)| name.starts_with("tywrap") || name == "server"), "{reply:?}");
    assert_eq!(served.peer.ask("POST /healthz").refusal().0, 401);
    // While Python works, too.
    let streaming = served.with_token().open(&sleeping(5));
    assert_eq!(served.peer.ask("GET /healthz").status, 200);
    drop(streaming);
    // A host that does not get on is not well. Here it is held up where it prints.
    let held = served.lines.lock().unwrap();
    let prints = frame(CALL, false, 1, 7, 3, "[[\"x\"],{}]", &[]);
    let streaming = served.with_token().open(&[hello(), opened(1, "tests_builtins", BUILTINS.digest), prints].concat());
    std::thread::sleep(Duration::from_millis(500));
    let begin = Instant::now();
    let reply = served.peer.ask("GET /healthz");
    assert_eq!((reply.status, reply.body.len()), (503, 0));
    assert!(begin.elapsed() < Duration::from_secs(3));
    drop(held);
    assert_eq!(served.peer.ask("GET /healthz").status, 200);
    drop(streaming);
    served.end();
}

#[test]
fn bodies_come_in_order_and_once() {
    let served = over_tcp("", |front| front.token(TOKEN));
    let peer = served.with_token();
    let mut streaming = peer.open(&[hello(), opened(1, "math", "d1")].concat());
    assert_eq!(streaming.frame()[4], HELLO);
    let path = format!("/v1/connections/{}", streaming.id());
    let call = |request| frame(CALL, false, 1, request, 0, "[[4],{}]", &[]);
    for (number, status) in [("2", 409), ("0", 409), ("x", 400), ("-1", 400), ("18446744073709551616", 400)] {
        let reply = peer.post(&path, &format!("tywrap-sequence: {number}\r\n"), &call(90));
        assert_eq!(reply.refusal().0, status, "{number}");
        assert_eq!(reply.header("tywrap-sequence"), (status == 409).then_some("1"));
    }
    assert_eq!(peer.post(&path, "", &call(90)).refusal().0, 400);
    assert_eq!(peer.post(&path, "tywrap-sequence: 1\r\n", &call(1)).status, 204);
    // Sent again, it is not taken again: the request would be one that is open, or answered twice.
    let again = peer.post(&path, "tywrap-sequence: 1\r\n", &call(1));
    assert_eq!((again.refusal().1.as_str(), again.header("tywrap-sequence")), ("http-sequence", Some("2")));
    assert_eq!(peer.post(&path, "tywrap-sequence: 2\r\n", &call(2)).status, 204);
    let answers = [streaming.frame(), streaming.frame()];
    assert_eq!(answers.map(|answer| (answer[4], answer[8])), [(RESULT, 1), (RESULT, 2)]);
    for unknown in ["/v1/connections/00000000000000000000000000000000", "/v1/connections/x", "/v1/connections/"] {
        assert_eq!(peer.post(unknown, "tywrap-sequence: 1\r\n", &call(3)).refusal().1, "http-connection-unknown");
        assert_eq!(peer.ask(&format!("DELETE {unknown}")).refusal().0, 404);
    }
    assert_eq!(peer.ask("GET /v1/connections").refusal().0, 405);
    assert_eq!(peer.ask("GET /v1/connections").header("allow"), Some("POST"));
    assert_eq!(peer.ask("GET /").refusal().0, 404);
    drop(streaming);
    served.end();
}

#[test]
fn a_body_that_breaks_the_wire_ends_its_own_connection_only() {
    let served = over_tcp("", |front| front.token(TOKEN));
    let peer = served.with_token();
    let (mut good, _) = peer.client();
    good.open(1, &MATH);
    let call = frame(CALL, false, 1, 9, 0, "[[4],{}]", &[]);

    // In the middle of a frame of the first body: there is no connection.
    for body in [&hello()[..30], &hello()[..3], b"", &[hello(), vec![24, 0]].concat()] {
        assert_eq!(peer.post("/v1/connections", "", body).refusal(), (400, "frame-malformed".to_owned()));
    }
    served.wait_for_clients(1);
    assert_eq!(served.events(EventKind::ProtocolViolation).len(), 4);

    // In the middle of a later one: the connection ends.
    let streaming = peer.open(&hello());
    let path = format!("/v1/connections/{}", streaming.id());
    assert_eq!(peer.post(&path, "tywrap-sequence: 1\r\n", &call[..20]).refusal(), (400, "frame-malformed".to_owned()));
    streaming.rest();
    served.wait_for_clients(1);
    assert_eq!(peer.post(&path, "tywrap-sequence: 2\r\n", &call).refusal().0, 404);
    assert_eq!(served.events(EventKind::ProtocolViolation).len(), 5);

    // A client that goes away within a body.
    let streaming = peer.open(&hello());
    let path = format!("/v1/connections/{}", streaming.id());
    let mut wire = peer.connect();
    let head = peer.head(&format!("POST {path}"), &format!("{TYPE}tywrap-sequence: 1\r\n"), call.len());
    wire.write_all(&head).unwrap();
    wire.write_all(&call[..10]).unwrap();
    drop(wire);
    streaming.rest();
    served.wait_for_clients(1);

    // Whole frames that say what they may not are the engine's matter: it says so in the stream, and ends it.
    let told = peer.open(&[hello(), frame(RESULT, false, 0, 1, 0, "1", &[])].concat()).rest();
    let hello_length = u32::from_le_bytes(told[..4].try_into().unwrap()) as usize + 4;
    assert_eq!(told[hello_length + 4], ERROR);
    assert!(String::from_utf8_lossy(&told).contains("frame-malformed"));
    let told = peer.open(&frame(HELLO, false, 0, 1, 0, r#"{"wire":2}"#, &[])).rest();
    assert!(String::from_utf8_lossy(&told).contains("wire-version"));

    // Nobody else has noticed.
    assert_eq!(good.call(1, 0, "[25]").result(), &json!(5.0));
    drop(good);
    served.end();
}

#[test]
fn what_is_too_much_is_refused() {
    let served = over_tcp("[wire]\nmax-frame = \"1MiB\"", |front| {
        front.token(TOKEN).max_clients(2).max_connections(6).header_timeout(Duration::from_millis(700))
    });
    let peer = served.with_token();
    let first = peer.open(&hello());
    let path = format!("/v1/connections/{}", first.id());
    let most: usize = first.head.header("tywrap-max-body").unwrap().parse().unwrap();
    assert_eq!(most, (1 << 20) + 4);

    // A body is refused by its length, before any of it is read.
    let head = peer.head(&format!("POST {path}"), &format!("{TYPE}tywrap-sequence: 1\r\n"), most + 1);
    assert_eq!(peer.raw(&head).refusal(), (413, "frame-too-large".to_owned()));
    let head = peer.head("POST /v1/connections", TYPE, 65_537);
    assert_eq!(peer.raw(&head).refusal(), (413, "frame-too-large".to_owned()));
    // The control: one of the most there may be gets to the engine, which finds that it is no call.
    let noise = frame(CALL, false, 1, 5, 0, &"x".repeat(most - 24), &[]);
    assert_eq!(noise.len(), most);
    assert_eq!(peer.post(&path, "tywrap-sequence: 1\r\n", &noise).status, 204);

    // Clients.
    let second = peer.open(&hello());
    assert_eq!(second.head.status, 200);
    let third = peer.post("/v1/connections", "", &hello());
    assert_eq!(third.refusal(), (503, "http-limit".to_owned()));
    drop(second);
    served.wait_for_clients(1);
    drop(peer.open(&hello()));
    served.wait_for_clients(1);
    let refused = served.events(EventKind::PeerRefused);
    assert!(refused.len() == 1 && refused[0].contains("2 are connected"), "{refused:?}");

    // Connections: the stream of the first client is one of six.
    let idle: Vec<Wire> = (0..5).map(|_| peer.connect()).collect();
    std::thread::sleep(Duration::from_millis(100));
    let reply = peer.ask("GET /healthz");
    assert_eq!((reply.status, reply.header("connection")), (503, Some("close")));
    drop(idle);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(peer.ask("GET /healthz").status, 200);
    let refused = served.events(EventKind::PeerRefused);
    assert!(refused.len() == 2 && refused[1].contains("6 are open"), "{refused:?}");

    // A head that comes byte by byte is cut off; an idle connection closes without a word to the log.
    let begin = Instant::now();
    let mut slow = peer.connect();
    let cut_off = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        slow.write_all(b"G").is_err()
    });
    assert!(cut_off && begin.elapsed() < Duration::from_secs(4));
    let mut idle = peer.connect();
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    let refused = served.events(EventKind::PeerRefused);
    assert!(refused.len() == 3 && refused[2].contains("did not come in time"), "{refused:?}");

    // Heads have a size and a number of lines.
    let padding = format!("x-padding: {}\r\n", "x".repeat(20_000));
    assert_eq!(peer.with(&padding).ask("GET /healthz").status, 431);
    assert_eq!(peer.with(&"x-more: 1\r\n".repeat(70)).ask("GET /healthz").status, 431);
    assert_eq!(peer.with(&"x-more: 1\r\n".repeat(50)).ask("GET /healthz").status, 200);
    drop(first);
    served.end();
}

#[test]
fn a_client_that_does_not_read_is_ended() {
    let served = over_tcp("", |front| front.token(TOKEN).stall_timeout(Duration::from_millis(600)));
    let peer = served.with_token();
    // Three megabytes each, more than the kernel keeps for a reader.
    let mut frames = [hello(), opened(1, "tests_builtins", BUILTINS.digest)].concat();
    for request in 10..40 {
        frames.extend(frame(CALL, false, 1, request, 4, "[[\"large\"],{}]", &[]));
    }
    let unread = peer.open(&frames);
    // A reader that takes its time, but takes something, goes on.
    let mut slow = peer.open(&frames);
    for _ in 0..15 {
        std::thread::sleep(Duration::from_millis(100));
        assert!(slow.chunk().is_some());
    }
    served.wait_for_clients(1);
    let refused = served.events(EventKind::PeerRefused);
    assert!(refused.len() == 1 && refused[0].contains("not read in time"), "{refused:?}");
    drop(unread);
    // What stands still may also be a body on its way here.
    let mut wire = peer.connect();
    let path = format!("/v1/connections/{}", slow.id());
    wire.write_all(&peer.head(&format!("POST {path}"), &format!("{TYPE}tywrap-sequence: 1\r\n"), 1000)).unwrap();
    wire.write_all(&hello()[..9]).unwrap();
    assert_eq!(read_reply(&mut BufReader::new(wire)).refusal(), (408, "http-limit".to_owned()));
    drop(slow);
    served.wait_for_clients(0);
    served.end();
}

#[test]
fn silence_is_filled_between_frames() {
    let served = over_tcp("", |front| front.heartbeat(Duration::from_millis(50)));
    let mut streaming = served.peer.open(&sleeping(1));
    assert_eq!(streaming.frame()[4], HELLO);
    let begin = Instant::now();
    let mut beats = 0;
    let answer = loop {
        let said = streaming.chunk().unwrap();
        if said != [0; 4] {
            break said;
        }
        beats += 1;
    };
    assert!(begin.elapsed() < Duration::from_secs(10) && beats >= 5, "{beats} in {:?}", begin.elapsed());
    assert_eq!((answer[4], answer[8]), (RESULT, 7));
    drop(streaming);
    // What is longer than a heartbeat is not cut by one.
    let (mut client, _) = served.peer.client();
    client.open(1, &BUILTINS);
    assert_eq!(client.call(1, 4, "[\"large\"]").buffers[0], [b'x'; 3_000_000]);
    drop(client);
    served.end();
}

#[test]
fn there_is_one_way_to_say_how_long_a_request_is() {
    let served = over_tcp("", |front| front);
    let ask = |lines: &str, body: &str| {
        served
            .peer
            .raw(format!("POST /v1/connections HTTP/1.1\r\nhost: localhost\r\n{TYPE}{lines}\r\n{body}").as_bytes())
    };
    let chunked = "0\r\n\r\n";
    for (lines, status) in [
        ("transfer-encoding: chunked\r\n", 411),
        ("transfer-encoding: chunked\r\ncontent-length: 5\r\n", 411),
        ("content-length: 5\r\ntransfer-encoding: chunked\r\n", 411),
        ("transfer-encoding: gzip, chunked\r\n", 411),
        ("transfer-encoding: xchunked\r\n", 400),
        ("transfer-encoding: chunked, gzip\r\n", 400),
        ("content-length: 5\r\ncontent-length: 6\r\n", 400),
        ("content-length: 5, 5\r\n", 400),
        ("content-length: +5\r\n", 400),
        ("content-length: -1\r\n", 400),
        ("content-length : 5\r\n", 400),
        ("", 411),
    ] {
        let reply = ask(lines, chunked);
        assert_eq!(reply.status, status, "{lines:?}: {reply:?}");
    }
    // What stands behind such a request is never read as another one.
    let smuggled = "POST /v1/connections HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/vnd.tywrap.frames\r\n\
         content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n\
         GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut wire = served.peer.connect();
    wire.write_all(smuggled.as_bytes()).unwrap();
    let mut told = Vec::new();
    // It may be cut off with what was not read.
    let _ = wire.read_to_end(&mut told);
    assert_eq!(String::from_utf8_lossy(&told).matches("HTTP/1.1 ").count(), 1, "{:?}", String::from_utf8_lossy(&told));
    // The control: two requests one after the other on one connection.
    let mut wire = served.peer.connect();
    wire.write_all("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(2).as_bytes()).unwrap();
    let mut reader = BufReader::new(wire);
    assert_eq!([read_reply(&mut reader).status, read_reply(&mut reader).status], [200, 200]);

    assert_eq!(served.peer.raw(b"GET /healthz HTTP/1.0\r\nhost: localhost\r\n\r\n").refusal().0, 505);
    assert_eq!(served.peer.raw(b"GET /healthz HTTP/1.1\r\n\r\n").refusal().0, 400);
    let mut wire = served.peer.connect();
    wire.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
    let mut told = Vec::new();
    let _ = wire.read_to_end(&mut told);
    assert!(told.is_empty(), "there is no HTTP/2: {told:?}");
    let form = "content-type: text/plain\r\ncontent-length: 0\r\n";
    let reply = served.peer.raw(format!("POST /v1/connections HTTP/1.1\r\nhost: localhost\r\n{form}\r\n").as_bytes());
    assert_eq!(reply.refusal().0, 415);
    served.end();
}

#[test]
fn a_body_is_asked_for_when_it_is_wanted() {
    let served = over_tcp("", |front| front.token(TOKEN));
    for (peer, wanted) in [(served.peer.clone(), false), (served.with_token(), true)] {
        let mut wire = peer.connect();
        let head = peer.head("POST /v1/connections", &format!("{TYPE}expect: 100-continue\r\n"), hello().len());
        wire.write_all(&head).unwrap();
        let mut reader = BufReader::new(wire);
        let told = read_head(&mut reader);
        if wanted {
            assert_eq!(told.status, 100);
            reader.get_mut().write_all(&hello()).unwrap();
            assert_eq!(read_head(&mut reader).status, 200);
        } else {
            assert_eq!(told.status, 401, "the body of a stranger is not asked for");
        }
    }
    served.end();
}

#[test]
fn a_front_ends_with_what_it_carries_and_can_begin_again() {
    let served = over_unix("");
    let (mut client, _) = served.peer.client();
    client.open(1, &TIME);
    client.start(1, 0, false, "[[20],{}]", &[]);
    let begin = Instant::now();
    served.host.stop();
    assert!(client.try_receive().is_none(), "the stream ends");
    served.wait_for_clients(0);
    assert!(begin.elapsed() < Duration::from_secs(10));
    // The same host serves again, here over TCP.
    let (listening, listens) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let front = HttpFront::tcp("127.0.0.1:0".parse().unwrap()).on_listening(move |at| listening.send(at).unwrap());
        let serving = scope.spawn(|| served.host.serve(Endpoint::Http(front)));
        assert!(listens.recv_timeout(Duration::from_secs(10)).unwrap().is_some());
        served.host.stop();
        serving.join().unwrap().unwrap();
    });
    served.end();
}
