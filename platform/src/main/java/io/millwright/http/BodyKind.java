package io.millwright.http;

/// How a route takes its body.
public enum BodyKind {
    /// No body is read.
    NONE,
    /// Collected before the handler runs, capped by `server.max-body-size`.
    JSON,
    /// Handed over as it arrives, capped by `server.max-upload-size`.
    STREAM,
    /// One message of gRPC, collected and unpacked as JSON is.
    MESSAGE
}
