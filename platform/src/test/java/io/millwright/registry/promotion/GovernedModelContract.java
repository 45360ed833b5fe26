package io.millwright.registry.promotion;

import static io.millwright.registry.promotion.TestRegistry.as;
import static io.millwright.registry.promotion.TestRegistry.in;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Page;
import io.millwright.registry.NewModelVersion;
import io.millwright.registry.Stage;
import io.millwright.tracking.DatasetInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a policy does to its models, and what proves it, on every database.
abstract class GovernedModelContract extends PromotionSuite {
    @Test
    void there_is_no_way_round_a_policy() {
        r.apply(POLICY);
        promote(0.9);
        r.version("ana", "churn", 0.99);
        r.version("ana", "other", 0.99);
        NewModelVersion tagged =
                new NewModelVersion("churn", "s3://b/a", null, null, "", "", Map.of("millwright.stage", "production"));

        for (ThrowingCallable way : List.<ThrowingCallable>of(
                () -> r.registry.deleteAlias("churn", "champion"),
                () -> r.versions.delete("churn", "1"),
                () -> r.registry.delete("churn"),
                () -> r.registry.rename("churn", "free"),
                () -> r.versions.setTag("churn", "2", "millwright.stage", "production"),
                () -> r.versions.deleteTag("churn", "1", "millwright.stage"),
                () -> r.versions.create(tagged),
                () -> r.versions.transition("churn", "1", "Archived", false))) {
            assertThatThrownBy(way).hasMessageStartingWith("The policy 'churn' (version 1) governs this: ");
        }
        assertThatThrownBy(() -> r.versions.transition("churn", "2", "Production", true))
                .hasMessageContaining("waits for approval");
        r.versions.delete("churn", "2");
        r.registry.rename("other", "another");

        assertThat(r.alias("churn", "champion")).hasValue(1L);
    }

    @Test
    void mlflow_s_stage_of_a_policy_s_stage_is_a_promotion_too() {
        r.apply(POLICY.replace("    approve: [ana, li, mo]\n", ""));
        r.version("ana", "churn", 0.9);

        as("ben", () -> r.versions.transition("churn", "1", "Production", false));

        assertThat(r.alias("churn", "champion")).hasValue(1L);
        assertThat(only().to()).isEqualTo("production");
    }

    @Test
    void a_governed_stage_is_not_reached_by_archiving_along() {
        r.version("ana", "churn", 0.9);
        r.version("ana", "churn", 0.9);
        r.versions.transition("churn", "1", "Staging", false);
        r.apply(POLICY.replace("mlflow-stage: Production", "mlflow-stage: Archived"));

        assertThat(failure(() -> r.versions.transition("churn", "2", "Staging", true)))
                .hasMessageContaining("Version 1 of 'churn' goes to the stage Archived only by promotion");

        assertThat(r.versions.get("churn", "1").stage()).isEqualTo(Stage.STAGING);
        assertThat(r.versions.transition("churn", "2", "Staging", false).stage())
                .isEqualTo(Stage.STAGING);
    }

    @Test
    void a_renamed_model_keeps_its_promotions_and_a_deleted_one_s_are_over() {
        r.apply(POLICY.replace("applies-to: [churn]\n", ""));
        promote(0.9);
        r.version("ana", "churn", 0.95);
        failure(() -> setAlias("ben", "churn", "champion", 2));

        r.registry.rename("churn", "attrition");
        assertThat(list()).extracting(Promotion::model).containsOnly("attrition");
        assertThatThrownBy(() -> r.registry.delete("attrition")).hasMessageContaining("withdraw the policy first");
        as("ana", () -> {
            r.promotion.policies().withdraw("churn", OptionalLong.of(1));
            r.registry.delete("attrition");
            return 0;
        });

        assertThat(list())
                .extracting(Promotion::state)
                .containsExactly(PromotionState.REJECTED, PromotionState.SUPERSEDED);
        assertThat(list()).extracting(Promotion::note).containsOnly("the model was deleted");
    }

    @Test
    void each_application_of_a_policy_is_a_version_and_a_promotion_keeps_the_one_it_began_with() {
        PolicyService policies = r.promotion.policies();
        r.apply(POLICY);
        r.version("ana", "churn", 0.9);
        failure(() -> setAlias("ben", "churn", "champion", 1));

        String stricter = POLICY.replace("expires-after", "approvals: 2\n    expires-after");
        assertThat(policies.apply("churn", stricter, OptionalLong.of(1), true).number())
                .isEqualTo(2);
        assertThat(policies.get("churn").number()).isEqualTo(1);
        assertThat(r.apply(stricter).number()).isEqualTo(2);
        assertThat(r.apply(stricter).number()).isEqualTo(2);
        Failure stale = failure(() -> policies.apply("churn", POLICY, OptionalLong.of(1), false));

        assertThat(stale.code()).isEqualTo(ErrorCode.PRECONDITION_FAILED);
        assertThat(policies.versions("churn", 1, Long.MAX_VALUE).items())
                .extracting(PolicyVersion::number)
                .containsExactly(2L);
        assertThat(policies.version("churn", 1).document()).isEqualTo(POLICY);
        assertThat(as("li", () -> r.promotion.promotions().approve(only().id(), ""))
                        .state())
                .isEqualTo(PromotionState.APPLIED);
        assertThat(failure(() -> r.apply(POLICY.replace("policy: churn", "policy: other")))
                        .message())
                .contains("The policy 'churn' already governs the same models");
    }

    @Test
    void evidence_is_what_its_hash_says_and_every_check_leaves_its_own() throws IOException {
        r.apply(Files.readString(Path.of("../docs/operate/churn-policy.yaml")));
        r.clock.move(Duration.ofDays(5)); // A Tuesday: no window is open.
        String run = as("ana", () -> r.run(0.91));
        r.put(run, "MLmodel", "flavors: {}\nsignature:\n  inputs: '[{\"type\": \"double\"}]'\n");
        r.put(run, "requirements.txt", "scikit-learn\n");
        as("ana", () -> {
            r.tracking.runs().setTag(run, "mlflow.source.git.commit", "c0ffee");
            r.tracking
                    .runs()
                    .logInputs(
                            run,
                            List.of(new DatasetInput("people", "d1", "local", "{}", null, null, Map.of())),
                            List.of());
            r.registry.create("churn", "", Map.of("owner", "risk team"));
            return r.versions.create(new NewModelVersion(
                    "churn", "runs:/" + run + "/model", run, null, "", "who leaves", Map.of("risk", "low")));
        });

        setAlias("ben", "churn", "challenger", 1);
        failure(() -> setAlias("ben", "churn", "champion", 1));
        Promotion promotion = list().getFirst();
        String json = r.promotion.promotions().evidence(promotion.id());

        assertThat(promotion.state()).as(promotion.note()).isEqualTo(PromotionState.WAITING);
        assertThat(Evidence.sha256(json)).isEqualTo(promotion.evidenceSha256());
        assertThat(r.ledger.eventsAbout(promotion.urn()).getLast().payload()).contains(promotion.evidenceSha256());
        JsonNode evidence = evidence(promotion.id());
        assertThat(evidence.path("checks")
                        .valueStream()
                        .map(check -> check.path("verdict").asString()))
                .containsExactly("passed", "passed", "passed", "passed", "passed");
        assertThat(evidence.at("/checks/2/read/commit").asString()).isEqualTo("c0ffee");
        assertThat(evidence.at("/checks/1/read/sha256").asString()).hasSize(64);
        assertThat(json).isEqualTo(JsonMapper.shared().writeValueAsString(sorted(evidence)));
    }

    @Test
    void what_is_lacking_is_named_check_by_check() {
        r.apply(POLICY.replace(
                "[{metric: auc, at-least: 0.8}]",
                "[description, owner, signature, provenance, {tags: [risk]}, {metric: rmse, at-most: 3}]"));
        r.version("ana", "churn", 0.9);

        String message = failure(() -> setAlias("ben", "churn", "champion", 1)).message();

        assertThat(message)
                .contains("the version has no description")
                .contains("neither the version nor its model has a tag 'owner'")
                .contains("it has no MLmodel file")
                .contains("a run with the tag mlflow.source.git.commit")
                .contains("a run with a data input")
                .contains("a requirements.txt or conda.yaml")
                .contains("the version lacks risk")
                .contains("the run of the version has no metric rmse");
    }

    @Test
    void a_list_is_paged_by_number_and_a_workspace_sees_its_own() {
        r.apply(POLICY.replace("at-least: 0.8", "at-least: 2"));
        for (int i = 1; i <= 5; i++) {
            r.version("ana", "churn", 0.9);
            long version = i;
            failure(() -> setAlias("ben", "churn", "champion", version));
        }
        PromotionService promotions = r.promotion.promotions();

        Page<Promotion> first = promotions.list(PromotionFilter.ALL, 3, Long.MAX_VALUE);
        Page<Promotion> rest = promotions.list(
                PromotionFilter.ALL, 3, Long.parseLong(first.nextToken().orElseThrow()));
        PromotionFilter third =
                new PromotionFilter(Optional.of("churn"), Optional.of(3L), Optional.of(PromotionState.REJECTED));

        assertThat(first.items()).extracting(Promotion::version).containsExactly(5L, 4L, 3L);
        assertThat(rest.items()).extracting(Promotion::version).containsExactly(2L, 1L);
        assertThat(rest.nextToken()).isEmpty();
        assertThat(promotions.list(third, 10, Long.MAX_VALUE).items()).hasSize(1);
        long id = first.items().getFirst().id();
        assertThat(failure(() -> in("team", "ana", () -> promotions.get(id))).code())
                .isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(in("team", "ana", () -> promotions.list(PromotionFilter.ALL, 3, Long.MAX_VALUE))
                        .items())
                .isEmpty();
    }

    private static Object sorted(JsonNode node) {
        if (node.isArray())
            return node.valueStream().map(GovernedModelContract::sorted).toList();
        if (!node.isObject()) return node;
        Map<String, Object> sorted = new TreeMap<>();
        node.properties().forEach(field -> sorted.put(field.getKey(), sorted(field.getValue())));
        return sorted;
    }
}
