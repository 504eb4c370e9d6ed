//! What errors and warnings mean: the sections of `docs/errors.md`.

use crate::failure::Failure;

const PAGE: &str = include_str!("../docs/errors.md");

/// The section about a code, as it is shown.
pub fn explain(code: &str) -> Result<String, Failure> {
    let wanted = code.to_uppercase();
    let section = sections().find(|section| section.split(':').next() == Some(&*wanted));
    let Some(section) = section else {
        let known = sections().filter_map(|section| section.split(':').next());
        let near = lang_frontend::nearest(&wanted, known);
        let near = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
        return Err(Failure::Usage(format!("there is no error or warning `{code}`{near}")));
    };
    let emphasis = crate::output::has_colours(&std::io::stdout());
    let mut text = String::new();
    let mut in_program = false;
    for (number, line) in section.trim_end().lines().enumerate() {
        match line {
            "```lang,wrong" | "```lang,right" => {
                in_program = true;
                text += if line.ends_with("wrong") { "With it:\n\n" } else { "Without:\n\n" };
            }
            "```" => in_program = false,
            line if number == 0 && emphasis => text += &format!("\x1b[1m{line}\x1b[0m\n"),
            line if in_program => text += &format!("    {line}\n"),
            line => text += &format!("{line}\n"),
        }
    }
    Ok(text)
}

/// Each begins with its code and a colon.
fn sections() -> impl Iterator<Item = &'static str> {
    PAGE.split("\n## ").skip(1)
}
