package io.millwright.registry.promotion;

import static io.millwright.registry.promotion.TestRegistry.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millwright.kernel.Failure;
import io.millwright.ledger.Db;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A registry with promotion on one of the databases, and what its tests have in common.
abstract class PromotionSuite {
    /// One approval of li or mo, and a check of the metric.
    static final String POLICY = """
            policy: churn
            applies-to: [churn]
            stages:
              - dev
              - {name: production, aliases: [champion], mlflow-stage: Production}
            transitions:
              - from: dev
                to: production
                approve: [ana, li, mo]
                expires-after: 7d
                checks: [{metric: auc, at-least: 0.8}]
            """;

    @TempDir
    Path home;

    TestRegistry r;

    abstract Db open(Path home);

    @BeforeEach
    void wire() {
        r = new TestRegistry(open(home), home);
    }

    @AfterEach
    void close() {
        r.close();
    }

    /// A new version of churn, asked for by ben and approved by li.
    long promote(double auc) {
        long version = r.version("ana", "churn", auc);
        failure(() -> setAlias("ben", "churn", "champion", version));
        long id = list().getFirst().id();
        assertThat(as("li", () -> r.promotion.promotions().approve(id, "")).state())
                .isEqualTo(PromotionState.APPLIED);
        return id;
    }

    void setAlias(String who, String model, String alias, long version) {
        as(who, () -> {
            r.registry.setAlias(model, alias, String.valueOf(version));
            return 0;
        });
    }

    List<Promotion> list() {
        return r.promotion
                .promotions()
                .list(PromotionFilter.ALL, 100, Long.MAX_VALUE)
                .items();
    }

    Promotion only() {
        assertThat(list()).hasSize(1);
        return list().getFirst();
    }

    JsonNode evidence(long id) {
        return JsonMapper.shared().readTree(r.promotion.promotions().evidence(id));
    }

    static Failure failure(ThrowingCallable work) {
        Failure failure = catchThrowableOfType(Failure.class, work);
        assertThat(failure).as("a refusal").isNotNull();
        return failure;
    }
}
