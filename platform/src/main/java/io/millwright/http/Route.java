package io.millwright.http;

/// One method on one path.
///
/// @param path literal segments, `{name}` for one segment, `{*name}` at the end for the rest
/// @param summary what it does, for the OpenAPI document
/// @param need what its caller needs at least
public record Route(
        String method, String path, Dialect dialect, BodyKind body, String summary, Need need, Handler handler) {
    /// A route that says nothing needs an administrator.
    public Route(String method, String path, Dialect dialect, BodyKind body, String summary, Handler handler) {
        this(method, path, dialect, body, summary, Need.ADMIN, handler);
    }

    public Route needing(Need other) {
        return new Route(method, path, dialect, body, summary, other, handler);
    }
}
