//! Prometheus and Alertmanager, running.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::Value;
use tywrap_tests::{Monitoring, workspace};

use crate::host::{Monitored, serve};

/// Enough for both to start on a busy machine, and for three scrapes.
const PATIENCE: Duration = Duration::from_secs(90);

/// A program that ends with the test.
struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    fn start(program: &Path, arguments: &[String], folder: &Path, log: PathBuf) -> Self {
        let (output, error) = (File::create(&log).unwrap(), File::options().append(true).open(&log).unwrap());
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(output).stderr(error);
        Self { child: command.spawn().unwrap(), log }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of an answer, or nothing while there is none.
fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.0 200").then(|| body.to_owned())
}

/// Asks until something comes of it.
fn wait<T>(what: &str, running: &mut [Running], mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        let has_ended = running.iter_mut().any(|running| running.child.try_wait().unwrap().is_some());
        if has_ended || began.elapsed() > PATIENCE {
            let logs: Vec<String> = running.iter().map(Running::log).collect();
            panic!("{what} did not come about\n{}", logs.join("\n"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A file of the example, with other texts for some of its own, each of which is there.
fn adapted(name: &str, replaced: &[(&str, &str)]) -> String {
    let text = std::fs::read_to_string(workspace().join("examples/monitoring").join(name)).unwrap();
    replaced.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{name} has no {from:?}");
        text.replace(from, to)
    })
}

#[test]
fn a_burst_of_denials_is_an_alert_that_arrives() {
    let tools = Monitoring::get().unwrap();
    let monitored = Monitored::start();
    monitored.use_it();
    let (sender, received) = channel();
    let receiver = serve(move |_, body| {
        let _ = sender.send(body.to_owned());
        Some(String::new())
    });

    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (alertmanager_at, prometheus_at) = (free_address(), free_address());

    let hook = format!("http://{receiver}/alerts");
    let route =
        adapted("alertmanager.yml", &[("http://127.0.0.1:9095/alerts", &hook), ("group_wait: 30s", "group_wait: 1s")]);
    std::fs::write(folder.join("alertmanager.yml"), route).unwrap();
    let arguments = [
        format!("--config.file={}", folder.join("alertmanager.yml").display()),
        format!("--storage.path={}", folder.join("alertmanager").display()),
        "--cluster.listen-address=".to_owned(),
        format!("--web.listen-address={alertmanager_at}"),
    ];
    let starting_in = tools.alertmanager_folder.as_deref().unwrap_or(folder);
    let alertmanager = Running::start(&tools.alertmanager, &arguments, starting_in, folder.join("alertmanager.log"));

    let target = monitored.endpoint().to_string();
    let config = adapted(
        "prometheus.yml",
        &[
            ("127.0.0.1:9464", &target),
            ("127.0.0.1:9093", &alertmanager_at.to_string()),
            ("interval: 15s", "interval: 1s"),
        ],
    );
    std::fs::write(folder.join("prometheus.yml"), config).unwrap();
    std::fs::write(folder.join("rules.yml"), adapted("rules.yml", &[])).unwrap();
    let arguments = [
        "--config.file=prometheus.yml".to_owned(),
        "--storage.tsdb.path=prometheus".to_owned(),
        format!("--web.listen-address={prometheus_at}"),
    ];
    let prometheus = Running::start(&tools.prometheus, &arguments, folder, folder.join("prometheus.log"));
    let both = &mut [alertmanager, prometheus];

    let query = |expression: &str| -> Option<f64> {
        let body = get(prometheus_at, &format!("/api/v1/query?query={expression}"))?;
        let answer: Value = serde_json::from_str(&body).ok()?;
        answer["data"]["result"][0]["value"][1].as_str()?.parse().ok()
    };
    let alerts = || -> Option<Vec<Value>> {
        let body = get(prometheus_at, "/api/v1/alerts")?;
        let answer: Value = serde_json::from_str(&body).ok()?;
        Some(answer["data"]["alerts"].as_array()?.clone())
    };
    wait("Alertmanager's start", both, || get(alertmanager_at, "/-/ready"));
    // Two scrapes, so that there is something to rise from.
    let scrapes = "count_over_time(tywrap_build_info%5B5m%5D)";
    wait("scraping the host", both, || query(scrapes).filter(|count| *count >= 2.0));
    assert_eq!(query("up%7Bjob=%22tywrap%22%7D"), Some(1.0));
    assert_eq!(query("sum(tywrap_calls_total%7Boutcome=%22ok%22%7D)"), Some(1.0));
    // Without a burst there is no alert.
    wait("evaluating the rules", both, || {
        get(prometheus_at, "/api/v1/rules").filter(|body| body.contains("\"health\":\"ok\""))
    });
    assert_eq!(alerts().unwrap(), Vec::<Value>::new());

    monitored.deny(50);
    let is_burst = |alert: &&Value| alert["labels"]["alertname"] == "TywrapDenialBurst";
    let alert =
        wait("the alert", both, || alerts()?.iter().filter(is_burst).find(|alert| alert["state"] == "firing").cloned());
    assert_eq!(alert["labels"]["instance"], target.as_str());
    wait("the alert's way to Alertmanager", both, || {
        let body = get(alertmanager_at, "/api/v2/alerts")?;
        let alerts: Vec<Value> = serde_json::from_str(&body).ok()?;
        alerts.iter().find(is_burst).cloned()
    });
    let message = received.recv_timeout(PATIENCE).unwrap();
    let message: Value = serde_json::from_str(&message).unwrap();
    assert_eq!(message["status"], "firing");
    assert!(message["alerts"].as_array().unwrap().iter().any(|alert| is_burst(&alert)), "{message}");
    assert!(message.to_string().contains("find their source in the audit log"), "{message}");
}
