//! The terminal: a screen of its own, keys without Enter, and everything as it was afterwards.

use std::io::{self, Read, Write};
use std::thread;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::sync::mpsc;

use super::view::{Tone, Toned};
use crate::output;

/// Keys that wait to be read; who types faster is not followed.
const KEYS_MAX: usize = 16;

/// A terminal whose screen is drawn on. It is given back when dropped.
#[derive(Debug)]
pub(super) struct Screen {
    before: Termios,
    coloured: bool,
}

impl Screen {
    /// Takes the terminal that stdin and stdout are.
    ///
    /// # Errors
    /// They are none.
    pub(super) fn take() -> io::Result<(Self, mpsc::Receiver<u8>)> {
        let before = tcgetattr(io::stdin())?;
        let mut wanted = before.clone();
        wanted.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG);
        tcsetattr(io::stdin(), OptionalActions::Now, &wanted)?;
        let screen = Self { before, coloured: output::coloured(&io::stdout()) };
        // another screen, and no cursor on it
        write("\x1b[?1049h\x1b[?25l")?;
        Ok((screen, keys()?))
    }

    /// Draws over what was there.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn draw(&self, lines: &[Toned], foot: &str) -> io::Result<()> {
        let size = tcgetwinsize(io::stdout())?;
        let (rows, columns) = (usize::from(size.ws_row.max(2)), usize::from(size.ws_col.max(1)));
        let mut text = String::from("\x1b[H");
        for (tone, line) in lines.iter().take(rows - 1) {
            let line: String = line.chars().take(columns).collect();
            let (on, off) = if self.coloured { codes(*tone) } else { ("", "") };
            text.push_str(&format!("{on}{line}{off}\x1b[K\r\n"));
        }
        let left = lines.len().saturating_sub(rows - 1);
        let more = if left > 0 { format!("{left} more lines   ") } else { String::new() };
        let foot: String = more.chars().chain(foot.chars()).take(columns).collect();
        write(&format!("{text}{foot}\x1b[K\x1b[J"))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // a terminal that is gone wants nothing back
        let _ = write("\x1b[?25h\x1b[?1049l");
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}

/// SGR codes (ECMA-48 §8.3.117) before and behind a line.
fn codes(tone: Tone) -> (&'static str, &'static str) {
    match tone {
        Tone::Plain => ("", ""),
        Tone::Heading => ("\x1b[1m", "\x1b[0m"),
        Tone::Idle => ("\x1b[2m", "\x1b[0m"),
        Tone::Bad => ("\x1b[31m", "\x1b[0m"),
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// What is typed; read on a thread of its own, which ends with the process.
fn keys() -> io::Result<mpsc::Receiver<u8>> {
    let (sender, receiver) = mpsc::channel(KEYS_MAX);
    let read = move || {
        for key in io::stdin().lock().bytes().map_while(Result::ok) {
            if sender.blocking_send(key).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("keys".into()).spawn(read)?;
    Ok(receiver)
}
