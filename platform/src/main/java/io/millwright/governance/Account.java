package io.millwright.governance;

import java.time.Instant;

/// A user or a service account.
///
/// @param no of its row; MLflow's clients call it the id
public record Account(long no, Subject subject, boolean hasPassword, Instant createdAt) {
    public String name() {
        return subject.name();
    }
}
