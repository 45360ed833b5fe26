package io.millwright.lake;

/// One line of a listing.
///
/// @param name the last segment of the path
/// @param sizeBytes 0 for a directory
public record ArtifactInfo(String name, boolean directory, long sizeBytes) {}
