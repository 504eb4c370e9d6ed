//! `lang rules`: the rewrite rules of the optimizer.

use crate::cli::Rules;
use crate::failure::Failure;
use crate::output::say;
use std::fmt::Write;

pub fn rules(args: &Rules) -> Result<(), Failure> {
    let wanted = args.name.as_deref().unwrap_or("");
    let mut text = String::new();
    let mut count = 0;
    for (family, rows) in lang_opt::rules::FAMILIES {
        let rows: Vec<_> = rows.iter().filter(|row| row.name.contains(wanted)).collect();
        if rows.is_empty() {
            continue;
        }
        count += rows.len();
        let _ = writeln!(text, "{family}");
        for row in rows {
            let _ = writeln!(text, "  {:<28} {}", row.name, row.algebra);
            if args.name.is_some() {
                let _ = writeln!(text, "      {}  =>  {}", row.lhs, row.rhs);
                for condition in row.conditions {
                    let _ = writeln!(text, "      if {condition}");
                }
                let _ = writeln!(text, "      tier {:?}; {}", row.tier, lang_opt::rules::proof_status(row.name));
            }
        }
    }
    if count == 0 {
        return Err(Failure::Error(format!("no rule has `{wanted}` in its name")));
    }
    let _ = writeln!(text, "{count} rule{}", if count == 1 { "" } else { "s" });
    say(&text)
}
