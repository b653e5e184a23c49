//! Which control server, and as whom.

use std::fs;
use std::path::PathBuf;

use crate::environment;
use crate::failure::BadInput;

/// Which control server is asked, and as whom.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Control server")]
pub struct Server {
    /// Address of its API
    #[arg(long, value_name = "HOST:PORT", env = "TOWPATH_CONTROL", default_value = "127.0.0.1:15010")]
    pub control: String,
    /// File that holds the token; without it, the environment variable TOWPATH_TOKEN
    #[arg(long, value_name = "FILE", env = "TOWPATH_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// The namespace; all that the token may see, or `default` where one is wanted
    #[arg(long, value_name = "NAME", env = "TOWPATH_NAMESPACE")]
    pub namespace: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

impl Server {
    /// The server at this address.
    pub fn new(control: String, token_file: Option<PathBuf>, namespace: Option<String>) -> Self {
        Self { control, token_file, namespace, json: false }
    }

    /// The namespace, where one is wanted.
    pub fn one_namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or("default")
    }

    /// The token, where there is one.
    ///
    /// # Errors
    /// The file cannot be read, or holds what cannot be one.
    pub(super) fn token(&self) -> Result<Option<String>, BadInput> {
        let (text, place) = match &self.token_file {
            None => (environment::variable("TOWPATH_TOKEN"), "TOWPATH_TOKEN".to_owned()),
            Some(path) => {
                let text = fs::read_to_string(path).map_err(|reason| {
                    BadInput(format!("error: cannot read the token in {}: {reason}", path.display()))
                })?;
                (Some(text), path.display().to_string())
            }
        };
        let Some(token) = text.map(|text| text.trim().to_owned()) else { return Ok(None) };
        if token.is_empty() || !token.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(BadInput(format!(
                "error: {place} holds no token: one line without spaces is wanted"
            )));
        }
        Ok(Some(token))
    }
}
