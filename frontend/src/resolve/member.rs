//! Names in modules: `m.x`.

use super::{Decl, FnSet, FnSetId, Named, ScopeId, Visibility};
use crate::ast;
use crate::check::Cx;
use crate::diagnostic::Diagnostic;
use crate::intern::Symbol;
use crate::resolve::suggest::nearest;
use crate::source::Span;

/// What a module has under a name.
enum Member {
    Found(Decl),
    /// It is declared there, but not for this place.
    Private(Span),
    /// Different declarations come from these two `pub import`s.
    Several(ScopeId, ScopeId),
    Missing,
}

impl<'a> Cx<'a> {
    /// What `name` is in a module, for somebody in the scope `from`. If it is nothing, that is reported.
    pub(crate) fn member(&mut self, module: ScopeId, name: ast::Ident, from: ScopeId) -> Decl {
        let text = self.text(name.name).to_string();
        let diagnostic = match self.find_member(module, name.name, from) {
            Member::Found(decl) => return decl,
            Member::Private(span) => {
                Diagnostic::error("E0217", name.span, format!("`{text}` is private in {}", self.module_name(module)))
                    .label("private")
                    .secondary(span, "declared here without `pub`")
                    .help("names are seen outside of their module where they are declared with `pub`")
            }
            Member::Several(first, second) => {
                let (first, second) = (self.module_name(first), self.module_name(second));
                let module = self.module_name(module);
                Diagnostic::error("E0219", name.span, format!("{module} has several `{text}`"))
                    .note(format!("it re-exports one of {first} and one of {second}"))
                    .help("name the module that is meant: import it, or go through its name")
            }
            Member::Missing => {
                let mut diagnostic = Diagnostic::error(
                    "E0204",
                    name.span,
                    format!("there is no `{text}` in {}", self.module_name(module)),
                )
                .label("not found");
                let known = self.public_names(module, from);
                match nearest(&text, known.iter().map(|&name| self.text(name))) {
                    Some(near) => {
                        let near = near.to_string();
                        diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), name.span, near);
                    }
                    None if known.is_empty() => diagnostic = diagnostic.note("nothing in it is `pub`"),
                    None if known.len() <= 12 => {
                        let mut names: Vec<&str> = known.iter().map(|&name| self.text(name)).collect();
                        names.sort_unstable();
                        diagnostic = diagnostic.note(format!("there are {}", names.join(", ")));
                    }
                    None => {}
                }
                diagnostic
            }
        };
        self.report(diagnostic);
        Decl::Broken
    }

    /// What `name` is in a module, if the scope `from` sees it.
    pub(crate) fn visible_member(&mut self, module: ScopeId, name: Symbol, from: ScopeId) -> Option<Decl> {
        match self.find_member(module, name, from) {
            Member::Found(decl) => Some(decl),
            Member::Private(_) | Member::Several(..) | Member::Missing => None,
        }
    }

    fn find_member(&mut self, module: ScopeId, name: Symbol, from: ScopeId) -> Member {
        let inside = self.is_inside(from, module);
        let mut private = None;
        if let Some(named) = self.scopes[module.0 as usize].names.get_mut(&name) {
            named.used = true;
            let Named { decl, span, visibility, .. } = *named;
            match (decl, visibility) {
                _ if inside => return Member::Found(decl),
                // Reported already, whoever sees it.
                (Decl::Broken, _) => return Member::Found(decl),
                (Decl::Fns(set), Visibility::Public) => return Member::Found(Decl::Fns(self.public_set(set))),
                (_, Visibility::Public) => return Member::Found(decl),
                (_, Visibility::Private) => private = Some(span),
            }
        }
        let mut found: Option<(Decl, ScopeId)> = None;
        for &exported in &self.reexported(module)[1..] {
            let Some(&named) = self.scope(exported).names.get(&name) else { continue };
            if named.visibility == Visibility::Private {
                continue;
            }
            match found {
                Some((decl, _)) if decl == named.decl => {}
                Some((_, first)) => return Member::Several(first, exported),
                None => found = Some((named.decl, exported)),
            }
        }
        match found {
            Some((Decl::Fns(set), _)) => Member::Found(Decl::Fns(self.public_set(set))),
            Some((decl, _)) => Member::Found(decl),
            None => private.map_or(Member::Missing, Member::Private),
        }
    }

    /// A module and all that its `pub import`s re-export, also through others; each once.
    pub(crate) fn reexported(&self, module: ScopeId) -> Vec<ScopeId> {
        let mut all = vec![module];
        let mut next = 0;
        while let Some(&module) = all.get(next) {
            for &exported in &self.scope(module).reexports {
                if !all.contains(&exported) {
                    all.push(exported);
                }
            }
            next += 1;
        }
        all
    }

    /// Whether a scope is that of a module or inside of it.
    fn is_inside(&self, mut scope: ScopeId, module: ScopeId) -> bool {
        loop {
            if scope == module {
                return true;
            }
            match self.scope(scope).parent {
                Some(parent) => scope = parent,
                None => return false,
            }
        }
    }

    /// The functions of a set that other modules see; the set itself if these are all.
    fn public_set(&mut self, set: FnSetId) -> FnSetId {
        let funcs = &self.fn_sets[set.0 as usize].funcs;
        if funcs.iter().all(|id| self.funcs[id.index()].is_pub) {
            return set;
        }
        if let Some(&known) = self.public_sets.get(&set) {
            return known;
        }
        let funcs = funcs.iter().copied().filter(|id| self.funcs[id.index()].is_pub).collect();
        self.fn_sets.push(FnSet { funcs });
        let public = FnSetId(self.fn_sets.len() as u32 - 1);
        self.public_sets.insert(set, public);
        public
    }

    fn public_names(&self, module: ScopeId, from: ScopeId) -> Vec<Symbol> {
        let inside = self.is_inside(from, module);
        let mut names = Vec::new();
        for (index, module) in self.reexported(module).into_iter().enumerate() {
            let seen = |named: &Named| inside && index == 0 || named.visibility == Visibility::Public;
            names.extend(self.scope(module).names.iter().filter(|(_, named)| seen(named)).map(|(&name, _)| name));
        }
        names
    }

    /// As messages name it: `the module `geometry.shapes``.
    pub(crate) fn module_name(&self, module: ScopeId) -> String {
        let scope = self.scope(module);
        match scope.path.trim_end_matches('.') {
            "" => format!("the main file {}", self.sources.file(self.files[scope.file].id).name),
            path => format!("the module `{path}`"),
        }
    }

    /// Follows a path through modules: what its first names stand for, and how many of them that were. `first` is what
    /// the first one stands for.
    pub(crate) fn follow(&mut self, first: Decl, path: &[ast::PathSegment], from: ScopeId) -> (Decl, usize) {
        let mut decl = first;
        let mut count = 1;
        while let (Decl::Module(module), Some(segment)) = (decl, path.get(count)) {
            decl = self.member(module, segment.name, from);
            count += 1;
        }
        (decl, count)
    }
}
