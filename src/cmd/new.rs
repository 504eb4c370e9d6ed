//! `lang new`: a project to start from.

use crate::cli::New;
use crate::failure::Failure;
use crate::output::{say, write_file};
use crate::project;

/// The files of a new project, and what is in them; `NAME` stands for its name.
const FILES: &[(&str, &str)] = &[
    (project::FILE, "name = \"NAME\"\nversion = \"0.1.0\"\nmain = \"src/main.lang\"\n"),
    (".gitignore", "/build/\n"),
    (
        "src/main.lang",
        "import greeting;

fn main() {
    print(greeting.of(\"NAME\"));
}
",
    ),
    (
        "src/greeting.lang",
        "/// What to say to somebody.
///
/// ```
/// assert(of(\"you\") == \"Hello, you!\");
/// ```
pub fn of(name: str) -> str {
    f\"Hello, {name}!\"
}

test \"a greeting names who is meant\" {
    assert(of(\"Ada\") == \"Hello, Ada!\");
}
",
    ),
];

pub fn new(args: &New) -> Result<(), Failure> {
    let shown = args.path.display();
    let name = args.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_name = |name: &str| {
        !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
            && !name.starts_with('-')
    };
    if !is_name(name) {
        return Err(Failure::Usage(format!(
            "`{shown}` cannot be the name of a project: letters, digits, `_` and `-` can be in it"
        )));
    }
    let fail = |error: std::io::Error| Failure::environment(format!("cannot make {shown}: {error}"));
    let is_empty = |folder: &std::path::Path| folder.read_dir().is_ok_and(|mut entries| entries.next().is_none());
    if args.path.exists() && !is_empty(&args.path) {
        return Err(Failure::Error(format!("cannot make {shown}: it exists, and is not empty")));
    }
    for (file, text) in FILES {
        let path = args.path.join(file);
        std::fs::create_dir_all(path.parent().expect("a file of the project")).map_err(fail)?;
        write_file(&path, text.replace("NAME", name).as_bytes())?;
    }
    say(&format!("made the project {shown}; try: cd {shown} && lang run && lang test\n"))
}
