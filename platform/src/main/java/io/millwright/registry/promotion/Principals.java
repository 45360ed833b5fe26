package io.millwright.registry.promotion;

import java.util.Optional;
import java.util.Set;

/// Who there is, as far as a policy must know.
public interface Principals {
    /// In open local mode: everybody exists, and nobody knows who is in which group.
    Principals EVERYBODY = new Principals() {
        @Override
        public boolean exists(String principal) {
            return true;
        }

        @Override
        public boolean groupExists(String group) {
            return true;
        }

        @Override
        public Optional<Set<String>> members(String group) {
            return Optional.empty();
        }
    };

    /// @param principal a user or a service account
    boolean exists(String principal);

    boolean groupExists(String group);

    /// Empty when nobody knows.
    Optional<Set<String>> members(String group);
}
