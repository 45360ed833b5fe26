package io.millwright.governance;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.governance.Subject.Kind;
import io.millwright.kernel.Right;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExplanationTest {
    private static final Subject ANN = new Subject(Kind.USER, "ann");
    private static final List<String> PLACES = List.of(
            "workspace:*",
            "workspace:default",
            "workspace:other",
            "model:churn",
            "model:fraud",
            "model-version:churn/3");

    @Test
    void its_reasons_always_add_up_to_what_is_decided() {
        Grant.Place place = Grant.Place.of("default", "model-version:churn/3");
        List<String> parents = List.of("model:churn");
        Random random = new Random(11);
        for (int round = 0; round < 2_000; round++) {
            List<Grant> grants = grants(random);

            Explanation why = Explanation.of(ANN, List.of(), grants, place, parents);

            for (Explanation.Verdict verdict : why.verdicts()) {
                assertThat(verdict.allowed())
                        .as("%s by %s", verdict.right(), grants)
                        .isEqualTo(GrantedAccess.of(grants, null)
                                .allows(verdict.right(), "default", place.entity(), parents))
                        .isEqualTo(!verdict.givenBy().isEmpty()
                                && verdict.deniedBy().isEmpty());
            }
        }
    }

    private static List<Grant> grants(Random random) {
        List<Grant> grants = new ArrayList<>();
        int count = random.nextInt(6);
        for (int i = 0; i < count; i++) {
            Role role = Role.values()[random.nextInt(Role.values().length)];
            Right denied = Right.values()[random.nextInt(Right.values().length - 1)];
            boolean allows = random.nextInt(3) > 0;
            String urn = role == Role.ADMIN && allows ? "workspace:*" : PLACES.get(random.nextInt(PLACES.size()));
            grants.add(new Grant(
                    i + 1L,
                    ANN,
                    Grant.Place.of("default", urn),
                    allows ? new Grant.Rule.Allow(role) : new Grant.Rule.Deny(denied),
                    Instant.EPOCH));
        }
        return grants;
    }
}
