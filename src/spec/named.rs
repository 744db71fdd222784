//! Which stacks the specs of a checkout name.
use std::path::Path;

/// How deep folders are looked through.
const DEPTH: usize = 3;

/// Larger files are no specs.
const MOST: u64 = 1 << 20;

/// Whether a YAML file in this folder, or in one below it, names the stack. What can't be read names none.
pub fn named(folder: &Path, stack: &str) -> bool {
    below(folder, stack, DEPTH)
}

fn below(folder: &Path, stack: &str, depth: usize) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let (path, name) = (entry.path(), entry.file_name());
        let hidden = name.as_encoded_bytes().starts_with(b".");
        let Ok(about) = entry.metadata() else { return false };
        match about.is_dir() {
            true => !hidden && depth > 0 && below(&path, stack, depth - 1),
            false => is_yaml(&path) && about.len() < MOST && std::fs::read_to_string(&path).is_ok_and(|text| names(&text, stack)),
        }
    })
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "yaml" || e == "yml")
}

/// Whether a text has the line `stack: NAME`.
fn names(text: &str, stack: &str) -> bool {
    let values = text.lines().filter_map(|line| line.strip_prefix("stack:"));
    values.map(|value| value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\''])).any(|value| value == stack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_its_own_names_a_stack() {
        for text in ["stack: shop", "# ours\nstack: \"shop\"  # the shop\nregion: us-east-1\n", "stack:   'shop'\r\n"] {
            assert!(names(text, "shop"), "{text}");
        }
        for text in ["stack: shop-eu", "# stack: shop", "  stack: shop", "stack: ${env.INFRA_VAR_STACK}"] {
            assert!(!names(text, "shop"), "{text}");
        }
    }
}
