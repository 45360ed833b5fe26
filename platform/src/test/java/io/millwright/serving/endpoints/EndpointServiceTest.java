package io.millwright.serving.endpoints;

import static org.assertj.core.api.Assertions.assertThat;

import io.millwright.kernel.Access;
import io.millwright.kernel.FakeClock;
import io.millwright.kernel.Ids;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.kernel.Visible;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Migration;
import io.millwright.ledger.Migrator;
import io.millwright.ledger.TestDatabases;
import io.millwright.serving.ServingSlice;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointServiceTest {
    private Db db;
    private Ledger ledger;
    private EndpointService endpoints;

    @BeforeEach
    void start(@TempDir Path home) {
        FakeClock clock = new FakeClock();
        Ids ids = new Ids(new SecureRandom());
        db = TestDatabases.sqlite(home);
        new Migrator(db)
                .migrate(Stream.of(Ledger.MIGRATIONS, ServingSlice.MIGRATIONS)
                        .<Migration>flatMap(List::stream)
                        .toList());
        ledger = new Ledger(db, clock, ids);
        endpoints = new EndpointService(db, ledger, clock, ids);
        for (String name : List.of("a", "b", "c", "d", "e")) {
            endpoints.revise(name, 0, Setup.of(List.of(new Variant("v1", "churn", "1", 100))), "deployed", Map.of());
        }
    }

    @AfterEach
    void stop() {
        ledger.close();
        db.close();
    }

    /// A page holds as many as it may, however many are hidden before them.
    @Test
    void a_page_is_cut_among_those_that_its_reader_may_see() {
        Visible some = new Visible(false, Set.of("b", "d", "e"), Set.of());

        assertThat(page(some, "", 2)).containsExactly("b", "d");
        assertThat(page(some, "d", 2)).containsExactly("e");
        assertThat(page(new Visible(true, Set.of(), Set.of("a", "c")), "", 2)).containsExactly("b", "d");
        assertThat(page(Visible.EVERYTHING, "b", 2)).containsExactly("c", "d");
        assertThat(page(Visible.NOTHING, "", 2)).isEmpty();
    }

    private List<String> page(Visible visible, String after, int limit) {
        Access access = new Access() {
            @Override
            public boolean allows(Right right, String workspace, String entity, List<String> parents) {
                return entity.startsWith("endpoint:") && visible.shows(entity.substring("endpoint:".length()));
            }

            @Override
            public Visible visible(Right right, String workspace, String kind) {
                return kind.equals("endpoint") ? visible : Visible.NOTHING;
            }
        };
        return new RequestContext("test", new Principal("reader"), RequestContext.DEFAULT_WORKSPACE, access, "")
                .call(() -> endpoints.page(after, limit).stream()
                        .map(Endpoint::name)
                        .toList());
    }
}
