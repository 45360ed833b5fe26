package io.millwright.lineage;

import io.millwright.http.Json;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.kernel.Principal;
import io.millwright.kernel.RequestContext;
import io.millwright.lake.tables.At;
import io.millwright.lake.tables.DatasetName;
import io.millwright.lake.tables.TableService;
import io.millwright.ledger.Event;
import io.millwright.tracking.DatasetInput;
import io.millwright.tracking.LoggedModel;
import io.millwright.tracking.LoggedModelService;
import io.millwright.tracking.Run;
import io.millwright.tracking.RunService;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/// What the events of the ledger say of where things come from.
final class LedgerFacts {
    private final TableService tables;
    private final RunService runs;
    private final LoggedModelService loggedModels;

    LedgerFacts(TableService tables, RunService runs, LoggedModelService loggedModels) {
        this.tables = tables;
        this.runs = runs;
        this.loggedModels = loggedModels;
    }

    Report read(Event event) {
        List<Fact> facts = switch (event.type()) {
            case "dataset.committed",
                    "dataset.dropped",
                    "dataset.restored",
                    "dataset.renamed",
                    "run.inputs-logged",
                    "run.outputs-logged",
                    "run.imported",
                    "logged-model.created",
                    "logged-model.imported",
                    "model.renamed",
                    "model.deleted",
                    "model-version.created",
                    "model-version.imported",
                    "model-version.deleted",
                    "model-version.alias-set",
                    "model-version.alias-imported",
                    "model-version.alias-deleted" -> new One(event).facts();
            default -> List.of();
        };
        return new Report(event.workspace(), event.requestId(), event.actor(), event.type(), event.at(), facts);
    }

    private final class One {
        private final Event event;
        private final Instant at;
        /// What stands behind the kind of the event's entity.
        private final String name;
        private final JsonNode payload;
        private final Datasets datasets;
        private final RequestContext context;
        private final List<Fact> facts = new ArrayList<>();

        One(Event event) {
            this.event = event;
            this.at = event.at();
            this.name = event.entity().substring(event.entity().indexOf(':') + 1);
            this.payload = Json.MAPPER.readTree(event.payload());
            this.datasets = new Datasets(tables, event.workspace(), event.requestId());
            this.context = new RequestContext(event.requestId(), Principal.SYSTEM, event.workspace());
        }

        List<Fact> facts() {
            switch (event.type()) {
                case "dataset.committed" -> committed(DatasetName.parse(name));
                case "dataset.dropped" -> facts.add(new Fact.Gone(Node.dataset(DatasetName.parse(name)), at));
                case "dataset.restored" -> facts.add(new Fact.Back(Node.dataset(DatasetName.parse(name))));
                case "dataset.renamed" -> renamed(NodeKind.DATASET);
                case "run.inputs-logged" -> inputsLogged();
                case "run.outputs-logged" -> outputsLogged();
                case "run.imported" -> runImported();
                case "logged-model.created", "logged-model.imported" -> loggedModel();
                case "model.renamed" -> renamed(NodeKind.MODEL);
                case "model.deleted" -> facts.add(new Fact.Gone(Node.model(name), at));
                case "model-version.created", "model-version.imported" -> registered();
                case "model-version.deleted" -> versionDeleted();
                case "model-version.alias-set", "model-version.alias-imported" ->
                    facts.add(new Fact.Moved(version(), alias(), EdgeKind.ALIAS, at));
                case "model-version.alias-deleted" -> facts.add(new Fact.Ended(alias(), EdgeKind.ALIAS, at));
                default -> throw new IllegalStateException(event.type());
            }
            return facts;
        }

        private void add(Node from, Node to, EdgeKind kind) {
            facts.add(Fact.edge(from, to, kind, at));
        }

        private void committed(DatasetName dataset) {
            Node snapshot = Node.of(NodeKind.SNAPSHOT, dataset + "@" + text("snapshot_id"));
            add(Node.dataset(dataset), snapshot, EdgeKind.VERSION);
            String parent = text("parent_id");
            if (!parent.isEmpty()) {
                add(Node.of(NodeKind.SNAPSHOT, dataset + "@" + parent), snapshot, EdgeKind.PARENT);
            }
            for (JsonNode input : payload.path("inputs")) {
                List<String> columns = input.path("columns")
                        .valueStream()
                        .map(column -> column.asString(""))
                        .filter(column -> !column.isEmpty())
                        .toList();
                facts.addAll(datasets.input(
                        DatasetName.parse(input.path("dataset").asString("")),
                        Optional.of(input.path("snapshot_id").asLong()),
                        columns,
                        snapshot,
                        at,
                        ""));
            }
        }

        private void renamed(NodeKind kind) {
            facts.add(new Fact.Renamed(Node.of(kind, text("from")), Node.of(kind, text("to")), at));
        }

        private void inputsLogged() {
            Set<String> logged = new HashSet<>();
            for (JsonNode dataset : payload.path("datasets")) {
                logged.add(dataset.path("name").asString("") + "\n"
                        + dataset.path("digest").asString(""));
            }
            Optional<Run> run = ifThere(() -> runs.get(name));
            if (run.isEmpty()) return;
            Node reader = run(run.get());
            for (DatasetInput input : run.get().datasets()) {
                if (logged.contains(input.name() + "\n" + input.digest())) input(input, reader);
            }
            for (JsonNode model : payload.path("models")) {
                add(loggedModelNode(model.asString("")), reader, EdgeKind.INPUT);
            }
        }

        private void input(DatasetInput input, Node reader) {
            MlflowInput read = MlflowInput.of(input);
            String detail = input.tags().getOrDefault("mlflow.data.context", "");
            for (MlflowInput.Candidate candidate : read.candidates()) {
                if (!datasets.has(candidate.name())) continue;
                Optional<Long> snapshot =
                        datasets.snapshot(candidate.name(), candidate.at().orElseGet(() -> new At.Time(at)));
                facts.addAll(datasets.input(candidate.name(), snapshot, read.columns(), reader, at, detail));
                return;
            }
            Node external = Node.external(read.namespace(), read.name());
            if (Node.isTooLong(external.urn())) external = Node.external("mlflow", input.name() + "@" + input.digest());
            facts.add(new Fact.Edge(external, reader, EdgeKind.INPUT, at, detail));
        }

        private void outputsLogged() {
            Optional<Run> run = ifThere(() -> runs.get(name));
            if (run.isEmpty()) return;
            for (JsonNode model : payload.path("models")) {
                add(run(run.get()), loggedModelNode(model.asString("")), EdgeKind.OUTPUT);
            }
        }

        private void runImported() {
            Optional<Run> found = ifThere(() -> runs.get(name));
            if (found.isEmpty()) return;
            Run run = found.get();
            Node node = run(run);
            for (DatasetInput input : run.datasets()) input(input, node);
            for (String model : run.modelInputs()) add(loggedModelNode(model), node, EdgeKind.INPUT);
            for (Run.ModelOutput output : run.modelOutputs()) {
                add(node, loggedModelNode(output.modelId()), EdgeKind.OUTPUT);
            }
        }

        private void loggedModel() {
            Optional<LoggedModel> model = ifThere(() -> loggedModels.get(name, true));
            String run = model.map(LoggedModel::sourceRun).orElse("");
            if (!run.isEmpty()) add(runNode(run), loggedModelNode(name), EdgeKind.OUTPUT);
        }

        private void registered() {
            Node version = version();
            add(Node.model(name.substring(0, name.lastIndexOf('/'))), version, EdgeKind.VERSION);
            String run = text("run");
            if (!run.isEmpty()) add(runNode(run), version, EdgeKind.REGISTERED);
            String loggedModel = text("logged_model");
            if (!loggedModel.isEmpty()) add(loggedModelNode(loggedModel), version, EdgeKind.REGISTERED);
        }

        private void versionDeleted() {
            String model = name.substring(0, name.lastIndexOf('/'));
            for (JsonNode alias : payload.path("aliases")) {
                facts.add(new Fact.Ended(Node.alias(model, alias.asString("")), EdgeKind.ALIAS, at));
            }
            facts.add(new Fact.Gone(version(), at));
        }

        private Node version() {
            return Node.of(NodeKind.MODEL_VERSION, name);
        }

        private Node alias() {
            return Node.alias(name.substring(0, name.lastIndexOf('/')), text("alias"));
        }

        private Node run(Run run) {
            return Node.run(run.info().id(), "experiment:" + run.info().experiment());
        }

        private Node runNode(String id) {
            return Node.run(
                    id,
                    ifThere(() -> "experiment:" + runs.info(id).experiment()).orElse(""));
        }

        private Node loggedModelNode(String id) {
            return Node.loggedModel(
                    id,
                    ifThere(() -> "experiment:" + loggedModels.get(id, true).experiment())
                            .orElse(""));
        }

        private String text(String field) {
            return payload.path(field).asString("");
        }

        private <T> Optional<T> ifThere(Supplier<T> question) {
            try {
                return Optional.of(context.call(question::get));
            } catch (Failure e) {
                if (e.code() == ErrorCode.NOT_FOUND) return Optional.empty();
                throw e;
            }
        }
    }
}
