//! `proxy.access_log`.

use std::time::Duration;

use crate::language::{OneOrMany, document};
use crate::model::{LogField, LogPlace, LogReason, LogTemplate, Percent, StatusRange};
use crate::values::{LogStyle, default_log_fields};

document! {
    /// An access log: a line for each request, written when it has ended.
    pub(crate) struct AccessLogDoc as "an access log such as `stdout` or `{to: /var/log/towpath/access.log}`" {
        /// `stdout`, `stderr`, a file with its whole path, or `unix:/run/collector.sock` for lines over a connection.
        to: LogPlace; required,
        /// `json`: an object of `fields` on each line. `short`: a few values for people who watch.
        format: LogStyle = LogStyle::Json,
        /// The values of a JSON line, in this order.
        fields: OneOrMany<LogField> = OneOrMany::built_in(default_log_fields()),
        /// A line of text instead, with the same values as `%{…}`.
        template: LogTemplate,
        /// Only requests for which this holds, or any of a list.
        when: OneOrMany<LogConditionDoc>,
    }
}

document! {
    /// What a request has to be like: all of these keys hold.
    pub(crate) struct LogConditionDoc as "a map such as `{status: 5xx}`" {
        /// One of these statuses, or of these classes: `404`, `5xx`.
        status: OneOrMany<StatusRange>,
        /// The proxy answered by itself, or broke the answer off, for one of these reasons; `present` for any.
        reason: OneOrMany<LogReason>,
        /// It took longer than this.
        slower_than: Duration,
        /// So many of all, drawn by the trace, or else by the request's id: every proxy on the way draws the same.
        sample: Percent,
    }
}
