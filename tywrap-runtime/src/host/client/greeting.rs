//! How a client begins: what it speaks, and which modules it opens.

use tywrap_policy::Code;

use super::{Client, Slot};
use crate::host::{CallError, CallErrorKind, PEER, Shared};
use crate::security_log::EventKind;
use crate::shared_memory::SharedMemory;
use crate::value::{self, Value};
use crate::wire::{Frame, Header, Kind, VERSION};
use crate::worker::{field, wire_version};

impl Client {
    pub(super) fn greet(&mut self, frame: &Frame<'_>, shared: &Shared) {
        let header = frame.header;
        let hello = match value::read(frame.value, frame.tagged, Vec::new(), shared.settings.input) {
            Ok(hello) => hello.value,
            Err(error) => return self.break_off(shared, header.request, error.code(), &error.to_string()),
        };
        match wire_version(&hello) {
            Some(VERSION) => {}
            Some(other) => {
                let message = format!("the client speaks wire {other} and this host {VERSION}; update the older one");
                return self.break_off(shared, header.request, Code::WireVersion, &message);
            }
            None => {
                let message = "a `HELLO` does not say which wire it speaks";
                return self.break_off(shared, header.request, Code::FrameMalformed, message);
            }
        }
        self.greeted = true;
        let wants_memory = field(&hello, "shared-memory") == Some(&Value::Bool(true));
        let memory = self.memory.as_ref().filter(|_| wants_memory).and_then(|memory| description(memory, shared));
        let settings = &shared.settings;
        self.outbox.push(Header::new(Kind::Hello).request(header.request), |text, buffers| {
            let mut fields = vec![
                ("wire".into(), VERSION.into()),
                ("peer".into(), PEER.into()),
                ("max-frame".into(), settings.frame.into()),
                ("max-depth".into(), (settings.input.depth as u64).into()),
                ("max-input-size".into(), (settings.input.size as u64).into()),
                ("queue".into(), (settings.queue as u64).into()),
            ];
            fields.extend(memory.map(|memory| ("shared-memory".into(), memory)));
            value::write(&Value::Dict(fields), text, buffers)
        });
    }

    pub(super) fn open(&mut self, frame: &Frame<'_>, shared: &Shared) {
        let header = frame.header;
        if header.slot == 0 || self.slots.contains_key(&header.slot) {
            let message = format!("slot {} cannot be opened: it is 0, or open already", header.slot);
            return self.break_off(shared, header.request, Code::FrameMalformed, &message);
        }
        let wanted = value::read(frame.value, frame.tagged, Vec::new(), shared.settings.input).ok();
        let Some((name, digest)) = wanted.and_then(|read| module_and_digest(read.value)) else {
            let message = "an `OPEN` does not say module and digest";
            return self.break_off(shared, header.request, Code::FrameMalformed, message);
        };
        let found = shared.modules[..shared.objects()].iter().position(|module| module.name == name);
        let slot = match found {
            Some(at) if shared.modules[at].digest == digest => Slot::Granted(at),
            Some(_) => Slot::Refused(CallError::new(
                CallErrorKind::Policy,
                Code::DigestMismatch,
                format!(
                    "the wrapper of `{name}` was emitted from other grants than this host has; build again, then restart both"
                ),
            )),
            None => Slot::Refused(CallError::new(
                CallErrorKind::Policy,
                Code::ModuleNotOpened,
                format!("this host has no module {name:.100?}; annotate it and register it with `Host::builder`"),
            )),
        };
        if let Slot::Refused(error) = &slot {
            let code = if found.is_some() { Code::DigestMismatch } else { Code::ModuleNotOpened };
            shared.record(EventKind::CallRefused, code, error.message());
            self.fail(header.request, header.slot, error, shared);
        }
        self.slots.insert(header.slot, slot);
    }
}

fn module_and_digest(open: Value) -> Option<(String, String)> {
    let Value::Dict(fields) = open else { return None };
    let (mut module, mut digest) = (None, None);
    for field in fields {
        match field {
            (Value::Str(key), Value::Str(text)) if key == "module" => module = Some(text),
            (Value::Str(key), Value::Str(text)) if key == "digest" => digest = Some(text),
            _ => return None,
        }
    }
    Some((module?, digest?))
}

/// How a client finds memory that it is offered: by its descriptor in this process, and what stands at its beginning.
fn description(memory: &SharedMemory, shared: &Shared) -> Option<Value> {
    let proof = memory.prove().inspect_err(|error| shared.note_no_memory(error)).ok()?;
    let proof: String = proof.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(Value::Dict(vec![
        ("process".into(), std::process::id().into()),
        ("descriptor".into(), memory.number().unsigned_abs().into()),
        ("size".into(), memory.size().into()),
        ("proof".into(), proof.into()),
    ]))
}
