package io.millwright.tracking;

/// Whether deleted things are seen.
public enum ViewType {
    ACTIVE_ONLY,
    DELETED_ONLY,
    ALL
}
