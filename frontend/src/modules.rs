//! Which files a program is made of: finds what imports name, reads and parses it.
//!
//! [`load`] goes in waves: the main file, then all files that it imports, then all that those import, until there are no
//! new ones. The files of a wave are read and parsed side by side; that imports stand at the top is what makes it
//! possible to know them early. Files are numbered in the order in which imports name them, so nothing depends on
//! threads. The front end itself reads nothing: a [`Loader`] does.

use crate::ast::{self, ItemId, ItemKind, StmtKind};
use crate::diagnostic::Diagnostic;
use crate::intern::Interner;
use crate::library;
use crate::parse;
use crate::resolve::suggest::nearest;
use crate::source::{FileId, SourceMap, Span};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::path::{Component, Path, PathBuf};

/// Stack of a thread that parses: enough for the deepest tree that is allowed, in unoptimized builds too.
const STACK_SIZE: usize = 256 << 20;

/// How files are found and read.
pub trait Loader: Sync {
    /// The one path by which this file is known, whatever links and `..` are in the given one. `None` if there is no
    /// such file.
    fn locate(&self, path: &Path) -> Option<PathBuf>;

    /// The bytes of a file, or why they cannot be read.
    fn read(&self, path: &Path) -> Result<Vec<u8>, String>;

    /// Names of what is in a folder, to suggest them; empty if it cannot be read.
    fn list(&self, folder: &Path) -> Vec<String>;
}

/// A loader that finds nothing, for programs of one file.
pub struct NoFiles;

impl Loader for NoFiles {
    fn locate(&self, _path: &Path) -> Option<PathBuf> {
        None
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        Err(format!("{} is not there", path.display()))
    }

    fn list(&self, _folder: &Path) -> Vec<String> {
        Vec::new()
    }
}

/// A folder in which imports are looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    pub folder: PathBuf,
    /// What named it: `-I`.
    pub from: &'static str,
}

/// The modules of a program; the first is the main file.
#[derive(Clone, Debug, Default)]
pub struct Modules {
    pub files: Vec<ast::File>,
    /// One for each file.
    pub infos: Vec<ModuleInfo>,
    /// The number of the prelude, if the program names something in it.
    pub prelude: Option<usize>,
}

/// Names that the prelude declares.
const PRELUDE_NAMES: &[&str] = &["IoError", "read_file"];

/// What is known of a file besides its tree.
#[derive(Clone, Debug, Default)]
pub struct ModuleInfo {
    /// As imports name it, `geometry.shapes`; empty for the main file.
    pub name: String,
    /// For each import of the file the number of its module; what was not found is missing.
    pub imports: FxHashMap<ItemId, usize>,
    /// It is of the standard library.
    pub is_library: bool,
}

impl Modules {
    /// A program of one file.
    pub fn of_one(file: ast::File) -> Modules {
        Modules { files: vec![file], infos: vec![ModuleInfo::default()], prelude: None }
    }

    /// Adds the prelude, if something in it is named and it is not there; `true` if it came.
    pub(crate) fn add_prelude(&mut self, sources: &mut SourceMap, interner: &mut Interner) -> bool {
        if self.prelude.is_some() || !PRELUDE_NAMES.iter().any(|name| interner.get(name).is_some()) {
            return false;
        }
        let id = sources.add("std/prelude.lang", include_str!("prelude.lang"));
        let (tree, _) = parse(sources, id, interner);
        self.prelude = Some(self.files.len());
        self.files.push(tree);
        self.infos.push(ModuleInfo { is_library: true, ..ModuleInfo::default() });
        true
    }
}

/// Finds, reads and parses all files of a program, from its main file on. `places` are searched after the folder of the
/// main file and those that it names with `#import_path`.
pub fn load(
    sources: &mut SourceMap,
    main: FileId,
    interner: &mut Interner,
    loader: &dyn Loader,
    places: &[Place],
) -> (Modules, Vec<Diagnostic>) {
    let (tree, diagnostics) = parse(sources, main, interner);
    let path = PathBuf::from(&sources.file(main).name);
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut finder = Finder {
        loader,
        interner,
        diagnostics,
        places: vec![Place { folder: folder.clone(), from: "the folder of the main file" }],
        known: FxHashMap::default(),
        modules: Modules::of_one(tree),
        folders: vec![folder.clone()],
        wanted: Vec::new(),
        pool: None,
    };
    if let Some(id) = loader.locate(&path) {
        finder.known.insert(Id::File(id), 0);
    }
    finder.import_paths(&folder);
    finder.places.extend_from_slice(places);
    let mut next = 0;
    while next < finder.modules.files.len() {
        let end = finder.modules.files.len();
        for index in next..end {
            finder.imports_of(index);
        }
        finder.fetch(sources);
        next = end;
    }
    let Finder { mut diagnostics, mut modules, .. } = finder;
    modules.add_prelude(sources, interner);
    diagnostics.sort_by_key(|d| (d.primary.span.file, d.primary.span.start));
    (modules, diagnostics)
}

/// What tells files apart.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Id {
    /// By the path that [`Loader::locate`] gives.
    File(PathBuf),
    /// Of the standard library.
    Library(String),
}

/// A file that is to be read.
struct Wanted {
    path: PathBuf,
    /// As diagnostics and backtraces show the path.
    shown: String,
    /// Of the module.
    name: String,
    /// The import that wants it first.
    at: Span,
    is_library: bool,
}

struct Finder<'a> {
    loader: &'a dyn Loader,
    interner: &'a mut Interner,
    diagnostics: Vec<Diagnostic>,
    places: Vec<Place>,
    known: FxHashMap<Id, usize>,
    modules: Modules,
    /// The folder of each file.
    folders: Vec<PathBuf>,
    /// Files of the next wave; their numbers follow those that are there.
    wanted: Vec<Wanted>,
    /// Made when there are several files to parse.
    pool: Option<rayon::ThreadPool>,
}

impl Finder<'_> {
    /// The places that the main file names.
    fn import_paths(&mut self, folder: &Path) {
        let file = &self.modules.files[0];
        for id in items(file) {
            if let ItemKind::ImportPath { path, .. } = file[id].kind {
                let path = String::from_utf8_lossy(&file[path]);
                self.places.push(Place { folder: folder.join(&*path), from: "#import_path" });
            }
        }
    }

    /// Finds what a file imports.
    fn imports_of(&mut self, index: usize) {
        let file = &self.modules.files[index];
        let imports: Vec<ItemId> = items(file).collect();
        for id in imports {
            let file = &self.modules.files[index];
            let found = match file[id].kind {
                ItemKind::Import { path, .. } => {
                    let names: Vec<String> =
                        file[path].iter().map(|part| self.interner.resolve(part.name).to_string()).collect();
                    let (Some(first), Some(last)) = (file[path].first(), file[path].last()) else { continue };
                    let span = first.span.to(last.span);
                    if names.iter().any(String::is_empty) {
                        continue;
                    }
                    if names[0] == "std" { self.find_std(&names, span) } else { self.find_dotted(&names, span) }
                }
                ItemKind::ImportFile { path, path_span, .. } => {
                    let path = String::from_utf8_lossy(&file[path]).into_owned();
                    self.find_quoted(index, &path, path_span)
                }
                ItemKind::ImportPath { path_span, .. } if index > 0 => {
                    self.diagnostics.push(
                        Diagnostic::error("E0218", path_span, "only the main file may name folders for imports")
                            .note("`-I DIR` adds one for the whole program"),
                    );
                    continue;
                }
                _ => continue,
            };
            if let Some(found) = found {
                self.modules.infos[index].imports.insert(id, found);
            }
        }
    }

    /// `import std.a`
    fn find_std(&mut self, names: &[String], span: Span) -> Option<usize> {
        let name = names[1..].join(".");
        if library::source(&name).is_some() {
            let path = PathBuf::from(format!("std/{name}.lang"));
            return Some(self.want(Id::Library(name), path, names.join("."), span));
        }
        let full = names.join(".");
        let known = || library::MODULES.iter().map(|&(name, _)| name);
        let mut diagnostic =
            Diagnostic::error("E0216", span, format!("there is no module `{full}`")).label("not found");
        diagnostic = match nearest(&name, known()) {
            Some(near) => diagnostic.suggest(format!("did you mean `std.{near}`?"), span, format!("std.{near}")),
            None => {
                let known: Vec<String> = known().map(|name| format!("std.{name}")).collect();
                diagnostic.note(format!("the standard library has {}", known.join(", ")))
            }
        };
        self.diagnostics.push(diagnostic);
        None
    }

    /// `import a.b`
    fn find_dotted(&mut self, names: &[String], span: Span) -> Option<usize> {
        let below: PathBuf = names.iter().collect::<PathBuf>().with_extension("lang");
        for place in &self.places {
            let path = place.folder.join(&below);
            if let Some(id) = self.loader.locate(&path) {
                return Some(self.want(Id::File(id), path, names.join("."), span));
            }
        }
        let name = names.join(".");
        let mut diagnostic =
            Diagnostic::error("E0216", span, format!("there is no module `{name}`")).label("not found");
        for place in &self.places {
            diagnostic = diagnostic.note(format!("looked for {} ({})", shown(&place.folder.join(&below)), place.from));
        }
        let near = self.places.iter().find_map(|place| near_path(self.loader, &place.folder, names));
        if let Some(near) = near {
            let near = near.join(".");
            diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), span, near);
        }
        self.diagnostics.push(diagnostic);
        None
    }

    /// `import "path"` in this file.
    fn find_quoted(&mut self, index: usize, written: &str, span: Span) -> Option<usize> {
        let relative = Path::new(written);
        let mut tried: Vec<PathBuf> = vec![self.folders[index].join(relative)];
        // What starts with a dot says where it is.
        let anywhere = relative.is_relative() && !written.starts_with('.');
        if anywhere {
            tried.extend(self.places.iter().map(|place| place.folder.join(relative)));
            tried.dedup();
        }
        for path in &tried {
            if let Some(id) = self.loader.locate(path) {
                let name = relative.file_stem().map_or(String::new(), |stem| stem.to_string_lossy().into_owned());
                return Some(self.want(Id::File(id), path.clone(), name, span));
            }
        }
        let mut diagnostic =
            Diagnostic::error("E0216", span, format!("there is no file `{written}`")).label("not found");
        for path in &tried {
            diagnostic = diagnostic.note(format!("looked for {}", shown(path)));
        }
        let folder = relative.parent().unwrap_or(Path::new(""));
        let name = relative.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
        let near = tried.iter().find_map(|path| {
            let names = self.loader.list(path.parent()?);
            let files = names.iter().map(String::as_str).filter(|name| name.ends_with(".lang"));
            let with_ending = format!("{name}.lang");
            let exact = names.contains(&with_ending).then_some(with_ending);
            exact.or_else(|| nearest(&name, files).map(str::to_string))
        });
        if let Some(near) = near {
            let near = format!("\"{}\"", folder.join(near).display());
            diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), span, near);
        }
        self.diagnostics.push(diagnostic);
        None
    }

    /// The number of a module; it is new if nothing imported its file before.
    fn want(&mut self, id: Id, path: PathBuf, name: String, at: Span) -> usize {
        let new = self.modules.files.len() + self.wanted.len();
        let is_library = matches!(id, Id::Library(_));
        let index = *self.known.entry(id).or_insert(new);
        if index == new {
            self.wanted.push(Wanted { shown: shown(&path), path, name, at, is_library });
        }
        index
    }

    /// Reads and parses the files of a wave.
    fn fetch(&mut self, sources: &mut SourceMap) {
        let wanted = std::mem::take(&mut self.wanted);
        let loader = self.loader;
        let read = |wanted: &Wanted| match wanted.name.strip_prefix("std.").filter(|_| wanted.is_library) {
            Some(name) => Ok(library::source(name).expect("it was found").as_bytes().to_vec()),
            None => loader.read(&wanted.path),
        };
        if let [one] = &wanted[..] {
            let id = self.add(sources, one, read(one));
            let (tree, found) = parse(sources, id, self.interner);
            self.push(one, tree, found);
            return;
        }
        if wanted.is_empty() {
            return;
        }
        let pool = self.pool.get_or_insert_with(|| {
            let builder = rayon::ThreadPoolBuilder::new().stack_size(STACK_SIZE);
            builder.build().expect("threads to parse in")
        });
        let read: Vec<_> = pool.install(|| wanted.par_iter().map(read).collect());
        let ids: Vec<FileId> =
            wanted.iter().zip(read).map(|(wanted, bytes)| self.add(sources, wanted, bytes)).collect();
        let sources = &*sources;
        let pool = self.pool.as_ref().expect("just made");
        let parsed: Vec<_> = pool.install(|| {
            let parse_one = |&id: &FileId| {
                let mut interner = Interner::new();
                let (tree, found) = parse(sources, id, &mut interner);
                (tree, found, interner)
            };
            ids.par_iter().map(parse_one).collect()
        });
        for (wanted, (mut tree, found, names)) in wanted.iter().zip(parsed) {
            tree.rename(&self.interner.absorb(&names));
            self.push(wanted, tree, found);
        }
    }

    fn add(&mut self, sources: &mut SourceMap, wanted: &Wanted, bytes: Result<Vec<u8>, String>) -> FileId {
        let bytes = bytes.unwrap_or_else(|why| {
            let message = format!("cannot read {}: {why}", wanted.shown);
            self.diagnostics.push(Diagnostic::error("E0216", wanted.at, message));
            Vec::new()
        });
        sources.add(&*wanted.shown, bytes)
    }

    fn push(&mut self, wanted: &Wanted, tree: ast::File, mut found: Vec<Diagnostic>) {
        // What follows from bytes that are no text is of no interest.
        if let Some(not_text) = found.iter().position(|d| d.code == "E0001") {
            found = vec![found.swap_remove(not_text)];
        }
        self.diagnostics.extend(found);
        self.modules.files.push(tree);
        self.modules.infos.push(ModuleInfo {
            name: wanted.name.clone(),
            imports: FxHashMap::default(),
            is_library: wanted.is_library,
        });
        self.folders.push(wanted.path.parent().map(Path::to_path_buf).unwrap_or_default());
    }
}

/// The declarations at the top level of a file.
fn items(file: &ast::File) -> impl Iterator<Item = ItemId> {
    file[file.body].iter().filter_map(|&stmt| match file[stmt].kind {
        StmtKind::Item(item) => Some(item),
        _ => None,
    })
}

/// A path as people read it: without `.` and without a folder that `..` leaves again.
fn shown(path: &Path) -> String {
    let mut parts: Vec<Component> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.iter().collect::<PathBuf>().display().to_string()
}

/// A module whose name differs in one part from what was asked for.
fn near_path(loader: &dyn Loader, folder: &Path, names: &[String]) -> Option<Vec<String>> {
    let mut folder = folder.to_path_buf();
    for (index, name) in names.iter().enumerate() {
        let is_last = index + 1 == names.len();
        let here = loader.list(if folder.as_os_str().is_empty() { Path::new(".") } else { &folder });
        let candidates: Vec<&str> = here
            .iter()
            .filter_map(|entry| if is_last { entry.strip_suffix(".lang") } else { Some(entry.as_str()) })
            .collect();
        if !candidates.contains(&name.as_str()) {
            let mut near = names.to_vec();
            near[index] = nearest(name, candidates.into_iter())?.to_string();
            let path: PathBuf = near[index..].iter().collect();
            return loader.locate(&folder.join(path).with_extension("lang")).map(|_| near);
        }
        folder.push(name);
    }
    None
}
