//! The `lang` command.
fn main() {}
