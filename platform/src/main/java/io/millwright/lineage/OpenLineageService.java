package io.millwright.lineage;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.lake.tables.TableService;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Takes what jobs elsewhere say of what they read and wrote. It is a claim: the edges name who made
/// it.
final class OpenLineageService {
    static final String REPORTED = "lineage.reported";
    private static final int MOST_TOLD = 50;
    private static final int AT_ONCE = 2_000;

    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final TableService tables;
    private final LineageWriter writer = new LineageWriter(new LineageStore());

    OpenLineageService(Db db, Ledger ledger, Clock clock, TableService tables) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.tables = tables;
    }

    private record Taken(OpenLineageEvent event, Node subject, Report report) {}

    /// Saying the same again changes nothing, so whoever did not hear an answer says it again.
    ///
    /// @throws io.millwright.kernel.Failure PERMISSION_DENIED without the right to write on the job, or
    ///     on the dataset of an event that has no job
    void accept(List<OpenLineageEvent> events) {
        RequestContext context = RequestContext.current();
        Datasets datasets = new Datasets(tables, context.workspace(), context.requestId());
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        List<Taken> taken = new ArrayList<>();
        for (OpenLineageEvent event : events) {
            Node subject = OpenLineageFacts.subject(event, datasets);
            subject.require(context, Right.WRITE);
            List<Fact> facts = OpenLineageFacts.of(event, datasets, now);
            Report report = new Report(
                    context.workspace(),
                    context.requestId(),
                    context.principal().name(),
                    "openlineage",
                    now,
                    facts);
            taken.add(new Taken(event, subject, report));
        }
        for (Taken one : taken) write(one);
    }

    /// A wide event in several transactions, since others wait for each.
    private void write(Taken taken) {
        Report all = taken.report();
        for (int begin = 0; begin < all.facts().size(); begin += AT_ONCE) {
            int end = Math.min(all.facts().size(), begin + AT_ONCE);
            Report part = new Report(
                    all.workspace(),
                    all.requestId(),
                    all.actor(),
                    all.source(),
                    all.at(),
                    all.facts().subList(begin, end));
            db.tx(sql -> {
                int changes = writer.write(sql, part);
                if (changes > 0) ledger.append(sql, REPORTED, taken.subject().urn(), told(taken, changes));
                return 0;
            });
        }
    }

    private static Map<String, Object> told(Taken taken, int changes) {
        OpenLineageEvent event = taken.event();
        Map<String, Object> told = new LinkedHashMap<>();
        if (!event.type().isEmpty()) told.put("type", event.type());
        event.run().ifPresent(run -> told.put("run", run.id()));
        told.put("event_time", event.time().toString());
        told.put("inputs", names(event.inputs()));
        told.put("outputs", names(event.outputs()));
        told.put("new_edges", changes);
        return told;
    }

    private static List<String> names(List<OpenLineageEvent.Data> datasets) {
        return datasets.stream()
                .limit(MOST_TOLD)
                .map(data -> data.name().namespace() + "/" + data.name().name())
                .toList();
    }
}
