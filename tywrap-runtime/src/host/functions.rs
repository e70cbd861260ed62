//! The functions of clients that workers hold. The host has a number of its own for each, so that no worker can name one that it was not
//! given.

use std::collections::HashMap;

use crate::grants::Integers;
use crate::value::{Callback, Returns, Value};

/// Functions that are held.
#[derive(Debug, Default)]
pub(super) struct Functions {
    last: u32,
    held: HashMap<u32, Function>,
}

/// A function of a client's.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) client: u32,
    /// The client's own number for it.
    pub(super) id: u32,
    /// The worker that holds it.
    worker: u32,
    /// What it has to give, one of these; anything if there is none.
    pub(super) returns: Vec<Returns>,
    /// What the integers of its arguments are to the client.
    pub(super) integers: Integers,
}

impl Functions {
    /// Hands the functions in values to a worker; the numbers that they have there.
    pub(super) fn lend<'v>(
        &mut self,
        client: u32,
        worker: u32,
        values: impl Iterator<Item = &'v mut Value>,
    ) -> Vec<u32> {
        let mut numbers = Vec::new();
        for value in values {
            value.for_each_callback(&mut |callback: &mut Callback| {
                let function = Function {
                    client,
                    id: callback.id,
                    worker,
                    returns: std::mem::take(&mut callback.returns),
                    integers: callback.integers,
                };
                callback.id = self.add(function);
                numbers.push(callback.id);
            });
        }
        numbers
    }

    fn add(&mut self, function: Function) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1);
            if self.last != 0 && !self.held.contains_key(&self.last) {
                self.held.insert(self.last, function);
                return self.last;
            }
        }
    }

    /// A function that a worker holds.
    pub(super) fn get(&self, worker: u32, number: u32) -> Option<Function> {
        self.held.get(&number).filter(|function| function.worker == worker).cloned()
    }

    /// Forgets functions that a worker has let go of; what is not its is skipped.
    pub(super) fn release(&mut self, worker: u32, numbers: &[u32]) -> Vec<Function> {
        let is_its = |number: &&u32| self.held.get(number).is_some_and(|function| function.worker == worker);
        let numbers: Vec<u32> = numbers.iter().filter(is_its).copied().collect();
        numbers.iter().filter_map(|number| self.held.remove(number)).collect()
    }

    /// Forgets the functions of a worker that has ended.
    pub(super) fn forget(&mut self, worker: u32) -> Vec<Function> {
        self.held.extract_if(|_, function| function.worker == worker).map(|(_, function)| function).collect()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_names_no_function_that_it_was_not_given() {
        let mut functions = Functions::default();
        let mut values = [Value::List(vec![Value::Callback(Callback::new(70))]), Value::Callback(Callback::new(71))];
        let numbers = functions.lend(5, 9, values.iter_mut());
        assert_eq!(numbers, [1, 2]);
        assert_eq!(values[1], Value::Callback(Callback::new(2)));
        let known = |functions: &Functions, worker, number| functions.get(worker, number).map(|it| (it.client, it.id));
        assert_eq!(known(&functions, 9, 2), Some((5, 71)));
        assert_eq!((known(&functions, 8, 2), known(&functions, 9, 3)), (None, None));
        assert!(functions.release(8, &[1, 2]).is_empty());
        let ids = |functions: Vec<Function>| functions.iter().map(|function| function.id).collect::<Vec<_>>();
        assert_eq!(ids(functions.release(9, &[2, 2, 77])), [71]);
        assert_eq!(ids(functions.forget(9)), [70]);
        assert_eq!(functions.len(), 0);
    }
}
