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

    /// All of them, or none. Saying the same again changes nothing.
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
        db.tx(sql -> {
            for (Taken one : taken) {
                int changes = writer.write(sql, one.report());
                if (changes > 0) ledger.append(sql, REPORTED, one.subject().urn(), told(one, changes));
            }
            return 0;
        });
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
