//! Which file under src/ uses which: read off the imports and the paths in the code, tests aside.
//!
//! An arrow leads to the file that *defines* what is named. So a `pub use` by which a folder's `mod.rs` hands on what its
//! children define is no arrow, unless `mod.rs` uses the name itself; any other `pub use` is one. Calls of methods name no
//! file and draw no arrow, unless the methods are in an `impl` apart from their type. What cannot be followed is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{ImplItem, Item, ItemImpl, ItemMod, ItemUse, Type, Visibility};

#[path = "syntax.rs"]
mod syntax;

use syntax::{Import, flatten, is_cfg_test, is_group, is_punct, is_restriction, is_test, name_of, past_item};

/// A module: the names of its parents and its own.
type Module = Vec<String>;

/// The files under src/, by their paths there, and what each uses.
pub struct Imports {
    pub arrows: BTreeMap<String, BTreeSet<String>>,
    /// What would hide an arrow.
    pub refused: Vec<String>,
}

/// What is known of one file.
#[derive(Default)]
struct Source {
    file: String,
    module: Module,
    /// The module that is being read: the file's own, or one within it.
    within: Module,
    /// Names of what it defines.
    defined: BTreeSet<String>,
    /// What it hands on, and what it brings in for itself.
    handed_on: Vec<Import>,
    brought_in: Vec<Import>,
    /// Modules or types all of whose names it brings in.
    globs: Vec<Vec<String>>,
    /// Paths in its code, and all names in it.
    paths: Vec<Vec<String>>,
    names: BTreeSet<String>,
    /// The methods that it calls, and those that it defines, by their types.
    called: BTreeSet<String>,
    methods: Vec<(Vec<String>, BTreeSet<String>)>,
    /// Children in files of their own that are there only for tests, and files that take the place of a child's.
    tests: Vec<Module>,
    twins: Vec<(Module, String)>,
    refused: Vec<String>,
}

type Sources<'a> = BTreeMap<&'a [String], &'a Source>;

impl Imports {
    /// Reads every file below `root`.
    pub fn of(root: &Path, files: &[std::path::PathBuf]) -> Imports {
        let name = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        Imports::of_texts(files.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())))
    }

    /// Reads files that are given by their paths and texts.
    pub fn of_texts(files: impl Iterator<Item = (String, String)>) -> Imports {
        let mut sources: Vec<Source> = files.map(|(file, text)| Source::read(file, &text)).collect();
        let tests: Vec<Module> = sources.iter().flat_map(|source| source.tests.clone()).collect();
        sources.retain(|source| !tests.iter().any(|test| source.module.starts_with(test)));
        let by_module: Sources<'_> = sources.iter().map(|source| (source.module.as_slice(), source)).collect();
        let mut imports = Imports { arrows: BTreeMap::new(), refused: Vec::new() };
        for source in &sources {
            let (used, refused) = source.uses(&by_module);
            imports.arrows.insert(source.file.clone(), used);
            imports.refused.extend(source.refused.iter().cloned().chain(refused));
        }
        imports.add_calls(&sources, &by_module);
        imports.add_twins(&sources, &by_module);
        imports
    }

    /// Whoever knows a type and calls methods of it that are elsewhere than the type uses the file where they are.
    fn add_calls(&mut self, sources: &[Source], by_module: &Sources<'_>) {
        let mut calls = Vec::new();
        for source in sources {
            for (path, methods) in &source.methods {
                let Some(home) = source.home_of(path, by_module).filter(|home| *home != source.file) else { continue };
                let knows = |other: &Source| other.file == home || self.arrows[&other.file].contains(&home);
                let callers = sources.iter().filter(|other| other.file != source.file && knows(other));
                let callers = callers.filter(|other| !other.called.is_disjoint(methods));
                calls.extend(callers.map(|other| (other.file.clone(), source.file.clone())));
            }
        }
        for (caller, file) in calls {
            self.arrows.get_mut(&caller).unwrap().insert(file);
        }
    }

    /// Whoever uses a file uses what a `#[path]` puts in its place.
    fn add_twins(&mut self, sources: &[Source], by_module: &Sources<'_>) {
        for (module, twin) in sources.iter().flat_map(|source| &source.twins) {
            let Some(child) = by_module.get(module.as_slice()) else { continue };
            for (_, uses) in self.arrows.iter_mut().filter(|(file, _)| *file != twin) {
                if uses.contains(&child.file) {
                    uses.insert(twin.clone());
                }
            }
        }
    }

    /// A circle of files that use each other, if there is one: the shortest through the first file that is in one.
    pub fn circle(&self) -> Option<Vec<&str>> {
        self.arrows.keys().find_map(|file| self.shortest_way_back(file))
    }

    fn shortest_way_back<'a>(&'a self, start: &'a str) -> Option<Vec<&'a str>> {
        let mut ways: Vec<Vec<&str>> = vec![vec![start]];
        let mut seen = BTreeSet::new();
        while !ways.is_empty() {
            let mut longer = Vec::new();
            for way in ways {
                for next in &self.arrows[*way.last()?] {
                    let further = [way.as_slice(), &[next.as_str()]].concat();
                    if next == start {
                        return Some(further);
                    }
                    if seen.insert(next) {
                        longer.push(further);
                    }
                }
            }
            ways = longer;
        }
        None
    }

    /// Which rooms each room uses; a room is a folder of src/, or a file there.
    pub fn between_rooms(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut rooms: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (file, uses) in &self.arrows {
            let uses = uses.iter().map(|used| room(used)).filter(|used| *used != room(file));
            rooms.entry(room(file)).or_default().extend(uses);
        }
        rooms
    }
}

/// The room of a file.
pub fn room(file: &str) -> &str {
    file.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

impl Source {
    fn read(file: String, text: &str) -> Source {
        let mut module: Module = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| last == "mod" || last == "lib") {
            module.pop();
        }
        let mut source = Source { file, within: module.clone(), module, ..Source::default() };
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", source.file));
        parsed.items.into_iter().for_each(|item| source.take(item));
        source
    }

    fn refuse(&mut self, what: &str) {
        self.refused.push(format!("{}: {what}", self.file));
    }

    fn take(&mut self, item: Item) {
        let is_test = is_test(item.to_token_stream());
        match item {
            Item::Mod(item) if item.content.is_none() => self.take_child(&item, is_test),
            _ if is_test => {}
            Item::Use(item) => self.take_use(&item),
            // A module within the file is a part of it.
            Item::Mod(item) => {
                self.define(item.ident.to_string());
                self.within.push(item.ident.to_string());
                item.content.into_iter().flat_map(|(_, items)| items).for_each(|item| self.take(item));
                self.within.pop();
            }
            Item::ExternCrate(_) => self.refuse("`extern crate`, which may name this crate anew"),
            item => {
                if let Some(name) = name_of(&item) {
                    self.define(name);
                }
                if let Item::Impl(item) = &item {
                    self.take_methods(item);
                }
                self.scan(item.to_token_stream());
            }
        }
    }

    fn define(&mut self, name: String) {
        if self.within == self.module {
            self.defined.insert(name);
        }
    }

    fn take_child(&mut self, item: &ItemMod, is_test: bool) {
        if self.within != self.module {
            self.refuse("a module within it has a child in a file of its own");
        }
        let child = [self.module.as_slice(), &[item.ident.to_string()]].concat();
        for attribute in &item.attrs {
            let words: Vec<String> =
                attribute.meta.to_token_stream().into_iter().map(|word| word.to_string()).collect();
            let folder = self.file.rsplit_once('/').map_or("", |(folder, _)| folder);
            match words.as_slice() {
                [path, _, file] if path == "path" && !file.contains('/') => {
                    self.twins.push((child.clone(), format!("{folder}/{}", file.trim_matches('"'))));
                }
                words if words[0] == "path" || words[0] == "cfg_attr" => {
                    self.refuse("a `#[path]` that leads to another folder, or only sometimes");
                }
                _ => {}
            }
        }
        if is_test {
            self.tests.push(child);
        }
    }

    fn take_use(&mut self, item: &ItemUse) {
        let (mut imports, mut globs) = (Vec::new(), Vec::new());
        flatten(&item.tree, &mut Vec::new(), &mut imports, &mut globs);
        let imports = imports.into_iter().map(|(name, path)| (name, self.absolute(&path))).collect::<Vec<_>>();
        let globs: Vec<_> = globs.iter().map(|path| self.absolute(path)).collect();
        self.globs.extend(globs);
        let is_own = matches!(item.vis, Visibility::Inherited) || self.within != self.module;
        if is_own { self.brought_in.extend(imports) } else { self.handed_on.extend(imports) }
    }

    fn take_methods(&mut self, item: &ItemImpl) {
        let (None, Type::Path(of)) = (&item.trait_, &*item.self_ty) else { return };
        let path: Vec<String> = of.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let methods = item.items.iter().filter_map(|item| match item {
            ImplItem::Fn(item) => Some(item.sig.ident.to_string()),
            ImplItem::Const(item) => Some(item.ident.to_string()),
            _ => None,
        });
        self.methods.push((self.absolute(&path), methods.collect()));
    }

    /// A path from the crate's root, if it says where it begins.
    fn absolute(&self, path: &[String]) -> Vec<String> {
        let plain = |name: &String| name.trim_start_matches("r#").to_owned();
        let steps = path.iter().take_while(|name| *name == "self" || *name == "super").count();
        let ups = path.iter().take(steps).filter(|name| *name == "super").count();
        let rest = path.iter().skip(steps).map(plain);
        if steps == 0 {
            return rest.collect();
        }
        let base = self.within.iter().take(self.within.len().saturating_sub(ups)).cloned();
        std::iter::once("crate".to_owned()).chain(base).chain(rest).collect()
    }

    /// Takes in the names and paths of code, and the imports in it.
    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut path: Vec<String> = Vec::new();
        let (mut at, mut colons, mut is_after_dot) = (0, 0, false);
        while let Some(token) = tokens.get(at) {
            at += 1;
            let next = tokens.get(at);
            let is_before_call = next.is_some_and(|next| is_group(next, Delimiter::Parenthesis) || is_punct(next, ':'));
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    let is_of_type = path.last().is_some_and(|last| last.starts_with(char::is_uppercase));
                    if colons != 2 {
                        self.end(&mut path);
                    }
                    if (is_after_dot && is_before_call) || (colons == 2 && is_of_type) {
                        self.called.insert(name.clone());
                    }
                    if name == "include" && next.is_some_and(|next| is_punct(next, '!')) {
                        self.refuse("`include!`");
                    }
                    if name == "pub" && next.is_some_and(is_restriction) {
                        at += 1;
                    }
                    if name == "use" {
                        let statement = tokens[at - 1..].split_inclusive(|token| is_punct(token, ';')).next().unwrap();
                        if let Ok(item) = syn::parse2(statement.iter().cloned().collect()) {
                            self.take_use(&item);
                            at += statement.len() - 1;
                        }
                    } else {
                        self.names.insert(name.clone());
                        path.push(name);
                    }
                }
                TokenTree::Group(group) => {
                    self.end(&mut path);
                    self.scan(group.stream());
                }
                TokenTree::Punct(punct) => {
                    let is_of_ours = path.first().is_some_and(|first| ["crate", "self", "super"].contains(&&**first));
                    if punct.as_char() == '$' && colons == 2 && is_of_ours {
                        self.refuse("a macro that is told what to name by a path of this crate");
                    }
                    self.end(&mut path);
                    if punct.as_char() == '#' && next.is_some_and(is_cfg_test) {
                        at = past_item(&tokens, at + 1);
                    }
                }
                TokenTree::Literal(_) => self.end(&mut path),
            }
            colons = 0;
            is_after_dot = is_punct(token, '.');
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Vec<String>) {
        if path.len() > 1 {
            self.paths.push(self.absolute(path));
        }
        path.clear();
    }

    /// The files that define what this one uses, and what is refused of it.
    fn uses(&self, by_module: &Sources<'_>) -> (BTreeSet<String>, Vec<String>) {
        let (mut used, mut refused) = (BTreeSet::new(), Vec::new());
        let is_of_another_room = |file: &String| room(file) != room(&self.file);
        // Modules by the names that imports give them. A name may stand for several, each in its own block.
        let mut modules: BTreeSet<(&str, Module)> = BTreeSet::new();
        for _ in 0..4 {
            for (name, path) in self.brought_in.iter().chain(&self.handed_on) {
                let paths = self.spelled_out(path, &modules);
                let found = paths.iter().filter_map(|path| self.resolve(path, by_module, 0)?.module);
                let found: Vec<Module> = found.collect();
                modules.extend(found.into_iter().map(|module| (name.as_str(), module)));
            }
        }
        let targets = |path: &[String]| {
            let paths = self.spelled_out(path, &modules);
            paths.into_iter().filter_map(|path| self.resolve(&path, by_module, 0)).collect::<Vec<_>>()
        };
        for target in self.brought_in.iter().flat_map(|(_, path)| targets(path)) {
            // What is used of a module shows where it is used.
            let names_more = target.names_more;
            used.extend(target.files.into_iter().filter(|file| names_more || is_of_another_room(file)));
        }
        for (name, path) in &self.handed_on {
            for target in targets(path) {
                let is_child = |file: &String| {
                    by_module.values().any(|source| source.file == *file && source.module.starts_with(&self.module))
                };
                let is_used = self.names.contains(name) && target.names_more;
                used.extend(target.files.into_iter().filter(|file| is_used || !is_child(file)));
            }
        }
        for path in &self.globs {
            for target in targets(path) {
                if target.module.is_some() {
                    refused.push(format!("{}: `use {}::*`, which names nothing", self.file, path.join("::")));
                }
                used.extend(target.files);
            }
        }
        used.extend(self.paths.iter().flat_map(|path| targets(path)).flat_map(|target| target.files));
        used.remove(&self.file);
        (used, refused)
    }

    /// A path, and the paths that it may stand for if it begins with a module that an import brought in.
    fn spelled_out(&self, path: &[String], modules: &BTreeSet<(&str, Module)>) -> Vec<Vec<String>> {
        let heads = modules.iter().filter(|(name, _)| path.first().is_some_and(|first| first == name));
        let spelled = heads.map(|(_, module)| [&["crate".to_owned()], module.as_slice(), &path[1..]].concat());
        spelled.chain([path.to_vec()]).collect()
    }

    /// The file that defines a type which is named here.
    fn home_of(&self, path: &[String], by_module: &Sources<'_>) -> Option<String> {
        if let [name] = path {
            let mut imports = self.brought_in.iter().chain(&self.handed_on);
            let (_, path) = imports.find(|(imported, _)| imported == name)?;
            return self.resolve(path, by_module, 0)?.files.into_iter().next();
        }
        self.resolve(path, by_module, 0)?.files.into_iter().next()
    }

    fn resolve(&self, path: &[String], by_module: &Sources<'_>, depth: usize) -> Option<Target> {
        let mut rest = path;
        let mut at = match path.first()?.as_str() {
            "crate" | "ekv_roundtrip" => {
                rest = &rest[1..];
                Vec::new()
            }
            first => {
                let child = [self.module.as_slice(), &[first.to_owned()]].concat();
                by_module.contains_key(child.as_slice()).then(|| self.module.clone())?
            }
        };
        while let Some(next) = rest.first() {
            let child = [at.as_slice(), std::slice::from_ref(next)].concat();
            if !by_module.contains_key(child.as_slice()) {
                break;
            }
            at = child;
            rest = &rest[1..];
        }
        let source = by_module.get(at.as_slice());
        let Some(name) = rest.first() else {
            // A function may have the name of the module that it is in: `pub use read::read`.
            let parent = at.split_last().and_then(|(name, parent)| Some((name, by_module.get(parent)?)));
            let of_parent = parent.and_then(|(name, parent)| {
                let (_, path) = parent.handed_on.iter().find(|(handed_on, _)| handed_on == name)?;
                Some((*parent, path.as_slice())).filter(|_| depth < 16)
            });
            let same_name = of_parent.and_then(|(parent, path)| parent.resolve(path, by_module, depth + 1));
            let names_more = same_name.is_some();
            let files = source.map(|source| source.file.clone()).into_iter();
            let files = files.chain(same_name.into_iter().flat_map(|target| target.files)).collect();
            return Some(Target { module: Some(at), names_more, files });
        };
        let source = source?;
        let handed_on = source.handed_on.iter().find(|(handed_on, _)| handed_on == name);
        // A name that is handed on may itself be handed on; sixteen times is enough for any that ends.
        let handed_on = handed_on.filter(|_| depth < 16 && !source.defined.contains(name));
        let further = handed_on.map(|(_, path)| [path.as_slice(), &rest[1..]].concat());
        let Some(mut found) = further.and_then(|path| source.resolve(&path, by_module, depth + 1)) else {
            return Some(Target { module: None, names_more: true, files: vec![source.file.clone()] });
        };
        // Who goes through another room for it uses that room, too.
        let is_in_passing = |file: &String| room(file) == room(&source.file);
        if room(&source.file) != room(&self.file) && !found.files.iter().any(is_in_passing) {
            found.files.push(source.file.clone());
        }
        Some(found)
    }
}

/// What a path names: a whole module, or something in a file. The first of the files defines it.
struct Target {
    module: Option<Module>,
    /// Whether it names something besides a module.
    names_more: bool,
    files: Vec<String>,
}
