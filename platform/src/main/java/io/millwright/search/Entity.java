package io.millwright.search;

/// What a filter or an order speaks of: a column of the thing itself, or something attached to it by key.
public enum Entity {
    ATTRIBUTE,
    METRIC,
    PARAM,
    TAG,
    DATASET
}
