//! The named types of one emitted file: the Python aliases and `TypedDict`s that its signatures refer to.

use std::collections::{BTreeMap, BTreeSet};

use tywrap_policy::section::IntegerMode;
use tywrap_surface::model::QName;

use super::shape::{Shape, Way};

/// A type that the file gives a name to.
#[derive(Debug)]
pub(super) struct Named {
    /// Where Python defines it.
    pub(super) def: QName,
    /// Which way its values go.
    pub(super) way: Way,
    /// What integers are in it.
    pub(super) integers: IntegerMode,
    /// Its type parameters.
    pub(super) vars: Vec<String>,
    /// What it stands for; [`Shape::Never`] until it is known.
    pub(super) shape: Shape,
    /// It refers to itself.
    pub(super) recursive: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Being lowered; `guards` is how many containers were entered when that began.
    Open {
        guards: usize,
    },
    Done,
}

/// What a reference to an alias finds.
pub(super) enum Found {
    /// Nothing yet: lower it, and call [`Aliases::close`] with this.
    New(usize),
    /// It is being lowered, and the reference to itself stands in a container.
    Recursive(usize),
    /// It is being lowered, and refers to itself with nothing between (`type A = A | int`), which means nothing.
    Circular,
    Done(usize),
}

/// All named types, in the order in which they were met.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    all: Vec<Named>,
    by_name: BTreeMap<(QName, Way, bool), usize>,
    /// Containers that stand around the type that is being lowered.
    guards: usize,
}

impl Aliases {
    pub(super) fn get(&self, at: usize) -> Option<&Named> {
        self.all.get(at)
    }

    /// Looks an alias up, and opens it if it is new.
    pub(super) fn open(
        &mut self,
        def: &QName,
        way: Way,
        integers: IntegerMode,
        vars: impl IntoIterator<Item = String>,
    ) -> Found {
        let key = (def.clone(), way, integers == IntegerMode::Bigint);
        let Some(&at) = self.by_name.get(&key) else {
            let at = self.all.len();
            self.all.push(Named {
                def: def.clone(),
                way,
                integers,
                vars: vars.into_iter().collect(),
                shape: Shape::Never,
                recursive: false,
                state: State::Open { guards: self.guards },
            });
            self.by_name.insert(key, at);
            return Found::New(at);
        };
        match self.all[at].state {
            State::Done => Found::Done(at),
            State::Open { guards } if guards == self.guards => Found::Circular,
            State::Open { .. } => {
                self.all[at].recursive = true;
                Found::Recursive(at)
            }
        }
    }

    /// Sets what an opened alias stands for.
    pub(super) fn close(&mut self, at: usize, shape: Shape) {
        let named = &mut self.all[at];
        named.shape = shape;
        named.state = State::Done;
    }

    /// Whether an integer stands in a shape, or in a type that it names.
    pub(super) fn states_integer(&self, shape: &Shape) -> bool {
        let mut seen = BTreeSet::new();
        let (mut found, mut queue) = (false, Vec::new());
        shape.walk(&mut |shape| look(shape, &mut found, &mut queue));
        while let Some(at) = queue.pop() {
            // A type that refers to itself is looked at once.
            if let Some(named) = self.all.get(at).filter(|_| seen.insert(at)) {
                named.shape.walk(&mut |shape| look(shape, &mut found, &mut queue));
            }
        }
        found
    }

    /// Enters a container: a reference in it may be recursive.
    pub(super) fn enter(&mut self) {
        self.guards += 1;
    }

    pub(super) fn leave(&mut self) {
        self.guards -= 1;
    }

    /// Whether a reference stands for itself in the file's text, and not for a name: one node is shorter than any name.
    pub(super) fn is_inline(&self, at: usize) -> bool {
        let Some(named) = self.all.get(at) else { return false };
        if named.recursive {
            return false;
        }
        match &named.shape {
            Shape::Union(_) | Shape::Record(_) | Shape::Tuple(_) | Shape::Dict(..) => {
                // A type parameter that is a dtype has no form in TypeScript by itself.
                let mut dtype = false;
                named.shape.walk(&mut |shape| {
                    dtype |= !matches!(shape, Shape::Var(_)) && shape.variable().is_some();
                });
                dtype
            }
            Shape::List(of) | Shape::Sequence(of) | Shape::Iterable(of) | Shape::TupleOf(of) | Shape::Set(of) => {
                !matches!(**of, Shape::Union(_) | Shape::Record(_) | Shape::Tuple(_) | Shape::Dict(..))
            }
            _ => true,
        }
    }
}

/// Notes what [`Aliases::states_integer`] asks of one shape.
fn look(shape: &Shape, found: &mut bool, named: &mut Vec<usize>) {
    match shape {
        Shape::Int => *found = true,
        Shape::Named(at, _) => named.push(*at),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use tywrap_policy::section::IntegerMode;
    use tywrap_surface::model::QName;

    use super::super::shape::{Shape, Way};
    use super::{Aliases, Found};

    #[test]
    fn an_integer_is_found_wherever_it_stands() {
        let mut aliases = Aliases::default();
        let mut named = |name: &str, body: &dyn Fn(usize) -> Shape| {
            let Found::New(at) = aliases.open(&QName::new("m", name), Way::Out, IntegerMode::Number, []) else {
                return Shape::Never;
            };
            aliases.close(at, body(at));
            Shape::Named(at, Vec::new())
        };
        let inner = named("Inner", &|at| Shape::union([Shape::list(Shape::Named(at, Vec::new())), Shape::Int]));
        let outer = named("Outer", &|_| Shape::dict(Shape::Str, inner.clone()));
        let texts = named("Texts", &|at| Shape::union([Shape::list(Shape::Named(at, Vec::new())), Shape::Str]));
        for shape in [Shape::Int, Shape::dict(Shape::Int, Shape::Str), Shape::Tuple(vec![Shape::Str, outer])] {
            assert!(aliases.states_integer(&shape), "{shape:?}");
        }
        let argument = Shape::Named(99, vec![Shape::Int]);
        assert!(aliases.states_integer(&argument), "the argument of a named type is a part of it");
        for shape in [Shape::Value, Shape::Unknown, Shape::list(Shape::Float), texts] {
            assert!(!aliases.states_integer(&shape), "{shape:?}");
        }
    }
}
