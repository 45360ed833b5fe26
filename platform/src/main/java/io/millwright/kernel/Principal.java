package io.millwright.kernel;

/// Who asks. On a loopback-only server everybody is [#LOCAL].
///
/// @param name stable, as it stands in the ledger
public record Principal(String name) {
    public static final Principal LOCAL = new Principal("local");
    /// The process itself: migrations, sealing, garbage collection on a schedule.
    public static final Principal SYSTEM = new Principal("system");

    public Principal {
        if (name.isBlank()) throw new IllegalArgumentException("a principal has a name");
    }
}
