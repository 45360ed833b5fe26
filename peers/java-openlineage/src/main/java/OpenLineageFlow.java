import io.openlineage.client.OpenLineage;
import io.openlineage.client.OpenLineageClient;
import io.openlineage.client.transports.ApiKeyTokenProvider;
import io.openlineage.client.transports.HttpConfig;
import io.openlineage.client.transports.HttpTransport;
import java.net.URI;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.UUID;

/// What a job does that tells its lineage with OpenLineage's Java client: a run that starts and completes, with the
/// columns of what it wrote, a job as such, and a dataset. Prints the run's id, or why the client gave up.
public final class OpenLineageFlow {
    private static final OpenLineage OPEN_LINEAGE = new OpenLineage(URI.create("https://example.org/java"));

    /// @param arguments the server's URL, a token or nothing, and the name of the dataset that is written
    public static void main(String[] arguments) throws Exception {
        HttpConfig config = new HttpConfig();
        config.setUrl(URI.create(arguments[0]));
        config.setCompression(HttpConfig.Compression.GZIP);
        if (!arguments[1].isEmpty()) {
            ApiKeyTokenProvider key = new ApiKeyTokenProvider();
            key.setApiKey(arguments[1]);
            config.setAuth(key);
        }
        try (OpenLineageClient client = new OpenLineageClient(new HttpTransport(config))) {
            UUID run = UUID.randomUUID();
            client.emit(event(OpenLineage.RunEvent.EventType.START, run, arguments[2]));
            client.emit(event(OpenLineage.RunEvent.EventType.COMPLETE, run, arguments[2]));
            client.emit(OPEN_LINEAGE
                    .newJobEventBuilder()
                    .eventTime(now())
                    .job(OPEN_LINEAGE.newJob("java", "static", null))
                    .inputs(List.of(OPEN_LINEAGE
                            .newInputDatasetBuilder()
                            .namespace("kafka://broker:9092")
                            .name("java-static-in")
                            .build()))
                    .outputs(List.of(OPEN_LINEAGE
                            .newOutputDatasetBuilder()
                            .namespace("kafka://broker:9092")
                            .name("java-static-out")
                            .build()))
                    .build());
            client.emit(OPEN_LINEAGE
                    .newDatasetEventBuilder()
                    .eventTime(now())
                    .dataset(OPEN_LINEAGE
                            .newStaticDatasetBuilder()
                            .namespace("kafka://broker:9092")
                            .name("java-view")
                            .facets(facets("b", "kafka://broker:9092", "java-static-out", "a"))
                            .build())
                    .build());
            System.out.println("run\t" + run);
        } catch (RuntimeException e) {
            System.out.println("refused\t" + e);
        }
    }

    private static OpenLineage.RunEvent event(OpenLineage.RunEvent.EventType type, UUID run, String output) {
        return OPEN_LINEAGE
                .newRunEventBuilder()
                .eventType(type)
                .eventTime(now())
                .run(OPEN_LINEAGE.newRun(run, null))
                .job(OPEN_LINEAGE.newJob("java", "load", null))
                .inputs(List.of(OPEN_LINEAGE
                        .newInputDatasetBuilder()
                        .namespace("postgres://db:5432")
                        .name("shop.public.java_orders")
                        .build()))
                .outputs(List.of(OPEN_LINEAGE
                        .newOutputDatasetBuilder()
                        .namespace("millwright")
                        .name(output)
                        .facets(facets("year", "postgres://db:5432", "shop.public.java_orders", "ordered_at"))
                        .build()))
                .build();
    }

    private static OpenLineage.DatasetFacets facets(String field, String namespace, String name, String origin) {
        OpenLineage.InputField from = OPEN_LINEAGE
                .newInputFieldBuilder()
                .namespace(namespace)
                .name(name)
                .field(origin)
                .transformations(List.of(OPEN_LINEAGE.newInputFieldTransformations("DIRECT", "TRANSFORMATION", "", false)))
                .build();
        OpenLineage.ColumnLineageDatasetFacetFieldsAdditional fields = OPEN_LINEAGE
                .newColumnLineageDatasetFacetFieldsAdditionalBuilder()
                .inputFields(List.of(from))
                .build();
        return OPEN_LINEAGE
                .newDatasetFacetsBuilder()
                .columnLineage(OPEN_LINEAGE
                        .newColumnLineageDatasetFacetBuilder()
                        .fields(OPEN_LINEAGE
                                .newColumnLineageDatasetFacetFieldsBuilder()
                                .put(field, fields)
                                .build())
                        .build())
                .build();
    }

    private static ZonedDateTime now() {
        return ZonedDateTime.now(ZoneOffset.UTC);
    }
}
