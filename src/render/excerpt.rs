//! The part of a file that a diagnostic shows. Lines that are too long to be read are cut around what is marked.

use lang_frontend::source::SourceFile;
use std::borrow::Cow;
use std::ops::Range;

/// Lines up to this long, in bytes, are shown whole.
const LONG: usize = 600;
/// What is kept of a longer line before a marked piece, and of the piece and what follows it.
const BEFORE: usize = 60;
const BEHIND: usize = 100;
/// Words up to this long are shown whole in messages, and what is kept of a longer one.
const LONG_WORD: usize = 200;
const HEAD: usize = 60;
const TAIL: usize = 20;
const GAP: &str = "...";

/// Some lines of a file.
pub struct Excerpt<'s> {
    pub text: Cow<'s, str>,
    /// The number of the first line, counted from 1.
    pub first_line: usize,
    /// What was kept: ranges of the file and where they are in `text`, ascending.
    kept: Vec<(Range<usize>, usize)>,
    /// Whether lines were cut, so that columns are not those of the file.
    pub is_cut: bool,
}

impl<'s> Excerpt<'s> {
    /// The lines of `file` that hold these pieces, of which there is at least one.
    pub fn new(file: &'s SourceFile, marked: &[Range<usize>]) -> Excerpt<'s> {
        let text = file.text();
        let low = marked.iter().map(|piece| piece.start).min().unwrap_or(0).min(text.len());
        let high = marked.iter().map(|piece| piece.end).max().unwrap_or(0).clamp(low, text.len());
        let start = text.as_bytes()[..low].iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        let end = text.as_bytes()[high..].iter().position(|&b| b == b'\n').map_or(text.len(), |at| high + at);
        let first_line = file.line_col(start as u32).line as usize;
        let lines = &text[start..end];
        if lines.split('\n').all(|line| line.len() <= LONG) {
            return Excerpt { text: lines.into(), first_line, kept: vec![(start..end, 0)], is_cut: false };
        }
        let mut excerpt = Excerpt { text: "".into(), first_line, kept: Vec::new(), is_cut: true };
        let mut at = start;
        for line in lines.split_inclusive('\n') {
            excerpt.line(text, at..at + line.len(), marked);
            at += line.len();
        }
        excerpt
    }

    /// Adds a line, cut if it is too long.
    fn line(&mut self, text: &str, line: Range<usize>, marked: &[Range<usize>]) {
        let body = line.start..line.start + text[line.clone()].trim_end_matches(['\n', '\r']).len();
        if body.len() <= LONG {
            return self.keep(text, line);
        }
        let mut windows: Vec<Range<usize>> = (marked.iter().flat_map(|piece| [piece.start, piece.end]))
            .filter(|place| (body.start..=body.end).contains(place))
            .map(|place| place.saturating_sub(BEFORE).max(body.start)..(place + BEHIND).min(body.end))
            .collect();
        windows.sort_by_key(|window| window.start);
        let mut done = body.start;
        for window in windows {
            let start = floor(text, window.start.max(done));
            let end = ceil(text, window.end);
            if start > done {
                self.text.to_mut().push_str(GAP);
            }
            if end > start {
                self.keep(text, start..end);
                done = end;
            }
        }
        if done < body.end {
            self.text.to_mut().push_str(GAP);
        }
        self.keep(text, body.end..line.end);
    }

    fn keep(&mut self, text: &str, range: Range<usize>) {
        let at = self.text.len();
        self.text.to_mut().push_str(&text[range.clone()]);
        self.kept.push((range, at));
    }

    /// Where a piece of the file is in the excerpt.
    pub fn range(&self, piece: Range<usize>) -> Range<usize> {
        self.place(piece.start)..self.place(piece.end)
    }

    /// The column of an offset of the file in what is left of its line, counted in characters from 1.
    pub fn column(&self, offset: usize) -> usize {
        let before = &self.text[..self.place(offset)];
        before.chars().rev().take_while(|&c| c != '\n').count() + 1
    }

    fn place(&self, offset: usize) -> usize {
        let next = self.kept.partition_point(|(range, _)| range.start <= offset);
        // What was left out is behind the piece before it.
        next.checked_sub(1).map_or(0, |index| {
            let (range, at) = &self.kept[index];
            at + offset.min(range.end) - range.start
        })
    }
}

/// The last boundary of characters up to this offset.
fn floor(text: &str, offset: usize) -> usize {
    (0..=offset).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The first boundary of characters from this offset on.
fn ceil(text: &str, offset: usize) -> usize {
    (offset..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

/// A message whose names are short enough to be read.
pub fn shorten(message: &str) -> Cow<'_, str> {
    if message.len() <= LONG_WORD || message.split(' ').all(|word| word.len() <= LONG_WORD) {
        return message.into();
    }
    let cut = |word: &str| match word.len() {
        0..=LONG_WORD => word.to_string(),
        len => {
            let (head, tail) = (floor(word, HEAD), ceil(word, len - TAIL));
            format!("{}{GAP}{}", &word[..head], &word[tail..])
        }
    };
    message.split(' ').map(cut).collect::<Vec<_>>().join(" ").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lang_frontend::source::SourceMap;

    /// The excerpt of these pieces, and the pieces in it.
    fn excerpt(text: &str, marked: &[&str]) -> (String, usize, Vec<String>) {
        let mut sources = SourceMap::new();
        let id = sources.add("a.lang", text);
        let pieces: Vec<_> =
            marked.iter().map(|piece| text.find(piece).map(|at| at..at + piece.len()).unwrap()).collect();
        let excerpt = Excerpt::new(sources.file(id), &pieces);
        let found = pieces.iter().map(|piece| excerpt.text[excerpt.range(piece.clone())].to_string()).collect();
        (excerpt.text.to_string(), excerpt.first_line, found)
    }

    #[test]
    fn short_lines_are_whole() {
        let (text, line, found) = excerpt("one\ntwo\nthree\nfour\n", &["wo", "hre"]);
        assert_eq!((&*text, line, found), ("two\nthree", 2, vec!["wo".to_string(), "hre".to_string()]));
        assert_eq!(excerpt("", &[""]).0, "");
    }

    #[test]
    fn long_lines_are_cut_around_what_is_marked() {
        let long = format!("{}HERE{}THERE{}\r\nnext", "é".repeat(5000), "b".repeat(5000), "c".repeat(5000));
        let (text, line, found) = excerpt(&long, &["HERE", "THERE"]);
        assert!(text.len() < 700, "{text}");
        assert!(text.starts_with("...é") && text.ends_with("c...\r"), "{text}");
        assert_eq!((line, found), (1, vec!["HERE".to_string(), "THERE".to_string()]));
    }

    #[test]
    fn a_long_piece_keeps_both_ends() {
        let long = format!("x = {};", "y".repeat(100_000));
        let (text, _, found) = excerpt(&long, &[&"y".repeat(100_000)]);
        assert!(text.len() < 400 && text.ends_with(";"), "{text}");
        assert!(found[0].starts_with("yy") && found[0].ends_with("yy") && found[0].contains(GAP), "{found:?}");
    }

    #[test]
    fn long_names_are_shortened() {
        assert_eq!(shorten("no `x` here"), "no `x` here");
        let long = shorten(&format!("no `{}` here", "z".repeat(100_000))).into_owned();
        assert!(long.len() < 120 && long.starts_with("no `zz") && long.ends_with("zz` here"), "{long}");
    }
}
