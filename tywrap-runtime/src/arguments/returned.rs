//! What a function of a client's gave, against what the parameter that took it asks for.

use tywrap_policy::Code;

use super::CallRefused;
use super::describe::{expected, mismatch};
use super::fit::{Check, Fit};
use crate::value::{Returns, Value};

/// Takes a value that a function gave, as the first of these schemas has it that takes it as it is, else as the first that takes it
/// converted.
pub(crate) fn returned(returns: &[Returns], mut value: Value) -> Result<Value, CallRefused> {
    let mut converted = None;
    for &Returns { module, schema } in returns {
        match Check::new(module).fit(schema, &value) {
            Fit::Exact => return Ok(value),
            Fit::Converted => converted = converted.or(Some((module, schema))),
            Fit::No => {}
        }
    }
    if let Some((module, schema)) = converted {
        Check::new(module).convert(schema, &mut value);
        return Ok(value);
    }
    let Some(&Returns { module, schema }) = returns.first() else { return Ok(value) };
    let mut check = Check::new(module);
    let (path, part, got) = mismatch(&mut check, schema, &value);
    let place = if path.is_empty() { String::new() } else { format!(" at {}", path.trim_start()) };
    let mut all = vec![expected(&check, part)];
    if path.is_empty() {
        all.extend(returns[1..].iter().map(|other| expected(&check, other.schema)));
        all.dedup();
    }
    let (name, all) = (module.name, all.join(" | "));
    let message = format!("a function that was passed to `{name}` gave {got}{place} where Python expects {all}");
    Err(CallRefused { code: Code::CallType, message })
}
