//! What a function of a client's gave, against what the parameter that took it asks for.

use tywrap_policy::Code;

use super::CallRefused;
use super::describe::{expected, mismatch};
use super::fit::{Check, Fit};
use crate::value::{Returns, Value};

/// Takes a value that a function gave, as the first of these schemas has it that takes it as it is, else as the first that takes it
/// converted.
pub(crate) fn returned(returns: &[Returns], mut value: Value) -> Result<Value, CallRefused> {
    let Some(first) = returns.first() else { return Ok(value) };
    let mut chosen = choose(returns, &value);
    // As arguments are.
    if chosen.is_none() && value.has_rows() {
        value.expand_rows();
        chosen = choose(returns, &value);
    }
    match chosen {
        Some((_, Fit::Exact)) => return Ok(value),
        Some((Returns { module, schema }, _)) => {
            Check::new(module).convert(*schema, &mut value);
            return Ok(value);
        }
        None => {}
    }
    let &Returns { module, schema } = first;
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

/// The first that takes a value as it is, else the first that takes it converted. None, too, where columns don't tell.
fn choose<'r>(returns: &'r [Returns], value: &Value) -> Option<(&'r Returns, Fit)> {
    let mut converted = None;
    for asked in returns {
        let mut check = Check::new(asked.module);
        match check.fit(asked.schema, value) {
            Fit::Exact => return Some((asked, Fit::Exact)),
            _ if check.is_open => return None,
            Fit::Converted => converted = converted.or(Some((asked, Fit::Converted))),
            Fit::No => {}
        }
    }
    converted
}
