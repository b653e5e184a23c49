//! The calls of gRPC, by the paths under which a client asks for them and a server answers.

/// The service of delta ADS.
pub const DISCOVERY_SERVICE: &str = "envoy.service.discovery.v3.AggregatedDiscoveryService";

/// A stream of [`Request`](crate::Request)s, answered by a stream of [`Response`](crate::Response)s.
pub const DISCOVERY: &str = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";

/// The service that hears what proxies count.
pub const TELEMETRY_SERVICE: &str = "towpath.v1.TelemetryService";

/// A stream of [`Telemetry`](crate::telemetry::Telemetry), answered by a stream of
/// [`Directive`](crate::telemetry::Directive)s.
pub const TELEMETRY: &str = "/towpath.v1.TelemetryService/Report";
