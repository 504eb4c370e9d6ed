//! The format of a file test: the input, then what is expected.
//!
//! Directives are lines that start with the comment sign and `@` (`//@ args: 1 2`); sections of expected text start with a
//! line of the comment sign and `=` (`//= stdout`), and each of their lines is behind the comment sign and `|`.

use std::path::{Path, PathBuf};

/// A parsed test file.
pub struct Expect {
    path: PathBuf,
    sign: &'static str,
    /// The file up to the first section.
    pub input: String,
    sections: Vec<(String, String)>,
}

impl Expect {
    pub fn read(path: &Path) -> Expect {
        let sign = match path.extension().and_then(|ending| ending.to_str()) {
            Some("lang") => "//",
            Some("bril") => "#",
            _ => ";",
        };
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let header = format!("{sign}= ");
        let bar = format!("{sign}|");
        let mut input = String::new();
        let mut sections: Vec<(String, String)> = Vec::new();
        for line in text.split_inclusive('\n') {
            if let Some(name) = line.strip_prefix(&header) {
                sections.push((name.trim().to_string(), String::new()));
            } else if let Some((_, section)) = sections.last_mut() {
                let line = line.strip_prefix(&bar).unwrap_or_else(|| panic!("{}: {line:?}", path.display()));
                section.push_str(line.strip_prefix(' ').unwrap_or(line));
            } else {
                input.push_str(line);
            }
        }
        Expect { path: path.to_path_buf(), sign, input, sections }
    }

    /// The value of a directive.
    pub fn directive(&self, name: &str) -> Option<&str> {
        let prefix = format!("{}@ {name}:", self.sign);
        self.input.lines().find_map(|line| line.strip_prefix(&prefix)).map(str::trim)
    }

    /// Compares all sections with what came out; with `BLESS` set, writes what came out instead.
    pub fn check(&self, actual: &[(&str, String)]) -> Result<(), String> {
        // Spaces on an otherwise empty line cannot be seen, and editors take them away.
        let blank = |line: &str| if line.trim().is_empty() { "\n".to_string() } else { line.to_string() };
        let actual: Vec<(&str, String)> = (actual.iter().filter(|(_, text)| !text.is_empty()))
            .map(|(name, text)| (*name, text.split_inclusive('\n').map(blank).collect()))
            .collect();
        let same = actual.len() == self.sections.len()
            && actual.iter().zip(&self.sections).all(|((name, text), (n, t))| name == n && text == t);
        if same {
            return Ok(());
        }
        if std::env::var_os("BLESS").is_some() {
            let mut text = self.input.clone();
            for (name, section) in &actual {
                text.push_str(&format!("{}= {name}\n", self.sign));
                for line in section.split_inclusive('\n') {
                    text.push_str(&if line.trim().is_empty() {
                        format!("{}|{line}", self.sign)
                    } else {
                        format!("{}| {line}", self.sign)
                    });
                }
                if !text.ends_with('\n') {
                    return Err(format!("{name} does not end in a newline, which the format cannot show: {section:?}"));
                }
            }
            return std::fs::write(&self.path, text).map_err(|error| error.to_string());
        }
        let show = |sections: &mut dyn Iterator<Item = (&str, &str)>| {
            sections.map(|(name, text)| format!("--- {name}\n{text}")).collect::<String>()
        };
        Err(format!(
            "{}: expected\n{}\nbut got\n{}\n(BLESS=1 accepts it)",
            self.path.display(),
            show(&mut self.sections.iter().map(|(n, t)| (n.as_str(), t.as_str()))),
            show(&mut actual.iter().map(|(n, t)| (*n, t.as_str()))),
        ))
    }
}
