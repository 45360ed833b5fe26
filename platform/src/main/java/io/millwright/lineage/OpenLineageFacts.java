package io.millwright.lineage;

import io.millwright.kernel.Failure;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// What an OpenLineage event says, in nodes and edges.
final class OpenLineageFacts {
    /// What we call ourselves as a namespace of datasets.
    static final String OURS = "millwright";

    private static final Pattern SNAPSHOT_ID = Pattern.compile("[1-9]\\d{0,18}");

    private final Datasets datasets;
    private final OpenLineageEvent event;
    private final Instant at;
    private final List<Fact> facts = new ArrayList<>();
    private final Map<OpenLineageEvent.Name, Optional<DatasetName>> known = new LinkedHashMap<>();

    private OpenLineageFacts(Datasets datasets, OpenLineageEvent event, Instant now) {
        this.datasets = datasets;
        this.event = event;
        this.at = event.time().isAfter(now) ? now : event.time(); // A clock may be wrong; the future is not known.
    }

    static List<Fact> of(OpenLineageEvent event, Datasets datasets, Instant now) {
        return new OpenLineageFacts(datasets, event, now).read();
    }

    /// What the event is about, whose sender must have the right to write on it.
    static Node subject(OpenLineageEvent event, Datasets datasets) {
        if (event.job().isPresent()) return job(event.job().get());
        OpenLineageEvent.Data data = event.dataset().orElseThrow();
        return ours(data.name(), datasets)
                .map(Node::dataset)
                .orElseGet(
                        () -> Node.external(data.name().namespace(), data.name().name()));
    }

    private List<Fact> read() {
        if (event.dataset().isPresent()) {
            columns(event.dataset().get());
            return facts;
        }
        OpenLineageEvent.Job job = event.job().orElseThrow();
        Node does = job(job);
        if (event.run().isPresent()) {
            OpenLineageEvent.Run run = event.run().get();
            does = jobRun(run.id());
            add(job(job), does, EdgeKind.JOB_RUN, "");
            if (run.parent().isPresent()) {
                OpenLineageEvent.Parent parent = run.parent().get();
                add(job(parent.job()), jobRun(parent.runId()), EdgeKind.JOB_RUN, "");
                add(jobRun(parent.runId()), does, EdgeKind.PARENT, "");
            }
        }
        for (OpenLineageEvent.Data input : event.inputs()) input(input, does);
        if (event.hasFailed()) return facts;
        for (OpenLineageEvent.Data output : event.outputs()) output(output, does);
        return facts;
    }

    private void input(OpenLineageEvent.Data input, Node reader) {
        List<String> used = used(input.name());
        Optional<DatasetName> ours = ours(input);
        if (ours.isPresent()) {
            Optional<Long> snapshot = snapshotId(input).or(() -> datasets.snapshot(ours.get(), new At.Time(at)));
            facts.addAll(datasets.input(ours.get(), snapshot, used, reader, at, ""));
            return;
        }
        Node external = external(input.name());
        add(external, reader, EdgeKind.INPUT, "");
        for (String field : used) add(externalColumn(input.name(), field), reader, EdgeKind.COLUMN, "");
        if (!used.isEmpty()) return;
        for (String field : input.fields()) add(externalColumn(input.name(), field), external, EdgeKind.MEMBER, "");
    }

    /// The fields of an input that some output was made from; none when one of the outputs does not
    /// say.
    private List<String> used(OpenLineageEvent.Name input) {
        Set<String> used = new LinkedHashSet<>();
        for (OpenLineageEvent.Data output : event.outputs()) {
            if (output.columns().isEmpty() && output.together().isEmpty()) return List.of();
            for (OpenLineageEvent.Column column : output.columns()) {
                for (OpenLineageEvent.Origin origin : column.from()) {
                    if (origin.dataset().equals(input)) used.add(origin.field());
                }
            }
            for (OpenLineageEvent.Origin origin : output.together()) {
                if (origin.dataset().equals(input)) used.add(origin.field());
            }
        }
        return List.copyOf(used);
    }

    private void output(OpenLineageEvent.Data output, Node writer) {
        Optional<DatasetName> ours = ours(output);
        if (ours.isEmpty()) {
            add(writer, external(output.name()), EdgeKind.OUTPUT, "");
        } else {
            Optional<Long> snapshot = snapshotId(output);
            Node dataset = Node.dataset(ours.get());
            if (snapshot.isPresent()) {
                Node version = Node.snapshot(ours.get(), snapshot.get());
                add(dataset, version, EdgeKind.VERSION, "");
                add(writer, version, EdgeKind.OUTPUT, "");
            } else {
                add(writer, dataset, EdgeKind.OUTPUT, "");
            }
        }
        columns(output);
    }

    /// Where the fields of a dataset come from.
    private void columns(OpenLineageEvent.Data data) {
        for (OpenLineageEvent.Column column : data.columns()) {
            Node made = column(data.name(), ours(data), column.field());
            for (OpenLineageEvent.Origin origin : column.from()) {
                add(column(origin), made, EdgeKind.COLUMN, origin.how());
            }
            add(made, together(data), EdgeKind.MEMBER, "");
        }
        for (OpenLineageEvent.Origin origin : data.together()) {
            add(column(origin), together(data), EdgeKind.COLUMN, origin.how());
        }
    }

    private Node together(OpenLineageEvent.Data data) {
        return ours(data).map(Node::columns).orElseGet(() -> external(data.name()));
    }

    private Node column(OpenLineageEvent.Origin origin) {
        return column(origin.dataset(), ours(origin.dataset()), origin.field());
    }

    private static Node column(OpenLineageEvent.Name name, Optional<DatasetName> ours, String field) {
        return ours.map(dataset -> Node.column(dataset, field)).orElseGet(() -> externalColumn(name, field));
    }

    private Optional<DatasetName> ours(OpenLineageEvent.Data data) {
        Optional<DatasetName> found = ours(data.name());
        for (OpenLineageEvent.Name symlink : data.symlinks()) {
            if (found.isEmpty()) found = ours(symlink);
        }
        // An origin names the dataset without its other names, so what was found holds for the whole event.
        if (found.isPresent()) known.put(data.name(), found);
        return found;
    }

    private Optional<DatasetName> ours(OpenLineageEvent.Name name) {
        return known.computeIfAbsent(name, one -> ours(one, datasets));
    }

    /// A dataset is ours under the namespace `millwright`, and under the address of a catalog such as
    /// `http://millwright:8484/iceberg` when there is a table of that name.
    private static Optional<DatasetName> ours(OpenLineageEvent.Name name, Datasets datasets) {
        boolean named = name.namespace().equals(OURS);
        if (!named && !isCatalog(name.namespace())) return Optional.empty();
        try {
            DatasetName dataset = DatasetName.parse(name.name());
            return named || datasets.has(dataset) ? Optional.of(dataset) : Optional.empty();
        } catch (Failure e) {
            return Optional.empty();
        }
    }

    private static boolean isCatalog(String namespace) {
        try {
            URI uri = new URI(namespace);
            String path = uri.getPath() == null ? "" : uri.getPath();
            return uri.getScheme() != null && uri.getHost() != null && path.matches("/iceberg(/.*)?");
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static Optional<Long> snapshotId(OpenLineageEvent.Data data) {
        if (!SNAPSHOT_ID.matcher(data.version()).matches()) return Optional.empty();
        try {
            return Optional.of(Long.parseLong(data.version()));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private void add(Node from, Node to, EdgeKind kind, String detail) {
        facts.add(new Fact.Edge(from, to, kind, at, detail));
    }

    private static Node job(OpenLineageEvent.Job job) {
        return Node.job(job.namespace(), job.name());
    }

    private static Node jobRun(String id) {
        return Node.of(NodeKind.JOB_RUN, id);
    }

    private static Node external(OpenLineageEvent.Name name) {
        return Node.external(name.namespace(), name.name());
    }

    private static Node externalColumn(OpenLineageEvent.Name name, String field) {
        return Node.externalColumn(name.namespace(), name.name(), field);
    }
}
