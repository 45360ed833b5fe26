package io.millwright.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class RegistrationsTest {
    @Test
    void a_registration_is_added_to_those_before_as_mlflow_writes_them() {
        String one = Registrations.and(Optional.empty(), "churn", 3);

        assertThat(one).isEqualTo("[{\"name\": \"churn\", \"version\": 3}]");
        assertThat(Registrations.and(Optional.of(one), "a \"b\"", 1))
                .isEqualTo("[{\"name\": \"churn\", \"version\": 3}, {\"name\": \"a \\\"b\\\"\", \"version\": 1}]");
    }

    @Test
    void what_a_client_wrote_there_itself_does_not_hinder() {
        for (String text : new String[] {"", "none", "{\"a\": 1}", "[", "7"}) {
            assertThat(Registrations.and(Optional.of(text), "churn", 3))
                    .isEqualTo("[{\"name\": \"churn\", \"version\": 3}]");
        }
        assertThat(Registrations.and(Optional.of("[1, \"x\"]"), "churn", 3))
                .isEqualTo("[1, \"x\", {\"name\": \"churn\", \"version\": 3}]");
    }
}
