//! .
mod check;
