import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.mlflow.api.proto.Service;
import org.mlflow.tracking.ActiveRun;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowClientException;
import org.mlflow.tracking.MlflowContext;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow.tracking.Page;
import org.mlflow_project.google.protobuf.MessageOrBuilder;
import org.mlflow_project.google.protobuf.util.JsonFormat;

/// What a user of MLflow's Java client does with experiments, runs, artifacts and registered models. Prints one line per step: its name, a
/// tab, and what the client got, as JSON. `test_java_client.py` compares the lines of two servers.
public final class JavaClientFlow {
    private static final JsonFormat.Printer JSON = JsonFormat.printer().omittingInsignificantWhitespace();

    private final MlflowClient client;
    private final String prefix;

    private JavaClientFlow(MlflowClient client, String prefix) {
        this.client = client;
        this.prefix = prefix;
    }

    /// @param arguments the server's URL, and what to put before each name
    public static void main(String[] arguments) throws Exception {
        try (MlflowClient client = new MlflowClient(arguments[0])) {
            new JavaClientFlow(client, arguments[1]).play();
        }
    }

    private void play() throws Exception {
        String experiment = experiments();
        String run = runs(experiment);
        searches(experiment);
        context(experiment);
        artifacts(run);
        registry(run);
        trash(experiment, run);
        mistakes(experiment);
    }

    private String experiments() {
        String id = client.createExperiment(prefix + " java");
        ask("experiment", () -> shown(client.getExperiment(id)));
        client.setExperimentTag(id, "team", "växel");
        ask("experiment with tag", () -> shown(client.getExperiment(id)));
        ask("experiment by name", () -> shown(client.getExperimentByName(prefix + " java").orElseThrow()));
        ask("no experiment by name", () -> String.valueOf(client.getExperimentByName(prefix + " none").isPresent()));
        client.renameExperiment(id, prefix + " java renamed");
        ask("experiments found", () -> shownAll(client.searchExperiments("name LIKE '" + prefix + " java%'").getItems()));
        client.createExperiment(prefix + " java second");
        var page = client.searchExperiments(
                "name LIKE '" + prefix + " java%'", Service.ViewType.ACTIVE_ONLY, 1, List.of("name ASC"));
        ask("first page of experiments", () -> "[" + shownAll(page.getItems()) + "," + page.hasNextPage() + "]");
        ask("second page of experiments", () -> {
            var second = page.getNextPage();
            return shownAll(second.getItems());
        });
        return id;
    }

    private String runs(String experiment) {
        String run = client.createRun(Service.CreateRun.newBuilder()
                        .setExperimentId(experiment)
                        .setUserId("ada")
                        .setStartTime(1_500_000_000_000L)
                        .setRunName("first")
                        .addTags(Service.RunTag.newBuilder().setKey("kind").setValue("parent"))
                        .build())
                .getRunId();
        client.logParam(run, "depth", "4");
        client.logMetric(run, "loss", 0.5, 1_500_000_000_001L, 1);
        client.logMetric(run, "loss", 0.25, 1_500_000_000_002L, 2);
        client.logMetric(run, "strange", Double.NaN, 1_500_000_000_003L, 0);
        client.logMetric(run, "endless", Double.POSITIVE_INFINITY, 1_500_000_000_003L, 0);
        client.setTag(run, "note", "{\"a\": [1, 2]}");
        client.setTag(run, "gone", "soon");
        client.deleteTag(run, "gone");
        client.logBatch(
                run,
                List.of(metric("auc", 0.7, 1), metric("auc", 0.8, 2), metric("auc", 0.75, 3)),
                List.of(Service.Param.newBuilder().setKey("lr").setValue("0.1").build()),
                List.of(Service.RunTag.newBuilder().setKey("batch").setValue("yes").build()));
        ask("run", () -> shownRun(client.getRun(run)));
        ask("history", () -> shownAll(client.getMetricHistory(run, "loss")));
        ask("history of a batch", () -> shownAll(client.getMetricHistory(run, "auc")));
        ask("no history", () -> shownAll(client.getMetricHistory(run, "unknown")));
        client.setTerminated(run, Service.RunStatus.FAILED, 1_500_000_001_000L);
        ask("terminated run", () -> shown(client.getRun(run).getInfo()));
        return run;
    }

    private void searches(String experiment) {
        for (int i = 0; i < 5; i++) {
            String run = client.createRun(Service.CreateRun.newBuilder()
                            .setExperimentId(experiment)
                            .setRunName("search " + i)
                            .setStartTime(1_500_000_002_000L + i)
                            .build())
                    .getRunId();
            client.logMetric(run, "score", i / 4.0, 1_500_000_003_000L, 0);
            client.logParam(run, "odd", String.valueOf(i % 2));
        }
        List<String> here = List.of(experiment);
        ask("runs by metric", () -> shownAll(client.searchRuns(here, "metrics.score >= 0.5")));
        ask("runs by param and name", () -> shownAll(client.searchRuns(here, "params.odd = '1' and attributes.run_name LIKE 'search%'")));
        ask("pages of runs", () -> {
            StringBuilder all = new StringBuilder();
            Page<Service.Run> page = client.searchRuns(here, "", Service.ViewType.ACTIVE_ONLY, 2, List.of("metrics.score DESC"));
            for (int n = 0; n < 10; n++) {
                for (Service.Run run : page.getItems()) all.append(run.getInfo().getRunName()).append(", ");
                all.append("| ");
                if (!page.hasNextPage()) break;
                page = page.getNextPage();
            }
            return all.toString();
        });
    }

    private void context(String experiment) {
        MlflowContext context = new MlflowContext(client).setExperimentId(experiment);
        ActiveRun parent = context.startRun("active");
        parent.logParams(Map.of("a", "1", "b", "zwei"));
        parent.logMetrics(Map.of("m", 1.5), 3);
        parent.setTags(Map.of("t", "u"));
        ActiveRun child = context.startRun("child", parent.getId());
        child.endRun();
        parent.endRun();
        ask("active run", () -> shownRun(client.getRun(parent.getId())));
        ask("children", () -> shownAll(client.searchRuns(
                List.of(experiment), "tags.mlflow.parentRunId = '" + parent.getId() + "'")));
    }

    /// The Java client hands artifacts to the `mlflow` program on the path.
    private void artifacts(String run) throws Exception {
        Path folder = Files.createTempDirectory("java-client-");
        Path file = Files.writeString(folder.resolve("note.txt"), "grüße\n");
        client.logArtifact(run, file.toFile(), "texts/deep");
        client.logArtifacts(run, folder.toFile(), "folder");
        ask("artifacts", () -> shownAll(client.listArtifacts(run)));
        ask("artifacts below", () -> shownAll(client.listArtifacts(run, "texts/deep")));
        ask("downloaded", () -> {
            File down = client.downloadArtifacts(run, "texts/deep/note.txt");
            return Files.readString(down.toPath()).strip();
        });
    }

    /// It has no methods of its own to register; what it finds was made with `sendPost`, as its users do.
    private void registry(String run) throws Exception {
        String name = prefix + " model";
        client.sendPost("registered-models/create", "{\"name\": \"" + name + "\"}");
        String source = client.getRun(run).getInfo().getArtifactUri();
        for (String folder : List.of("texts", "folder")) {
            client.sendPost("model-versions/create", "{\"name\": \"" + name + "\", \"source\": \"" + source + "/" + folder
                    + "\", \"run_id\": \"" + run + "\", \"tags\": [{\"key\": \"folder\", \"value\": \"" + folder + "\"}]}");
        }
        client.sendPost("model-versions/transition-stage", "{\"name\": \"" + name
                + "\", \"version\": \"1\", \"stage\": \"Production\", \"archive_existing_versions\": true}");
        client.sendPost("registered-models/alias",
                "{\"name\": \"" + name + "\", \"alias\": \"champion\", \"version\": \"2\"}");
        ask("registered model", () -> shown(client.getRegisteredModel(name)));
        ask("newest versions", () -> shownAll(client.getLatestVersions(name)));
        ask("newest versions of stages", () -> shownAll(client.getLatestVersions(name, List.of("Production", "Staging"))));
        ask("model version", () -> shown(client.getModelVersion(name, "2")));
        ask("no such version", () -> shown(client.getModelVersion(name, "9")));
        ask("no such model", () -> shown(client.getRegisteredModel(prefix + " none")));
        ask("where a version lies", () -> client.getModelVersionDownloadUri(name, "2"));
        ask("versions found", () -> shownAll(client.searchModelVersions("name = '" + name + "'").getItems()));
        var page = client.searchModelVersions("name = '" + name + "'", 1, List.of("version_number ASC"));
        ask("first page of versions", () -> "[" + shownAll(page.getItems()) + "," + page.hasNextPage() + "]");
        ask("second page of versions", () -> {
            var second = page.getNextPage();
            return "[" + shownAll(second.getItems()) + "," + second.hasNextPage() + "]";
        });
        ask("downloaded version", () -> listed(client.downloadModelVersion(name, "1")));
        ask("downloaded newest version", () -> listed(client.downloadLatestModelVersion(name, "Production")));
    }

    private static String listed(File folder) throws Exception {
        try (var files = Files.walk(folder.toPath())) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.toPath().relativize(file).toString())
                    .sorted()
                    .toList()
                    .toString();
        }
    }

    private void trash(String experiment, String run) {
        client.deleteRun(run);
        ask("deleted run", () -> shown(client.getRun(run).getInfo()));
        ask("deleted runs found", () -> shownAll(
                client.searchRuns(List.of(experiment), "", Service.ViewType.DELETED_ONLY)));
        client.restoreRun(run);
        ask("restored run", () -> shown(client.getRun(run).getInfo()));
        client.deleteExperiment(experiment);
        ask("deleted experiment", () -> shown(client.getExperiment(experiment)));
        client.restoreExperiment(experiment);
        ask("restored experiment", () -> shown(client.getExperiment(experiment)));
    }

    private void mistakes(String experiment) {
        ask("the name is taken", () -> client.createExperiment(prefix + " java second"));
        ask("no such run", () -> shownRun(client.getRun("0123456789abcdef0123456789abcdef")));
        ask("no such experiment", () -> shown(client.getExperiment("987654321")));
        ask("a filter that is none", () -> shownAll(client.searchRuns(List.of(experiment), "metrics.score >")));
        ask("a param twice", () -> {
            String run = client.createRun(experiment).getRunId();
            client.logParam(run, "p", "1");
            client.logParam(run, "p", "2");
            return "taken";
        });
    }

    private static Service.Metric metric(String key, double value, long step) {
        return Service.Metric.newBuilder()
                .setKey(key)
                .setValue(value)
                .setTimestamp(1_500_000_000_100L + step)
                .setStep(step)
                .build();
    }

    private static void ask(String step, Callable<String> question) {
        String answer;
        try {
            answer = question.call();
        } catch (MlflowHttpException e) {
            answer = "status " + e.getStatusCode() + " " + e.getBodyMessage();
        } catch (MlflowClientException e) {
            answer = "failed: " + e.getMessage();
        } catch (Exception e) {
            answer = "broke off: " + e;
        }
        System.out.println(step + "\t" + answer.replace("\n", "\\n"));
    }

    /// What a run holds comes in no defined order.
    private static String shownRun(Service.Run run) throws Exception {
        var sorted = run.toBuilder();
        var data = sorted.getDataBuilder();
        var metrics = data.getMetricsList().stream().sorted(Comparator.comparing(Service.Metric::getKey)).toList();
        var params = data.getParamsList().stream().sorted(Comparator.comparing(Service.Param::getKey)).toList();
        var tags = data.getTagsList().stream().sorted(Comparator.comparing(Service.RunTag::getKey)).toList();
        data.clear().addAllMetrics(metrics).addAllParams(params).addAllTags(tags);
        return shown(sorted);
    }

    private static String shown(MessageOrBuilder message) throws Exception {
        return JSON.print(message);
    }

    private static String shownAll(Iterable<? extends MessageOrBuilder> messages) throws Exception {
        StringBuilder all = new StringBuilder("[");
        for (MessageOrBuilder message : messages) all.append(all.length() > 1 ? "," : "").append(shown(message));
        return all.append("]").toString();
    }
}
