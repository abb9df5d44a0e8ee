//! What the reading of imports has to know of Rust's syntax.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Item, UseTree};

/// A name that an import brings in, and the path that it stands for.
pub type Import = (String, Vec<String>);

/// Takes an import apart into names, and into modules or types all of whose names it brings in.
pub fn flatten(tree: &UseTree, before: &mut Vec<String>, imports: &mut Vec<Import>, globs: &mut Vec<Vec<String>>) {
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
        UseTree::Rename(rename) if rename.ident == "self" => imports.push((rename.rename.to_string(), before.clone())),
        UseTree::Rename(rename) => {
            imports.push((rename.rename.to_string(), [before.as_slice(), &[rename.ident.to_string()]].concat()));
        }
        UseTree::Glob(_) => globs.push(before.clone()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, imports, globs)),
    }
}

pub fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

pub fn is_group(token: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}

pub fn is_cfg_test(token: &TokenTree) -> bool {
    is_group(token, Delimiter::Bracket) && token.to_string().replace(' ', "") == "[cfg(test)]"
}

/// Whether this, after `pub`, says for whom.
pub fn is_restriction(token: &TokenTree) -> bool {
    let words = ["crate", "self", "super", "in"];
    let TokenTree::Group(group) = token else { return false };
    let first = group.stream().into_iter().next().map(|first| first.to_string()).unwrap_or_default();
    is_group(token, Delimiter::Parenthesis) && words.contains(&first.as_str())
}

/// Whether an item is there only for tests.
pub fn is_test(item: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = item.into_iter().collect();
    let attributes = tokens.chunks(2).take_while(|pair| is_punct(&pair[0], '#'));
    attributes.into_iter().any(|pair| pair.get(1).is_some_and(is_cfg_test))
}

/// Where the item ends that goes on here.
pub fn past_item(tokens: &[TokenTree], start: usize) -> usize {
    let mut is_import = false;
    let ends = |(_, token): &(usize, &TokenTree)| {
        is_import |= token.to_string() == "use";
        is_punct(token, ';') || is_punct(token, ',') || (is_group(token, Delimiter::Brace) && !is_import)
    };
    tokens.iter().enumerate().skip(start).find(ends).map_or(tokens.len(), |(at, _)| at + 1)
}

/// The name of what an item defines.
pub fn name_of(item: &Item) -> Option<String> {
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
