package io.millwright.kernel;

/// What a principal may do with an entity, or with everything below it. A role is a set of these.
public enum Right {
    /// See it, find it, download it.
    READ,
    /// Create and change it, apart from what has a right of its own below.
    WRITE,
    /// Set, move and delete aliases.
    ALIAS,
    /// Write assessments of traces.
    ASSESS,
    /// Decide promotions.
    APPROVE,
    /// Read the audit trail.
    AUDIT,
    /// Delete and restore it, set its policy, grant rights on it.
    MANAGE,
    /// What belongs to no single entity: users, groups, other people's tokens, the server.
    ADMIN
}
