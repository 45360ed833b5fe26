package io.millwright.http;

/// One method on one path.
///
/// @param path literal segments, `{name}` for one segment, `{*name}` at the end for the rest
/// @param summary what it does, for the OpenAPI document
public record Route(String method, String path, Dialect dialect, BodyKind body, String summary, Handler handler) {}
