//! Quantities as they are written on the command line: sizes, shares, times, rates. All pure.

use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

/// The most steps of a rate.
const STEPS_MAX: u64 = 100;

/// The most that can be asked for in a second.
const RATE_MAX: u64 = 10_000_000;

/// The most bytes of a body.
const SIZE_MAX: u64 = 1 << 40;

/// A number of bytes: `100`, `10KiB`, `1MB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let factor = match unit.trim_start() {
            "" | "B" => 1,
            "KB" | "kB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return Err(format!("`{text}` is no size; write bytes, such as 100, 10KiB or 1MB")),
        };
        let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
        match bytes {
            Some(bytes) if bytes <= SIZE_MAX => Ok(Self(bytes)),
            Some(_) => Err(format!("`{text}` is more than 1024GiB")),
            None => Err(format!("`{text}` is no size; write bytes, such as 100, 10KiB or 1MB")),
        }
    }
}

/// A label of a proxy: `app=web`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// What it says.
    pub value: String,
}

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self { name: name.into(), value: value.into() }),
            _ => Err(format!("`{text}` is no label; write its name and value, such as app=web")),
        }
    }
}

/// A share of all requests: `1%`, `0.1%`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(f64);

impl Share {
    /// Whether a number drawn from 0 up to 1 falls into the share.
    pub fn holds(self, drawn: f64) -> bool {
        drawn * 100.0 < self.0
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').and_then(|number| number.trim_end().parse::<f64>().ok());
        match number {
            Some(percent) if (0.0..=100.0).contains(&percent) => Ok(Self(percent)),
            _ => Err(format!("`{text}` is no share; write 0% to 100%, such as 0.1%")),
        }
    }
}

/// Reads a time that may be none at all: `0s`, `10ms`.
///
/// # Errors
/// When it is no time, or longer than a day.
pub fn time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time <= Duration::from_secs(86_400) => Ok(time),
        Ok(_) => Err(format!("`{text}` is more than a day")),
        Err(_) => Err(format!("`{text}` is no time; write it with its unit, such as 10ms or 5s")),
    }
}

/// Reads a time longer than nothing.
///
/// # Errors
/// When it is no time, nothing, or longer than a day.
pub fn some_time(text: &str) -> Result<Duration, String> {
    let time = time(text)?;
    if time.is_zero() { Err(format!("`{text}` is no time at all")) } else { Ok(time) }
}

/// A time, or any between two: `10ms`, `5ms..20ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay {
    from: Duration,
    to: Duration,
}

impl Delay {
    /// The time that belongs to a number drawn from 0 up to 1.
    pub fn at(self, drawn: f64) -> Duration {
        self.from + (self.to - self.from).mul_f64(drawn)
    }
}

impl FromStr for Delay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let (from, to) = (time(from)?, time(to)?);
        if from > to {
            return Err(format!("`{text}` runs backwards; the shorter time stands first"));
        }
        Ok(Self { from, to })
    }
}

/// So many bytes in each interval: `10/50ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trickle {
    /// Bytes that are sent at once.
    pub bytes: NonZeroU64,
    /// The time between.
    pub interval: Duration,
}

impl FromStr for Trickle {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (bytes, interval) = text.split_once('/').ok_or_else(|| {
            format!("`{text}` is no trickle; write bytes and the time between, such as 10/50ms")
        })?;
        let Size(bytes) = bytes.parse()?;
        let bytes = NonZeroU64::new(bytes).ok_or_else(|| format!("`{text}` would send nothing"))?;
        Ok(Self { bytes, interval: some_time(interval)? })
    }
}

/// Requests per second: one rate, or one after the other: `5000`, `1000:10000/1000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates(pub Vec<NonZeroU64>);

impl FromStr for Rates {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((from, rest)) = text.split_once(':') else { return Ok(Self(vec![rate(text)?])) };
        let (to, step) = rest.split_once('/').ok_or_else(|| {
            format!("`{text}` is no stepped rate; write from:to/step, such as 1000:10000/1000")
        })?;
        let (from, to, step) = (rate(from)?, rate(to)?, rate(step)?);
        if from > to {
            return Err(format!("`{text}` runs backwards; the lower rate stands first"));
        }
        if (to.get() - from.get()) / step >= STEPS_MAX {
            return Err(format!("`{text}` has more than {STEPS_MAX} steps"));
        }
        let rates = (from.get()..=to.get()).step_by(usize::try_from(step.get()).unwrap_or(usize::MAX));
        Ok(Self(rates.filter_map(NonZeroU64::new).collect()))
    }
}

fn rate(text: &str) -> Result<NonZeroU64, String> {
    let rate = text.parse::<NonZeroU64>().ok().filter(|rate| rate.get() <= RATE_MAX);
    rate.ok_or_else(|| {
        format!("`{text}` is no rate; write whole requests per second, from 1 to {RATE_MAX}, such as 5000")
    })
}

#[cfg(test)]
mod tests;
