//! Lines of JSON, for other programs.

use crate::failure::Failure;
use serde::Serialize;

/// A value on a line of its own.
pub fn line(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::Internal(format!("JSON: {error}")))?;
    Ok(text + "\n")
}
