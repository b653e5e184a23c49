//! `${NAME}` and `${NAME:-default}`, put into a scalar after the document was parsed, so that a variable can never
//! change the structure of a document. `$${` is a plain `${`.

use std::borrow::Cow;

/// Gives the value of a variable; `None` where variables are not replaced.
pub(crate) type Environment<'a> = Option<&'a dyn Fn(&str) -> Option<String>>;

/// Puts the environment into a text.
///
/// # Errors
/// Says what is wrong and what would be right.
pub(crate) fn substitute<'a>(
    text: &'a str,
    environment: Environment<'_>,
) -> Result<Cow<'a, str>, (String, String)> {
    if !text.contains("${") {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(position) = rest.find('$') {
        let (plain, tail) = rest.split_at(position);
        out.push_str(plain);
        if let Some(after) = tail.strip_prefix("$${") {
            out.push_str("${");
            rest = after;
        } else if let Some(after) = tail.strip_prefix("${") {
            let Some((variable, after)) = after.split_once('}') else {
                return Err((
                    "`${` is never closed".into(),
                    "write `${NAME}`, `${NAME:-default}`, or `$${` for the plain characters".into(),
                ));
            };
            out.push_str(&value_of(variable, environment)?);
            rest = after;
        } else {
            out.push('$');
            rest = tail.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

fn value_of<'a>(variable: &'a str, environment: Environment<'_>) -> Result<Cow<'a, str>, (String, String)> {
    // a tenant of a fleet must not read what the environment of a proxy holds
    let Some(environment) = environment else {
        return Err((
            "variables are not replaced in documents of a fleet".into(),
            "write the value itself, or `$${` for the plain characters".into(),
        ));
    };
    let (name, default) = match variable.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (variable, None),
    };
    let named = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|each| each.is_ascii_alphanumeric() || each == '_');
    if !named {
        return Err((
            format!("`{name}` is not the name of a variable"),
            "a variable's name has letters, digits and `_`; `$${` stands for a plain `${`".into(),
        ));
    }
    // as in a shell, `:-` also replaces a variable that is set but empty
    match (environment(name), default) {
        (Some(value), Some(default)) if value.is_empty() => Ok(Cow::Borrowed(default)),
        (Some(value), _) => Ok(Cow::Owned(value)),
        (None, Some(default)) => Ok(Cow::Borrowed(default)),
        (None, None) => Err((
            format!("the variable `{name}` is not set"),
            format!("set it, or give a default: `${{{name}:-default}}`"),
        )),
    }
}

/// The text whose substitution is `text`.
pub(crate) fn escape(text: &str) -> String {
    text.replace("${", "$${")
}

#[cfg(test)]
mod tests;
