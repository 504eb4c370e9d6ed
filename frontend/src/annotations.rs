//! Annotations in comments: `TODO`, `FIXME` and their like.

use crate::lex;
use crate::source::{FileId, SourceMap, Span};

/// The words that make an annotation.
pub const TAGS: [&str; 5] = ["TODO", "FIXME", "NOTE", "HACK", "XXX"];

/// An annotation in a comment: `TODO(name): text`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Annotation {
    /// One of [`TAGS`].
    pub tag: &'static str,
    /// What stands in parentheses behind the tag.
    pub name: Option<String>,
    /// The rest of the line, or up to the next annotation.
    pub text: String,
    /// Of the tag.
    pub span: Span,
}

/// All annotations in the comments of a file, in the order of the text.
pub fn annotations(sources: &SourceMap, file: FileId) -> Vec<Annotation> {
    let text = sources.file(file).text();
    // What the lexer finds wrong is for others to say.
    let lexed = lex::lex(file, text, &mut Vec::new());
    let mut found = Vec::new();
    for comment in lexed.comments {
        let mut at = comment.start as usize;
        for line in text[comment.start as usize..comment.end as usize].split_inclusive('\n') {
            in_line(file, line, at, &mut found);
            at += line.len();
        }
    }
    found
}

/// The annotations in a line of a comment, which begins at this offset.
fn in_line(file: FileId, line: &str, offset: usize, found: &mut Vec<Annotation>) {
    let tags: Vec<(usize, &'static str)> = words(line).collect();
    for (index, &(at, tag)) in tags.iter().enumerate() {
        let end = tags.get(index + 1).map_or(line.len(), |next| next.0);
        let rest = line[at + tag.len()..end].trim_start();
        let (name, rest) = match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            Some((name, rest)) => (Some(name.trim().to_string()), rest.trim_start()),
            None => (None, rest),
        };
        let text = rest.strip_prefix(':').unwrap_or(rest);
        let start = (offset + at) as u32;
        let span = Span::new(file, start, start + tag.len() as u32);
        found.push(Annotation { tag, name, text: without_end(text).to_string(), span });
    }
}

/// Where tags stand as whole words.
fn words(line: &str) -> impl Iterator<Item = (usize, &'static str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.split(move |c| !is_word(c)).filter_map(move |word| {
        let tag = TAGS.into_iter().find(|tag| *tag == word)?;
        Some((word.as_ptr().addr() - line.as_ptr().addr(), tag))
    })
}

/// The text without the ends of comments behind it.
fn without_end(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(rest) = text.strip_suffix("*/").or_else(|| text.strip_suffix("/*")) {
        text = rest.trim_end();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let mut sources = SourceMap::new();
        let file = sources.add("a.lang", text);
        let show = |a: Annotation| {
            let at = sources.line_col(a.span);
            format!("{}:{} {} {:?} {:?}", at.line, at.col, a.tag, a.name.unwrap_or_default(), a.text)
        };
        annotations(&sources, file).into_iter().map(show).collect()
    }

    #[test]
    fn all_kinds_of_comments_are_read_and_nothing_else() {
        let text = "/// TODO: doc\nlet a = \"TODO: no\"; // FIXME(ann): mend\n/* HACK one /* XXX two */ NOTE: three\n   TODO four */\n\
                    let b = f\"TODO {a /* NOTE in */}\"; // TODOS, todo and X_TODO are none\nlet c = r\"// TODO\"; // XXX\n";
        let expected = [
            "1:5 TODO \"\" \"doc\"",
            "2:24 FIXME \"ann\" \"mend\"",
            "3:4 HACK \"\" \"one\"",
            "3:16 XXX \"\" \"two\"",
            "3:27 NOTE \"\" \"three\"",
            "4:4 TODO \"\" \"four\"",
            "5:22 NOTE \"\" \"in\"",
            "6:24 XXX \"\" \"\"",
        ];
        assert_eq!(shown(text), expected);
    }

    #[test]
    fn odd_forms() {
        let text = "// TODO (a b) : x TODO(c)TODO()\n// NOTE(open: y\n// ä TODO: ö\n/* FIXME: never closed";
        let expected = [
            "1:4 TODO \"a b\" \"x\"",
            "1:19 TODO \"c\" \"\"",
            "1:26 TODO \"\" \"\"",
            "2:4 NOTE \"\" \"(open: y\"",
            "3:6 TODO \"\" \"ö\"",
            "4:4 FIXME \"\" \"never closed\"",
        ];
        assert_eq!(shown(text), expected);
    }
}
