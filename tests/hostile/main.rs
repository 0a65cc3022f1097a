//! Hostile and unlucky input: SQL is never rewritten into something else, work is bounded, and what `check` takes compiles
//! and applies.

mod bounded;
mod escapes;
mod mutants;
mod refused;
mod rewrites;
mod zones;
