package io.millwright.registry;

import io.millwright.ledger.Sql;
import java.util.List;

/// Decides which aliases and stages of which models a client may not simply move. By default, none: then everything is
/// as in MLflow.
///
/// What takes a transaction is asked inside the one that would make the change, after the model's row was written;
/// `before…` throws to refuse it.
public interface Governor {
    Governor NONE = new Governor() {};

    /// Whether the alias moves only by promotion.
    default boolean governsAlias(Sql sql, String model, String alias) {
        return false;
    }

    /// Has the alias moved; outside any transaction, for it may have to look at artifacts.
    ///
    /// @throws io.millwright.kernel.Failure WRONG_STATE when it has not moved (yet): the message says why,
    ///     and which promotion to look at; PERMISSION_DENIED when the principal may not ask for it
    default void moveAlias(String model, String alias, long version) {
        throw new IllegalStateException("nothing governs " + alias);
    }

    /// Whether a version leaves the one stage or enters the other only by promotion.
    default boolean governsStage(Sql sql, String model, Stage from, Stage to) {
        return false;
    }

    /// As [#moveAlias], for a stage.
    default void moveStage(String model, long version, Stage to) {
        throw new IllegalStateException("nothing governs " + to);
    }

    default void beforeAliasIsDeleted(Sql sql, String model, String alias) {}

    /// @param aliases that it holds
    default void beforeVersionIsDeleted(Sql sql, ModelVersion version, List<String> aliases) {}

    default void beforeModelIsDeleted(Sql sql, String model) {}

    default void beforeModelIsRenamed(Sql sql, String from, String to) {}

    /// Also before a tag is taken away.
    default void beforeVersionIsTagged(Sql sql, String model, String key) {}
}
