//! `lang get`: the annotations in comments.

use crate::cli::Get;
use crate::failure::Failure;
use crate::output::{complain, say};
use crate::{json, sources};
use lang_frontend::annotations::{TAGS, annotations};
use lang_frontend::source::SourceMap;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// An annotation; with `--json`, a line.
#[derive(Serialize)]
struct Found {
    file: String,
    line: u32,
    column: u32,
    tag: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    text: String,
}

pub fn get(args: &Get) -> Result<(), Failure> {
    let (tags, path) = target(&args.target)?;
    let files = if path.is_dir() { sources::below(&path)? } else { vec![path.clone()] };
    let mut text = String::new();
    for file in files {
        for found in in_file(&file)?.iter().filter(|found| tags.contains(&found.tag)) {
            if args.json {
                text += &json::line(found)?;
            } else {
                text += &found.shown();
            }
        }
    }
    if text.is_empty() && !args.json {
        complain(&format!("note: there is no {} in {}", tags.join(", "), path.display()));
    }
    say(&text)
}

/// The tags that are asked for, all if none is; and the file or folder.
fn target(words: &[String]) -> Result<(Vec<&'static str>, PathBuf), Failure> {
    let mut tags = Vec::new();
    let mut path = None;
    for word in words {
        let tag = TAGS.into_iter().find(|tag| tag.eq_ignore_ascii_case(word));
        if let Some(tag) = tag.filter(|_| !Path::new(word).exists()) {
            tags.push(tag);
        } else if word.ends_with(".lang") || Path::new(word).exists() {
            if path.replace(PathBuf::from(word)).is_some() {
                return Err(Failure::Usage("name one file or folder".into()));
            }
        } else {
            let known = TAGS.join(", ");
            let message = format!("`{word}` is neither an annotation ({known}) nor a file or folder that is there");
            return Err(Failure::Usage(message));
        }
    }
    if tags.is_empty() {
        tags.extend(TAGS);
    }
    Ok((tags, path.unwrap_or_else(|| PathBuf::from("."))))
}

/// All annotations of a file.
fn in_file(path: &Path) -> Result<Vec<Found>, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::environment(format!("cannot read {}: {error}", path.display())))?;
    let mut sources = SourceMap::new();
    let file = sources.add(path.display().to_string(), bytes);
    let found = annotations(&sources, file).into_iter().map(|annotation| {
        let at = sources.line_col(annotation.span);
        Found {
            file: path.display().to_string(),
            line: at.line,
            column: at.col,
            tag: annotation.tag,
            name: annotation.name,
            text: annotation.text,
        }
    });
    Ok(found.collect())
}

impl Found {
    fn shown(&self) -> String {
        let Found { file, line, column, tag, name, text } = self;
        let name = name.as_ref().map_or(String::new(), |name| format!("({name})"));
        let colon = if text.is_empty() { "" } else { ": " };
        format!("{file}:{line}:{column}: {tag}{name}{colon}{text}\n")
    }
}
