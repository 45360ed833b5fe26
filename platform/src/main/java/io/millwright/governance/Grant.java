package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.kernel.Right;
import java.time.Instant;
import java.util.Locale;
import java.util.regex.Pattern;

/// That somebody has a role on an entity, or that a right is taken from them there.
///
/// @param no of its row; what it is called when it is removed
/// @param place where it holds
public record Grant(long no, Subject subject, Place place, Rule rule, Instant createdAt) {
    public sealed interface Rule {
        record Allow(Role role) implements Rule {}

        /// Wins over every [Allow].
        record Deny(Right right) implements Rule {}

        default String word() {
            return switch (this) {
                case Allow(Role role) -> role.word();
                case Deny(Right right) -> "deny-" + right.name().toLowerCase(Locale.ROOT);
            };
        }
    }

    /// An entity of a workspace.
    ///
    /// @param workspace its name, or [#EVERY_WORKSPACE]
    /// @param entity a URN; `workspace:<name>` for the workspace itself
    public record Place(String workspace, String entity) {
        static final String EVERY_WORKSPACE = "*";

        private static final Pattern WORKSPACE = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
        private static final Pattern ENTITY = Pattern.compile(
                "(experiment|run|logged-model|model|model-version|artifacts|namespace|dataset):(?s:.{1,500})");

        /// @param workspace the one that the entity lies in; ignored where the URN is a workspace's own
        static Place of(String workspace, String urn) {
            if (urn.startsWith("workspace:")) {
                String named = urn.substring("workspace:".length());
                if (named.equals(EVERY_WORKSPACE) || WORKSPACE.matcher(named).matches()) return new Place(named, urn);
            } else if (ENTITY.matcher(urn).matches() && urn.indexOf('\0') < 0) {
                return new Place(workspace, urn);
            }
            throw INVALID_ARGUMENT.because(
                    "'%s' is nothing to grant rights on, expected workspace:NAME, workspace:*, experiment:ID, run:ID,"
                            + " logged-model:ID, model:NAME, model-version:NAME/NUMBER, namespace:NAME or dataset:NAME.",
                    urn.length() <= 130 ? urn : urn.substring(0, 130) + "…");
        }

        boolean isWorkspace() {
            return entity.startsWith("workspace:");
        }

        boolean isEverywhere() {
            return workspace.equals(EVERY_WORKSPACE);
        }
    }
}
