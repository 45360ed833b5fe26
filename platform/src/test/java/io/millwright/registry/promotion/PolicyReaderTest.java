package io.millwright.registry.promotion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millwright.kernel.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Each file in `promotion/` is a policy with mistakes; its last lines, after `#!`, are what is told of them.
class PolicyReaderTest {
    private static final Path CASES = Path.of("src/test/resources/promotion");
    private static final String TOLD = "#! ";

    /// ana, ben, li and mo; `risk` is li and mo, `nobody` is empty.
    static final Principals SOME = new Principals() {
        private static final Set<String> USERS = Set.of("ana", "ben", "li", "mo");
        private static final Map<String, Set<String>> GROUPS = Map.of("risk", Set.of("li", "mo"), "nobody", Set.of());

        @Override
        public boolean exists(String principal) {
            return USERS.contains(principal);
        }

        @Override
        public boolean groupExists(String group) {
            return GROUPS.containsKey(group);
        }

        @Override
        public Optional<Set<String>> members(String group) {
            return Optional.of(GROUPS.getOrDefault(group, Set.of()));
        }
    };

    @TestFactory
    Stream<DynamicTest> a_mistake_is_told_with_its_line_and_column() throws IOException {
        try (Stream<Path> files = Files.list(CASES)) {
            return files.sorted().toList().stream()
                    .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> check(file)));
        }
    }

    private static void check(Path file) throws IOException {
        String text = Files.readString(file);
        List<String> told = text.lines()
                .filter(line -> line.startsWith(TOLD))
                .map(line -> line.substring(TOLD.length()))
                .toList();

        Failure failure = catchThrowableOfType(Failure.class, () -> PolicyReader.read(text, SOME));

        assertThat(failure.message().lines().skip(1).toList()).isEqualTo(told);
        assertThat(failure.code().name()).isEqualTo("INVALID_ARGUMENT");
    }

    @Test
    void the_example_is_read_as_it_is_meant() throws IOException {
        Policy policy = PolicyReader.read(Files.readString(Path.of("../docs/operate/churn-policy.yaml")), SOME);

        assertThat(policy.name()).isEqualTo("churn");
        assertThat(policy.stages())
                .extracting(Policy.PolicyStage::name)
                .containsExactly("dev", "staging", "production");
        Policy.Transition last = policy.transition("staging", "production").orElseThrow();
        assertThat(last.approvals()).isEqualTo(1);
        assertThat(last.checks())
                .extracting(Check::rule)
                .containsExactly(
                        "owner",
                        "signature",
                        "provenance code, data, environment",
                        "tags risk",
                        "metric auc at least the holder's, tolerance 0.005");
        assertThat(policy.freezes()).extracting(FreezeWindow::name).containsExactly("year end", "weekend");
        assertThat(policy.immediateRollback()).isTrue();
    }

    @Test
    void what_is_no_policy_at_all_is_refused_not_a_defect() {
        for (String text : List.of(
                "",
                "# nothing",
                "a",
                "[]",
                "{}",
                "a: *b",
                "a: &a [*a]",
                "stages: &s\n  - *s",
                "policy: !!java.io.File x",
                "\u0000",
                "--- a\n--- b",
                "? [a]\n: b",
                "policy: x\nstages: [{name: a, aliases: {b: c}}]\ntransitions: 3",
                "[".repeat(10_000),
                "{a: ".repeat(10_000))) {
            assertThat(catchThrowableOfType(Failure.class, () -> PolicyReader.read(text, SOME))
                            .code()
                            .name())
                    .as(text)
                    .isEqualTo("INVALID_ARGUMENT");
        }
    }

    @Test
    void the_closest_policy_is_the_one_that_names_a_model_most_exactly() {
        Policy exact = policy("[churn]");
        Policy pattern = policy("[\"churn-*\", \"*\"]");
        Policy workspace = PolicyReader.read("policy: x\nstages: [dev]\ntransitions: []\n", SOME);

        assertThat(exact.closeness("churn")).hasValue(Integer.MAX_VALUE);
        assertThat(exact.closeness("churn2")).isEmpty();
        assertThat(pattern.closeness("churn-eu")).hasValue(7);
        assertThat(pattern.closeness("other")).hasValue(1);
        assertThat(workspace.closeness("other")).hasValue(0);
        assertThat(policy("[\"a.c*\"]").closeness("abcd")).isEmpty();
    }

    private static Policy policy(String appliesTo) {
        return PolicyReader.read("policy: x\napplies-to: " + appliesTo + "\nstages: [dev]\ntransitions: []\n", SOME);
    }
}
