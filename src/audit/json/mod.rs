//! One record's JSON as raw tokens, and its canonical forms.
//!
//! A value tree loses what a verifier has to see: which of two equal keys was hashed, how a number was spelled, a lone
//! surrogate. So a record becomes a tape of token ranges over its bytes, and a canonical form copies tokens from there,
//! respelling only those which the form spells otherwise. The price is that nothing here is convenient to read
//! values from; [`mod@pointer`] and [`mod@text`] give what the checks need.

pub mod canon;
pub mod number;
pub mod pointer;
pub mod tape;
pub mod text;

#[cfg(test)]
mod tests;
