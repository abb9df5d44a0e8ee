//! Which file under src/ uses which: read off the imports and the paths in the code, tests aside.
//!
//! An arrow leads to the file that *defines* what is named. So a `pub use` by which a folder's `mod.rs` hands on what its
//! children define is no arrow, unless `mod.rs` uses the name itself. Calls of methods name no file and draw none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Item, UseTree, Visibility};

/// A module: the names of its parents and its own.
type Module = Vec<String>;

/// A name that an import brings in, and the path that it stands for.
type Import = (String, Vec<String>);

/// The files under src/, by their paths there, and what each uses.
pub struct Imports {
    pub arrows: BTreeMap<String, BTreeSet<String>>,
}

/// What is known of one file.
struct Source {
    file: String,
    module: Module,
    /// Names of what it defines.
    defined: BTreeSet<String>,
    /// What it hands on, and what it brings in for itself.
    handed_on: Vec<Import>,
    brought_in: Vec<Import>,
    /// Modules all of whose names it hands on.
    globs: Vec<Vec<String>>,
    /// Paths in its code, and all names in it.
    paths: Vec<Vec<String>>,
    names: BTreeSet<String>,
}

impl Imports {
    /// Reads every file below `root`.
    pub fn of(root: &Path, files: &[std::path::PathBuf]) -> Imports {
        let sources: Vec<Source> = files.iter().map(|path| Source::read(root, path)).collect();
        let by_module: BTreeMap<&[String], &Source> =
            sources.iter().map(|source| (source.module.as_slice(), source)).collect();
        let arrows = sources.iter().map(|source| (source.file.clone(), source.uses(&by_module))).collect();
        Imports { arrows }
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
    fn read(root: &Path, path: &Path) -> Source {
        let file = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let mut module: Module = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| last == "mod" || last == "lib") {
            module.pop();
        }
        let mut source = Source {
            file,
            module,
            defined: BTreeSet::new(),
            handed_on: Vec::new(),
            brought_in: Vec::new(),
            globs: Vec::new(),
            paths: Vec::new(),
            names: BTreeSet::new(),
        };
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", source.file));
        parsed.items.into_iter().for_each(|item| source.take(item));
        source
    }

    fn take(&mut self, item: Item) {
        if is_test(&item) {
            return;
        }
        match item {
            Item::Use(item) => {
                let is_private = matches!(item.vis, Visibility::Inherited);
                let (mut imports, mut globs) = (Vec::new(), Vec::new());
                flatten(&item.tree, &mut Vec::new(), &mut imports, &mut globs);
                if is_private {
                    self.brought_in.extend(imports);
                    self.paths.extend(globs);
                } else {
                    self.handed_on.extend(imports);
                    self.globs.extend(globs);
                }
            }
            // A child in a file of its own.
            Item::Mod(item) if item.content.is_none() => {}
            // A module within the file is a part of it, and what it brings in from its parent is the file's own.
            Item::Mod(item) => {
                self.defined.insert(item.ident.to_string());
                for item in item.content.map(|(_, items)| items).unwrap_or_default() {
                    if !matches!(item, Item::Use(_)) {
                        self.scan(item.to_token_stream());
                    }
                }
            }
            item => {
                self.defined.extend(name_of(&item));
                self.scan(item.to_token_stream());
            }
        }
    }

    /// Takes in the names and paths of code.
    fn scan(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let end = |path: &mut Vec<String>, paths: &mut Vec<Vec<String>>| {
            if path.len() > 1 {
                paths.push(path.clone());
            }
            path.clear();
        };
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        end(&mut path, &mut self.paths);
                    }
                    self.names.insert(ident.to_string());
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    end(&mut path, &mut self.paths);
                    self.scan(group.stream());
                    colons = 0;
                }
                _ => {
                    end(&mut path, &mut self.paths);
                    colons = 0;
                }
            }
        }
        end(&mut path, &mut self.paths);
    }

    /// The files that define what this one uses.
    fn uses(&self, by_module: &BTreeMap<&[String], &Source>) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        let mut modules: BTreeMap<&str, Module> = BTreeMap::new();
        let own_use = self.handed_on.iter().filter(|(name, _)| self.names.contains(name));
        for (name, path) in self.brought_in.iter().chain(own_use) {
            match self.resolve(path, by_module, 0) {
                Some(Target::Module(module)) => drop(modules.insert(name, module)),
                Some(Target::File(file)) => drop(used.insert(file)),
                None => {}
            }
        }
        for path in &self.paths {
            // What begins with a module that was brought in by name.
            let head = modules.get(path[0].as_str()).map(|module| [&["crate".to_owned()], module.as_slice()].concat());
            let path = [head.unwrap_or_else(|| vec![path[0].clone()]).as_slice(), &path[1..]].concat();
            if let Some(Target::File(file)) = self.resolve(&path, by_module, 0) {
                used.insert(file);
            }
        }
        used.remove(&self.file);
        used
    }

    fn resolve(&self, path: &[String], by_module: &BTreeMap<&[String], &Source>, depth: usize) -> Option<Target> {
        let mut rest = path;
        let mut at = match path.first()?.as_str() {
            "crate" | "ekv_roundtrip" => {
                rest = &rest[1..];
                Vec::new()
            }
            "self" | "super" => {
                let mut at = self.module.clone();
                while let Some(first) = rest.first().filter(|first| *first == "self" || *first == "super") {
                    if first == "super" {
                        at.pop();
                    }
                    rest = &rest[1..];
                }
                at
            }
            first => {
                let child = [self.module.as_slice(), &[first.to_owned()]].concat();
                by_module.contains_key(child.as_slice()).then(|| self.module.clone())?
            }
        };
        loop {
            let Some(next) = rest.first() else { return Some(Target::Module(at)) };
            let child = [at.as_slice(), std::slice::from_ref(next)].concat();
            if !by_module.contains_key(child.as_slice()) {
                break;
            }
            at = child;
            rest = &rest[1..];
        }
        let source = by_module.get(at.as_slice())?;
        let handed_on = source.handed_on.iter().find(|(name, _)| *name == rest[0]);
        let globs = source.globs.iter().map(|glob| [glob.as_slice(), rest].concat());
        let further = handed_on.map(|(_, path)| [path.as_slice(), &rest[1..]].concat()).into_iter().chain(globs);
        // A name that is handed on may itself be handed on; sixteen times is enough for any that ends.
        let found = (depth < 16 && !source.defined.contains(&rest[0]))
            .then(|| further.filter_map(|path| source.resolve(&path, by_module, depth + 1)).next());
        Some(found.flatten().unwrap_or_else(|| Target::File(source.file.clone())))
    }
}

/// What a path names: a whole module, or something in a file.
enum Target {
    Module(Module),
    File(String),
}

fn flatten(tree: &UseTree, before: &mut Vec<String>, imports: &mut Vec<Import>, globs: &mut Vec<Vec<String>>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, imports, globs);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            imports.push((before.last().cloned().unwrap_or_default(), before.clone()));
        }
        UseTree::Name(name) => {
            imports.push((name.ident.to_string(), [before.as_slice(), &[name.ident.to_string()]].concat()));
        }
        UseTree::Rename(rename) => {
            imports.push((rename.rename.to_string(), [before.as_slice(), &[rename.ident.to_string()]].concat()));
        }
        UseTree::Glob(_) => globs.push(before.clone()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, imports, globs)),
    }
}

fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        _ => return false,
    };
    let is_cfg_test = |attribute: &syn::Attribute| {
        attribute.path().is_ident("cfg") && attribute.meta.to_token_stream().to_string().replace(' ', "") == "cfg(test)"
    };
    attributes.iter().any(is_cfg_test)
}

fn name_of(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        _ => return None,
    })
}
