//! Projects: a folder with a `lang.toml`, which says what a command without a path is about.

use crate::failure::Failure;
use crate::render;
use lang_frontend::diagnostic::Diagnostic;
use lang_frontend::nearest;
use lang_frontend::source::{SourceMap, Span};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The name of the file that makes a folder a project.
pub const FILE: &str = "lang.toml";

/// What a `lang.toml` says.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// Of the executable.
    name: String,
    #[serde(default = "first_version")]
    #[allow(dead_code, reason = "it is for people and other tools")]
    version: String,
    /// The main file.
    #[serde(default = "usual_main")]
    main: PathBuf,
    /// Folders in which imports are looked for.
    #[serde(default)]
    import_path: Vec<PathBuf>,
    /// Libraries to link, by their names.
    #[serde(default)]
    link: Vec<String>,
    /// Folders in which libraries are looked for.
    #[serde(default)]
    link_path: Vec<PathBuf>,
}

/// The keys of a manifest, for suggestions.
const KEYS: &[&str] = &["name", "version", "main", "import_path", "link", "link_path"];

fn first_version() -> String {
    "0.1.0".to_string()
}

fn usual_main() -> PathBuf {
    PathBuf::from("src/main.lang")
}

/// A project; all its paths can be opened from where the command runs.
#[derive(Clone, Debug)]
pub struct Project {
    pub name: String,
    pub root: PathBuf,
    pub main: PathBuf,
    pub import_path: Vec<PathBuf>,
    pub link: Vec<String>,
    pub link_path: Vec<PathBuf>,
}

impl Project {
    /// The project that this folder is in: the folder itself, or the nearest one above it that has a `lang.toml`.
    pub fn around(folder: &Path) -> Result<Option<Project>, Failure> {
        let absolute = std::fs::canonicalize(folder)
            .map_err(|error| Failure::environment(format!("cannot read {}: {error}", folder.display())))?;
        let Some(up) = absolute.ancestors().position(|above| above.join(FILE).is_file()) else { return Ok(None) };
        let root: PathBuf = std::iter::repeat_n("..", up).collect();
        Project::read(&folder.join(root)).map(Some)
    }

    fn read(root: &Path) -> Result<Project, Failure> {
        // As the user would write it: `src/main.lang`, not `./src/main.lang`.
        let root = root.strip_prefix(".").unwrap_or(root);
        let path = root.join(FILE);
        let bytes = std::fs::read(&path)
            .map_err(|error| Failure::environment(format!("cannot read {}: {error}", path.display())))?;
        let mut sources = SourceMap::new();
        let file = sources.add(path.display().to_string(), bytes);
        let text = sources.file(file).text();
        let manifest: Manifest = match toml::from_str(text) {
            Ok(manifest) => manifest,
            Err(error) => {
                let range = error.span().unwrap_or(0..0);
                let span = Span::new(file, range.start as u32, range.end as u32);
                render::show(&sources, &[explain(&error, span)]);
                return Err(Failure::Shown);
            }
        };
        let is_name = |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
        if !is_name(&manifest.name) {
            let at = text.find(&manifest.name).unwrap_or(0) as u32;
            let span = Span::new(file, at, at + manifest.name.len() as u32);
            let message = format!("`{}` cannot be the name of a program", manifest.name);
            let diagnostic = Diagnostic::error("E0801", span, message).note("it is the name of the executable, too");
            render::show(&sources, &[diagnostic]);
            return Err(Failure::Shown);
        }
        let here = |path: PathBuf| root.join(path);
        Ok(Project {
            name: manifest.name,
            main: here(manifest.main),
            import_path: manifest.import_path.into_iter().map(here).collect(),
            link: manifest.link,
            link_path: manifest.link_path.into_iter().map(here).collect(),
            root: root.to_path_buf(),
        })
    }

    /// Where outputs go.
    pub fn build_folder(&self) -> PathBuf {
        self.root.join("build")
    }

    /// Makes the folder for the outputs of debug or release builds.
    pub fn output_folder(&self, release: bool) -> Result<PathBuf, Failure> {
        let build = self.build_folder();
        let folder = build.join(if release { "release" } else { "debug" });
        let is_new = !build.exists();
        let fail = |error| Failure::environment(format!("cannot make {}: {error}", folder.display()));
        std::fs::create_dir_all(&folder).map_err(fail)?;
        if is_new {
            std::fs::write(build.join(TAG), TAG_TEXT).map_err(fail)?;
        }
        Ok(folder)
    }
}

/// Tells backup programs, and `lang clean`, that a folder holds nothing that could not be made again
/// (<https://bford.info/cachedir/>).
pub const TAG: &str = "CACHEDIR.TAG";

const TAG_TEXT: &str =
    "Signature: 8a477f597d28d172789f06886806bc55\n# Made by `lang build`; `lang clean` removes it.\n";

/// What is wrong with a manifest.
fn explain(error: &toml::de::Error, span: Span) -> Diagnostic {
    let message = error.message().trim();
    let Some(key) = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) else {
        return Diagnostic::error("E0801", span, message.lines().next().unwrap_or("this is not TOML"));
    };
    let diagnostic =
        Diagnostic::error("E0802", span, format!("a project has no `{key}`")).label("not a key of lang.toml");
    match nearest(key, KEYS.iter().copied()) {
        Some(near) => diagnostic.suggest(format!("did you mean `{near}`?"), span, near),
        None => diagnostic.note(format!("the keys are {}", KEYS.join(", "))),
    }
}
