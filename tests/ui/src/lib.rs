//! What the compiler says to users of tywrap: see `fail` and `pass`.
