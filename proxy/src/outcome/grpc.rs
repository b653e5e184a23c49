//! How a call of gRPC ends: one table of codes and names (grpc/grpc doc/statuscodes.md).

use std::fmt;

#[cfg(test)]
mod tests;

macro_rules! statuses {
    ($($name:ident = $code:literal, $text:literal;)*) => {
        /// The status of a call of gRPC.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "grpc/grpc doc/statuscodes.md has them")]
        pub enum GrpcStatus { $($name = $code),* }

        impl GrpcStatus {
            /// Every status; its code is its position.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in metrics and logs.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

statuses! {
    Ok = 0, "OK";
    Cancelled = 1, "CANCELLED";
    Unknown = 2, "UNKNOWN";
    InvalidArgument = 3, "INVALID_ARGUMENT";
    DeadlineExceeded = 4, "DEADLINE_EXCEEDED";
    NotFound = 5, "NOT_FOUND";
    AlreadyExists = 6, "ALREADY_EXISTS";
    PermissionDenied = 7, "PERMISSION_DENIED";
    ResourceExhausted = 8, "RESOURCE_EXHAUSTED";
    FailedPrecondition = 9, "FAILED_PRECONDITION";
    Aborted = 10, "ABORTED";
    OutOfRange = 11, "OUT_OF_RANGE";
    Unimplemented = 12, "UNIMPLEMENTED";
    Internal = 13, "INTERNAL";
    Unavailable = 14, "UNAVAILABLE";
    DataLoss = 15, "DATA_LOSS";
    Unauthenticated = 16, "UNAUTHENTICATED";
}

impl GrpcStatus {
    /// The status of this code; what is no code of gRPC is `UNKNOWN`.
    #[must_use]
    pub fn of_code(code: u8) -> Self {
        Self::ALL.get(usize::from(code)).copied().unwrap_or(Self::Unknown)
    }

    /// What an answer without a status of its own means to a client of gRPC (grpc/grpc
    /// doc/http-grpc-status-mapping.md). 200 is no success either: that would have said so.
    #[must_use]
    pub fn of_http(status: u16) -> Self {
        match status {
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502..=504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    /// Whether the called side failed, as it does with 5xx: what OpenTelemetry takes for an error of a server (semantic
    /// conventions of gRPC), but `UNIMPLEMENTED`, which a caller brings about as it does 404.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Unknown | Self::DeadlineExceeded | Self::Internal | Self::Unavailable | Self::DataLoss
        )
    }

    /// The code, as `grpc-status` has it.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for GrpcStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
