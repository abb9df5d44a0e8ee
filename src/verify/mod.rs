//! What the dump shows against what it should show, and what to say when the two differ.

pub mod compare;
