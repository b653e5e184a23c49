//! `/log`: the level of the process log.

use hyper::StatusCode;
use tracing::level_filters::LevelFilter;

use super::context::Site;
use super::pages::Asked;
use super::reply::Reply;
use crate::observe::process_log::{LEVELS, ProcessLog};

#[cfg(test)]
mod tests;

pub(super) fn page(site: &Site, asked: &Asked) -> Reply {
    let Some(log) = &site.log else {
        return Reply::text(StatusCode::NOT_FOUND, "this process has no log\n");
    };
    if asked.method != "POST" {
        return Reply::text(StatusCode::OK, format!("{}\n", word(log.level())));
    }
    let wanted = asked.query.split('&').find_map(|pair| pair.strip_prefix("level="));
    match LEVELS.iter().find(|(name, _)| Some(*name) == wanted) {
        Some((name, level)) => {
            set(&**log, *level);
            Reply::text(StatusCode::OK, format!("{name}\n"))
        }
        None => {
            let names = LEVELS.map(|(name, _)| name).join(", ");
            let found =
                wanted.map_or("there is no `?level=`".to_owned(), |found| format!("`{found}` is no level"));
            Reply::text(StatusCode::UNPROCESSABLE_ENTITY, format!("{found}: one of {names}\n"))
        }
    }
}

fn word(level: LevelFilter) -> &'static str {
    LEVELS.iter().find(|(_, known)| *known == level).map_or("off", |(name, _)| name)
}

/// Sets the level. Told by the more talkative one of both.
fn set(log: &dyn ProcessLog, level: LevelFilter) {
    let before = log.level();
    if level >= before {
        log.set_level(level);
    }
    if level != before {
        tracing::info!(level = word(level), before = word(before), "the level of the log is another one");
    }
    log.set_level(level);
}
