//! Programs whose IR is valid and as expected.
