package io.millwright.governance;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.kernel.Right;
import io.millwright.kernel.Visible;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GrantedAccessTest {
    @Test
    void without_a_grant_nothing_is_allowed_anywhere() {
        GrantedAccess nobody = access(null);

        for (Right right : Right.values()) {
            assertThat(nobody.allows(right, "default", "experiment:7", List.of()))
                    .isFalse();
            assertThat(nobody.allowsSomewhere(right, "default")).isFalse();
            assertThat(nobody.visible(right, "default", "experiment")).isEqualTo(Visible.NOTHING);
        }
    }

    @Test
    void a_role_on_a_workspace_holds_for_everything_in_it_and_nowhere_else() {
        GrantedAccess contributor = access(null, allow("team", "workspace:team", Role.CONTRIBUTOR));

        assertThat(contributor.allows(Right.WRITE, "team", "run:a", List.of("experiment:7")))
                .isTrue();
        assertThat(contributor.allows(Right.MANAGE, "team", "run:a", List.of("experiment:7")))
                .isFalse();
        assertThat(contributor.allows(Right.READ, "default", "run:a", List.of("experiment:7")))
                .isFalse();
    }

    @Test
    void a_role_on_an_experiment_holds_for_its_runs_only() {
        GrantedAccess maintainer = access(null, allow("default", "experiment:7", Role.MAINTAINER));

        assertThat(maintainer.allows(Right.MANAGE, "default", "run:a", List.of("experiment:7")))
                .isTrue();
        assertThat(maintainer.allows(Right.READ, "default", "run:b", List.of("experiment:8")))
                .isFalse();
        assertThat(maintainer.allows(Right.WRITE, "default", "workspace:default", List.of()))
                .isFalse();
        assertThat(maintainer.allowsSomewhere(Right.MANAGE, "default")).isTrue();
        assertThat(maintainer.visible(Right.READ, "default", "experiment"))
                .isEqualTo(new Visible(false, Set.of("7"), Set.of()));
    }

    @Test
    void a_denial_wins_over_every_grant_wherever_both_stand() {
        List<String> places = List.of("workspace:default", "experiment:7", "run:a");
        for (String allowed : places) {
            for (String denied : places) {
                GrantedAccess both =
                        access(null, allow("default", allowed, Role.MAINTAINER), deny("default", denied, Right.WRITE));

                assertThat(both.allows(Right.WRITE, "default", "run:a", List.of("experiment:7")))
                        .as("%s allowed, %s denied", allowed, denied)
                        .isFalse();
                assertThat(both.allows(Right.READ, "default", "run:a", List.of("experiment:7")))
                        .isTrue();
            }
        }
    }

    @Test
    void whoever_may_not_read_may_do_nothing_but_administer() {
        GrantedAccess admin =
                access(null, allow("*", "workspace:*", Role.ADMIN), deny("default", "experiment:7", Right.READ));

        for (Right right : Right.values()) {
            assertThat(admin.allows(right, "default", "experiment:7", List.of()))
                    .isEqualTo(right == Right.ADMIN);
        }
        assertThat(admin.visible(Right.READ, "default", "experiment"))
                .isEqualTo(new Visible(true, Set.of(), Set.of("7")));
        assertThat(admin.allows(Right.MANAGE, "other", "experiment:7", List.of()))
                .isTrue();
    }

    @Test
    void a_scope_caps_what_its_token_may_do() {
        GrantedAccess capped = access(Role.VIEWER, allow("*", "workspace:*", Role.ADMIN));

        assertThat(capped.isCapped()).isTrue();
        assertThat(Stream.of(Right.values())
                        .filter(right -> capped.allows(right, "default", "experiment:7", List.of())))
                .containsExactly(Right.READ);
        assertThat(capped.allowsSomewhere(Right.WRITE, "default")).isFalse();
    }

    @Test
    void only_the_administrator_has_every_right() {
        for (Role role : Role.values()) {
            assertThat(role.rights().contains(Right.ADMIN)).isEqualTo(role == Role.ADMIN);
            assertThat(role.rights()).contains(Right.READ);
        }
        assertThat(Role.CONTRIBUTOR.rights()).doesNotContain(Right.MANAGE, Right.APPROVE);
        assertThat(Role.APPROVER.rights()).doesNotContain(Right.WRITE, Right.ALIAS);
    }

    private static GrantedAccess access(@Nullable Role scope, Grant... grants) {
        return GrantedAccess.of(List.of(grants), scope);
    }

    private static Grant allow(String workspace, String entity, Role role) {
        return grant(workspace, entity, new Grant.Rule.Allow(role));
    }

    private static Grant deny(String workspace, String entity, Right right) {
        return grant(workspace, entity, new Grant.Rule.Deny(right));
    }

    private static Grant grant(String workspace, String entity, Grant.Rule rule) {
        return new Grant(
                1, new Subject(Subject.Kind.USER, "ann"), new Grant.Place(workspace, entity), rule, Instant.EPOCH);
    }
}
