//! Source files and places in them.
//!
//! A [`SourceMap`] owns the text of every file of a program; a [`Span`] is a half-open range of bytes in one of them.
//! Text is always valid UTF-8 here: bytes that are not are replaced when a file is added, and the file remembers where
//! the first one was, so that the parser can report it.

use std::ops::Range;
use std::sync::Arc;

/// Which file of a [`SourceMap`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileId(pub u32);

/// A half-open range of byte offsets in a file. An empty span marks a place between two characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(file: FileId, start: u32, end: u32) -> Span {
        debug_assert!(start <= end);
        Span { file, start, end }
    }

    /// The smallest span that covers both; both are of one file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span at the start of this one.
    pub fn at_start(self) -> Span {
        Span { end: self.start, ..self }
    }

    /// The empty span just behind this one.
    pub fn at_end(self) -> Span {
        Span { start: self.end, ..self }
    }

    /// As indices into the file's text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place as people read it: both count from 1, the column in characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LineCol {
    pub line: u32,
    pub col: u32,
}

/// The distance of places in a text that remember how many characters are before them.
const MARK: usize = 256;

/// How many characters begin in these bytes of UTF-8.
fn starts(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u32
}

/// One file: its name as diagnostics show it, its text, and where its lines start.
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub name: String,
    text: Arc<str>,
    line_starts: Vec<u32>,
    /// How many characters are before each [`MARK`]th byte; empty if each byte of the text is one.
    marks: Vec<u32>,
    invalid_utf8: Option<u32>,
    too_large: bool,
}

impl SourceFile {
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Offset of the first replacement for bytes that were not UTF-8.
    pub fn invalid_utf8(&self) -> Option<u32> {
        self.invalid_utf8
    }

    /// The file was larger than offsets can say (4 GiB); its text is left empty.
    pub fn is_too_large(&self) -> bool {
        self.too_large
    }

    /// Number of lines; an empty file has one.
    pub fn line_count(&self) -> u32 {
        self.line_starts.len() as u32
    }

    /// Line and column of a byte offset; an offset past the end is taken as the end.
    pub fn line_col(&self, offset: u32) -> LineCol {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_starts.partition_point(|&start| start as usize <= offset) - 1;
        let start = self.line_starts[line] as usize;
        LineCol { line: line as u32 + 1, col: self.chars_before(offset) - self.chars_before(start) + 1 }
    }

    /// How many characters are before a byte offset, in time that does not grow with the length of its line.
    fn chars_before(&self, offset: usize) -> u32 {
        match self.marks.get(offset / MARK) {
            None => offset as u32,
            Some(&before) => before + starts(&self.text.as_bytes()[offset / MARK * MARK..offset]),
        }
    }

    /// The text of a line (counted from 1) without its line ending; `None` past the last.
    pub fn line_text(&self, line: u32) -> Option<&str> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.line_starts.get(index)? as usize;
        let end = self.line_starts.get(index + 1).map_or(self.text.len(), |&next| next as usize);
        Some(self.text[start..end].trim_end_matches(['\n', '\r']))
    }
}

/// All files of a program.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    pub fn new() -> SourceMap {
        SourceMap::default()
    }

    /// Adds a file. Bytes that are not UTF-8 become U+FFFD, and `parse` reports the first of them.
    pub fn add(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> FileId {
        let mut bytes = bytes.into();
        // The last few offsets stay free, so that offsets just past the end need no check.
        let too_large = bytes.len() > u32::MAX as usize - 16;
        if too_large {
            bytes = Vec::new();
        }
        let (text, invalid_utf8) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let at = error.utf8_error().valid_up_to() as u32;
                (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(at))
            }
        };
        let mut line_starts = Vec::with_capacity(text.len() / 24 + 1);
        line_starts.push(0);
        line_starts
            .extend(text.as_bytes().iter().enumerate().filter(|&(_, &b)| b == b'\n').map(|(at, _)| at as u32 + 1));
        let mut marks = Vec::new();
        if !text.is_ascii() {
            let mut before = 0;
            // One more than there are whole pieces, for the offset of the end.
            for at in (0..=text.len()).step_by(MARK) {
                marks.push(before);
                before += starts(&text.as_bytes()[at..text.len().min(at + MARK)]);
            }
        }
        let id = FileId(self.files.len() as u32);
        let text = text.into();
        self.files.push(SourceFile { name: name.into(), text, line_starts, marks, invalid_utf8, too_large });
        id
    }

    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, file)| (FileId(i as u32), file))
    }

    /// The text that a span covers.
    pub fn snippet(&self, span: Span) -> &str {
        self.file(span.file).text().get(span.range()).unwrap_or("")
    }

    /// Line and column where a span starts.
    pub fn line_col(&self, span: Span) -> LineCol {
        self.file(span.file).line_col(span.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let mut map = SourceMap::new();
        let id = map.add("a.lang", "ab\nä€x\r\n\nend");
        let file = map.file(id);
        let at = |needle: &str| file.line_col(file.text().find(needle).unwrap() as u32);
        assert_eq!(at("ab"), LineCol { line: 1, col: 1 });
        assert_eq!(at("x"), LineCol { line: 2, col: 3 });
        assert_eq!(at("end"), LineCol { line: 4, col: 1 });
        assert_eq!(file.line_col(4), LineCol { line: 2, col: 1 }, "inside of a character is the character");
        assert_eq!(file.line_col(999), LineCol { line: 4, col: 4 });
        assert_eq!(file.line_text(2), Some("ä€x"));
        assert_eq!(file.line_text(3), Some(""));
        assert_eq!(file.line_text(5), None);
        assert_eq!(file.line_count(), 4);
    }

    #[test]
    fn columns_of_long_lines_count_characters() {
        let text = format!("x\n{}ab\n", "aé€😀".repeat(500));
        let mut map = SourceMap::new();
        let id = map.add("a.lang", text.clone());
        let mut expected = LineCol { line: 1, col: 1 };
        for (offset, char) in text.char_indices() {
            assert_eq!(map.file(id).line_col(offset as u32), expected);
            expected = match char {
                '\n' => LineCol { line: expected.line + 1, col: 1 },
                _ => LineCol { col: expected.col + 1, ..expected },
            };
        }
        assert_eq!(map.file(id).line_col(text.len() as u32), expected);
    }

    #[test]
    fn invalid_bytes_are_replaced_and_remembered() {
        let mut map = SourceMap::new();
        let id = map.add("a.lang", b"ab\xffcd\xfe".to_vec());
        assert_eq!(map.file(id).text(), "ab\u{fffd}cd\u{fffd}");
        assert_eq!(map.file(id).invalid_utf8(), Some(2));
        assert_eq!(map.snippet(Span::new(id, 0, 2)), "ab");
    }
}
