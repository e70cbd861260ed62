//! .
mod check;
mod emit;
