package io.millwright.lake;

/// How much lies under a path.
///
/// @param bytes the sum of the files' sizes
/// @param ownBytes what the store would hold less without them: each content once, and only if nothing else has
///     it
public record SpaceReport(long files, long bytes, long ownBytes) {
    public static final SpaceReport NOTHING = new SpaceReport(0, 0, 0);
}
