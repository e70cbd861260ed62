//! What a worker is told first, and says first.

use tywrap_policy::section::Network;

use crate::bytecode::ByteCode;
use crate::value::{self, Value};
use crate::wire::VERSION;

/// The version that a `HELLO` says.
pub(crate) fn wire_version(hello: &Value) -> Option<i64> {
    match field(hello, "wire")? {
        Value::Int(version) => Some(*version),
        _ => None,
    }
}

pub(crate) fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let Value::Dict(items) = value else { return None };
    items.iter().find_map(|(key, value)| matches!(key, Value::Str(key) if key == name).then_some(value))
}

/// What to say behind an exception that comes of a socket.
fn refused_network(network: &Network) -> String {
    const KEY: &str = "`network` under `[sandbox]` in the policy";
    match network {
        Network::Deny => format!("the sandbox has no network: {KEY} can allow TCP ports"),
        Network::AllowTcp(ports) => {
            let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
            let ports = ports.join(", ");
            format!("the sandbox reaches the TCP ports {ports} only, and looks no names up: see {KEY}")
        }
    }
}

/// What the `HELLO` that the host sends a worker says to each.
pub(super) fn hello(
    shared_settings: &crate::host::Settings,
    network: &Network,
    site: &[std::path::PathBuf],
    byte_code: Option<&ByteCode>,
) -> Vec<(Value, Value)> {
    let count = |count: usize| Value::from(count as u64);
    // A path that is not UTF-8 cannot be written here, and Python could not import from it under `-X utf8` either.
    let site = site.iter().filter_map(|path| path.to_str()).map(Value::from).collect();
    vec![
        ("wire".into(), VERSION.into()),
        ("peer".into(), crate::host::PEER.into()),
        ("site".into(), Value::List(site)),
        ("byte-code".into(), byte_code.and_then(|byte_code| byte_code.code.to_str()).map_or(Value::None, Value::from)),
        ("max-depth".into(), count(shared_settings.result.depth)),
        ("max-handles".into(), count(shared_settings.handles)),
        ("max-frame".into(), shared_settings.frame.into()),
        ("max-text".into(), count(shared_settings.result.size)),
        ("network".into(), refused_network(network).as_str().into()),
        ("scratch".into(), shared_settings.scratch.into()),
        ("dtypes".into(), Value::List(value::Dtype::of_numbers().map(Value::from).collect())),
        ("column-dtypes".into(), Value::List(value::COLUMN_TYPES.map(Value::from).to_vec())),
        ("frequencies".into(), Value::List(value::FREQUENCIES.map(Value::from).to_vec())),
        ("anchors".into(), Value::List(value::ANCHORS.map(Value::from).to_vec())),
    ]
}
