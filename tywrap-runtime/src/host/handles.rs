//! The objects that one caller holds. Each caller has numbers of its own, so none can name an object of another.

use std::collections::HashMap;

use tywrap_policy::Code;

use super::{CallError, CallErrorKind};
use crate::value::{Handle, Value};

/// An object in a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RemoteObject {
    pub(crate) worker: u32,
    /// The worker's own number for it.
    pub(crate) id: u32,
}

/// The numbers of the handles in a value, in its order.
pub(super) fn numbers(value: &mut Value) -> Vec<u32> {
    let mut numbers = Vec::new();
    let Ok(()) = value.for_each_handle(&mut |handle: &mut Handle| {
        numbers.push(handle.id);
        Ok::<(), std::convert::Infallible>(())
    });
    numbers
}

/// The objects of one caller.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    last: u32,
    held: HashMap<u32, Held>,
    /// How many of them are in each worker that has any.
    counts: HashMap<u32, usize>,
}

/// An object that a caller holds.
#[derive(Debug)]
struct Held {
    object: RemoteObject,
    /// What the worker said that it is an instance of.
    class: Box<str>,
}

impl Handles {
    /// Makes the handles of a result, which are the worker's, the caller's. What cannot be kept is given back.
    pub(crate) fn adopt(
        &mut self,
        value: &mut Value,
        worker: u32,
        limit: usize,
    ) -> Result<(), (CallError, Vec<RemoteObject>)> {
        let objects: Vec<_> = numbers(value).into_iter().map(|id| RemoteObject { worker, id }).collect();
        if self.held.len() + objects.len() > limit {
            let message = format!("the connection would hold more objects than `wire.max-handles`, which is {limit}");
            return Err((CallError::new(CallErrorKind::Unsupported, Code::HandleRefused, message), objects));
        }
        let mut objects = objects.into_iter();
        let Ok(()) = value.for_each_handle(&mut |handle: &mut Handle| {
            if let Some(object) = objects.next() {
                handle.id = self.add(object, &handle.class);
            }
            Ok::<(), std::convert::Infallible>(())
        });
        Ok(())
    }

    fn add(&mut self, object: RemoteObject, class: &str) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1);
            if self.last != 0 && !self.held.contains_key(&self.last) {
                self.held.insert(self.last, Held { object, class: class.into() });
                *self.counts.entry(object.worker).or_default() += 1;
                return self.last;
            }
        }
    }

    /// Makes the handles of arguments, which are the caller's, the worker's; says which worker that is.
    pub(crate) fn resolve<'v>(&self, values: impl Iterator<Item = &'v mut Value>) -> Result<Option<u32>, CallError> {
        let refused = |message| CallError::new(CallErrorKind::Validation, Code::HandleRefused, message);
        let mut worker = None;
        for value in values {
            value.for_each_handle(&mut |handle: &mut Handle| {
                let held = self.held.get(&handle.id).ok_or_else(|| {
                    refused("an argument is an object that is not held: it was released, or its worker has ended")
                })?;
                if *worker.get_or_insert(held.object.worker) != held.object.worker {
                    return Err(refused("the arguments are objects of different workers; set `wire.workers = 1`"));
                }
                handle.id = held.object.id;
                // What the caller says of it is not evidence.
                handle.class.clone_from(&held.class);
                Ok(())
            })?;
        }
        Ok(worker)
    }

    /// Lets objects go; what is not held is skipped.
    pub(crate) fn release(&mut self, ids: impl Iterator<Item = u32>) -> Vec<RemoteObject> {
        let released: Vec<_> = ids.filter_map(|id| self.held.remove(&id)).map(|held| held.object).collect();
        for object in &released {
            if let Some(count) = self.counts.get_mut(&object.worker) {
                *count -= 1;
            }
        }
        self.counts.retain(|_, count| *count > 0);
        released
    }

    /// Lets everything go.
    pub(crate) fn release_all(&mut self) -> Vec<RemoteObject> {
        self.counts.clear();
        self.held.drain().map(|(_, held)| held.object).collect()
    }

    /// How many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether one of the objects is a worker's.
    pub(crate) fn holds(&self, worker: u32) -> bool {
        self.counts.contains_key(&worker)
    }

    /// Forgets the objects of a worker that has ended.
    pub(crate) fn forget(&mut self, worker: u32) {
        if self.counts.remove(&worker).is_some() {
            self.held.retain(|_, held| held.object.worker != worker);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn handle(id: u32) -> Value {
        Value::Handle(Handle { id, class: "a:B".into() })
    }

    fn resolve(handles: &Handles, mut values: Vec<Value>) -> Result<(Option<u32>, Vec<Value>), CallError> {
        handles.resolve(values.iter_mut()).map(|worker| (worker, values))
    }

    #[test]
    fn numbers_are_each_callers_own() {
        let (mut a, mut b) = (Handles::default(), Handles::default());
        let mut value = Value::List(vec![handle(70), handle(71)]);
        a.adopt(&mut value, 5, 10).unwrap();
        assert_eq!(value, Value::List(vec![handle(1), handle(2)]));
        assert_eq!(resolve(&a, vec![handle(2), Value::None]).unwrap(), (Some(5), vec![handle(71), Value::None]));
        assert_eq!(resolve(&a, vec![Value::None]).unwrap().0, None);
        assert_eq!(resolve(&b, vec![handle(2)]).unwrap_err().code(), "handle-refused");
        assert_eq!(resolve(&a, vec![handle(71)]).unwrap_err().code(), "handle-refused");
        let mut other = handle(70);
        a.adopt(&mut other, 6, 10).unwrap();
        assert!(resolve(&a, vec![handle(1), other]).unwrap_err().message().contains("different workers"));
        b.adopt(&mut value, 5, 10).unwrap();
        assert_eq!(a.release([1, 1, 9].into_iter()), [RemoteObject { worker: 5, id: 70 }]);
        assert!(a.holds(5) && a.holds(6) && !a.holds(7));
        a.forget(5);
        assert!(!a.holds(5) && a.holds(6));
        assert_eq!(a.release_all(), [RemoteObject { worker: 6, id: 70 }]);
        assert_eq!(b.release_all().len(), 2);
    }

    #[test]
    fn what_is_too_much_is_given_back() {
        let mut handles = Handles::default();
        let (error, objects) = handles.adopt(&mut Value::List(vec![handle(1), handle(2)]), 3, 1).unwrap_err();
        assert_eq!((error.code(), objects.len()), ("handle-refused", 2));
        assert!(handles.release_all().is_empty());
    }
}
