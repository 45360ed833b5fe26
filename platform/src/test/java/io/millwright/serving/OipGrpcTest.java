package io.millwright.serving;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import com.google.protobuf.TextFormat;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.okhttp.OkHttpChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.millwright.server.TestServer;
import io.millwright.serving.oip.ModelInferRequest;
import io.millwright.serving.oip.ModelInferResponse;
import io.millwright.serving.oip.ModelMetadataRequest;
import io.millwright.serving.oip.ModelMetadataResponse;
import io.millwright.serving.oip.ModelReadyRequest;
import io.millwright.serving.oip.ModelReadyResponse;
import io.millwright.serving.oip.RepositoryIndexRequest;
import io.millwright.serving.oip.RepositoryIndexResponse;
import io.millwright.serving.oip.RepositoryModelLoadRequest;
import io.millwright.serving.oip.RepositoryModelLoadResponse;
import io.millwright.serving.oip.RepositoryModelUnloadRequest;
import io.millwright.serving.oip.RepositoryModelUnloadResponse;
import io.millwright.serving.oip.ServerLiveRequest;
import io.millwright.serving.oip.ServerLiveResponse;
import io.millwright.serving.oip.ServerMetadataRequest;
import io.millwright.serving.oip.ServerMetadataResponse;
import io.millwright.serving.oip.ServerReadyRequest;
import io.millwright.serving.oip.ServerReadyResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Endpoints of a whole server, asked by gRPC's own client.
class OipGrpcTest {
    private static ServedModels served;
    private static ManagedChannel channel;

    @BeforeAll
    static void start() {
        served = new ServedModels(TestServer.start(Map.of("server.max-body-size", "2MB")));
        served.register("steps", 1);
        served.deploy("asked", "{\"model\": \"steps/1\"}");
        channel = channel(served.uri());
    }

    @AfterAll
    static void stop() {
        channel.shutdownNow();
        served.close();
    }

    private static ManagedChannel channel(URI server) {
        return OkHttpChannelBuilder.forAddress(server.getHost(), server.getPort())
                .usePlaintext()
                .build();
    }

    // ---------------------------------------------------------------- each call

    @Test
    void the_server_is_live_and_ready_and_tells_its_name() {
        assertThat(call("ServerLive", ServerLiveRequest.getDefaultInstance(), ServerLiveResponse.getDefaultInstance())
                        .getLive())
                .isTrue();
        assertThat(call(
                                "ServerReady",
                                ServerReadyRequest.getDefaultInstance(),
                                ServerReadyResponse.getDefaultInstance())
                        .getReady())
                .isTrue();
        ServerMetadataResponse server = call(
                "ServerMetadata",
                ServerMetadataRequest.getDefaultInstance(),
                ServerMetadataResponse.getDefaultInstance());
        assertThat(server.getName()).isEqualTo("millwright");
        assertThat(server.getVersion()).isNotEmpty();
        assertThat(server.getExtensionsList()).contains("model_repository");
    }

    @Test
    void a_model_is_ready_and_tells_what_it_takes() {
        ModelReadyResponse ready = call(
                "ModelReady",
                ModelReadyRequest.newBuilder().setName("asked").setVersion("1").build(),
                ModelReadyResponse.getDefaultInstance());
        ModelMetadataResponse told = call(
                "ModelMetadata",
                ModelMetadataRequest.newBuilder().setName("asked").build(),
                ModelMetadataResponse.getDefaultInstance());

        assertThat(ready.getReady()).isTrue();
        assertThat(told.getVersionsList()).containsExactly("1");
        assertThat(told.getPlatform()).startsWith("millwright_");
        assertThat(told.getInputs(0).getName()).isEqualTo("x");
        assertThat(told.getInputs(0).getDatatype()).isEqualTo("FP32");
        assertThat(told.getInputs(0).getShapeList()).containsExactly(-1L);
        assertThat(told.getOutputs(0).getName()).isEqualTo("prediction");
    }

    @Test
    void a_model_or_version_that_there_is_not_is_not_found() {
        for (ModelReadyRequest request : new ModelReadyRequest[] {
            ModelReadyRequest.newBuilder().setName("nobody").build(),
            ModelReadyRequest.newBuilder().setName("asked").setVersion("9").build()
        }) {
            StatusRuntimeException refused =
                    refused(() -> call("ModelReady", request, ModelReadyResponse.getDefaultInstance()));

            assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
            assertThat(refused.getStatus().getDescription())
                    .contains(request.getVersion().isEmpty() ? "'nobody'" : "9");
        }
    }

    @Test
    void the_index_lists_the_endpoints() {
        RepositoryIndexResponse index = call(
                "RepositoryIndex",
                RepositoryIndexRequest.newBuilder().setReady(true).build(),
                RepositoryIndexResponse.getDefaultInstance());

        assertThat(index.getModels(0).getName()).isEqualTo("asked");
        assertThat(index.getModels(0).getVersion()).isEqualTo("1");
        assertThat(index.getModels(0).getState()).isEqualTo("READY");
    }

    @Test
    void models_are_not_loaded_by_the_protocol() {
        StatusRuntimeException load = refused(() -> call(
                "RepositoryModelLoad",
                RepositoryModelLoadRequest.newBuilder().setModelName("asked").build(),
                RepositoryModelLoadResponse.getDefaultInstance()));
        StatusRuntimeException unload = refused(() -> call(
                "RepositoryModelUnload",
                RepositoryModelUnloadRequest.newBuilder().setModelName("asked").build(),
                RepositoryModelUnloadResponse.getDefaultInstance()));

        assertThat(load.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(load).hasMessageContaining("Models are not loaded by this protocol");
        assertThat(unload.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(unload).hasMessageContaining("Models are not unloaded by this protocol");
    }

    @ParameterizedTest
    @ValueSource(strings = {"inference.GRPCInferenceService/ModelStatistics", "grpc.health.v1.Health/Check"})
    void a_call_that_there_is_not_is_unimplemented(String method) {
        StatusRuntimeException refused = refused(() -> ClientCalls.blockingUnaryCall(
                channel,
                method(method, ServerLiveResponse.getDefaultInstance()),
                CallOptions.DEFAULT,
                ServerLiveRequest.getDefaultInstance()));

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
    }

    // ---------------------------------------------------------------- tensors

    @Test
    void typed_contents_are_answered_with_contents() {
        ModelInferResponse answer = infer(request("""
                id: "7 %é" model_name: "asked"
                inputs { name: "x" datatype: "FP64" shape: 3 contents { fp64_contents: [3, 30, nan] } }"""));

        assertThat(answer.getId()).isEqualTo("7 %é");
        assertThat(answer.getModelName()).isEqualTo("asked");
        assertThat(answer.getModelVersion()).isEqualTo("1");
        assertThat(answer.getOutputs(0).getName()).isEqualTo("prediction");
        assertThat(answer.getOutputs(0).getDatatype()).isEqualTo("FP32");
        assertThat(answer.getOutputs(0).getShapeList()).containsExactly(3L);
        assertThat(answer.getOutputs(0).getContents().getFp32ContentsList()).containsExactly(1f, 1.5f, 1.5f);
        assertThat(answer.getRawOutputContentsCount()).isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            BOOL   | bool_contents: [true, false]
            INT8   | int_contents: [1, 11]
            INT16  | int_contents: [1, 11]
            INT32  | int_contents: [1, 11]
            INT64  | int64_contents: [1, 11]
            UINT8  | uint_contents: [1, 11]
            UINT16 | uint_contents: [1, 11]
            UINT32 | uint_contents: [1, 4294967295]
            UINT64 | uint64_contents: [1, 11]
            FP32   | fp32_contents: [1, 11]
            FP64   | fp64_contents: [1, 11]
            """)
    void every_datatype_has_its_field(String datatype, String contents) {
        ModelInferResponse answer = infer(request("""
                model_name: "asked"
                inputs { name: "x" datatype: "%s" shape: [2, 1] contents { %s } }""".formatted(datatype, contents)));

        assertThat(answer.getOutputs(0).getContents().getFp32ContentsList())
                .containsExactly(1f, datatype.equals("BOOL") ? 1f : 1.5f);
    }

    @Test
    void raw_contents_are_answered_raw() {
        ModelInferResponse answer = infer(
                request("""
                        model_name: "asked" inputs { name: "x" datatype: "FP64" shape: 2 }
                        outputs { name: "prediction" }""").toBuilder().addRawInputContents(doubles(3, 30)).build());

        assertThat(answer.getOutputs(0).hasContents()).isFalse();
        ByteBuffer raw = answer.getRawOutputContents(0).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        assertThat(new float[] {raw.getFloat(), raw.getFloat()}).containsExactly(1f, 1.5f);
        assertThat(raw.hasRemaining()).isFalse();
    }

    /// More than is sent at once.
    @Test
    void a_long_answer_is_whole() {
        int rows = 100_000;
        ByteBuffer halves = ByteBuffer.allocate(2 * rows).order(ByteOrder.LITTLE_ENDIAN);
        while (halves.hasRemaining()) halves.putShort(Float.floatToFloat16(30));
        ModelInferResponse answer = infer(
                request("model_name: 'asked' inputs { name: 'x' datatype: 'FP16' shape: %d }".formatted(rows))
                        .toBuilder()
                        .addRawInputContents(ByteString.copyFrom(halves.flip()))
                        .build());

        ByteBuffer raw = answer.getRawOutputContents(0).asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        assertThat(raw.remaining()).isEqualTo(4 * rows);
        assertThat(raw.getFloat(4 * (rows - 1))).isEqualTo(1.5f);
    }

    @Test
    void a_column_that_nobody_reads_is_told_of_in_the_metadata() {
        AtomicReference<Metadata> headers = new AtomicReference<>();
        io.grpc.Channel listening = ClientInterceptors.intercept(
                channel, MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()));

        ModelInferResponse answer = ClientCalls.blockingUnaryCall(
                listening,
                method("inference.GRPCInferenceService/ModelInfer", ModelInferResponse.getDefaultInstance()),
                CallOptions.DEFAULT,
                request("""
                        model_name: "asked" inputs { name: "x" shape: 1 datatype: "FP64" contents { fp64_contents: 3 } }
                        inputs { name: "z" shape: 1 datatype: "FP64" contents { fp64_contents: 1 } }"""));

        assertThat(answer.getOutputs(0).getContents().getFp32Contents(0)).isEqualTo(1f);
        assertThat(headers.get().get(Metadata.Key.of("x-millwright-warnings", Metadata.ASCII_STRING_MARSHALLER)))
                .isEqualTo("extra-column;column=\"z\";count=1");
    }

    @Test
    void a_packed_message_is_unpacked() {
        ModelInferRequest request = request("""
                model_name: "asked" inputs { name: "x" datatype: "FP64" shape: 1 contents { fp64_contents: 3 } }""");

        ModelInferResponse answer = ClientCalls.blockingUnaryCall(
                channel,
                method("inference.GRPCInferenceService/ModelInfer", ModelInferResponse.getDefaultInstance()),
                CallOptions.DEFAULT.withCompression("gzip"),
                request);

        assertThat(answer.getOutputs(0).getContents().getFp32Contents(0)).isEqualTo(1f);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                                                                                                             | empty
            inputs { shape: 1 datatype: "FP64" contents { fp64_contents: 1 } }                               | no 'name'
            inputs { name: "x" datatype: "FP64" contents { fp64_contents: 1 } }                              | empty
            inputs { name: "x" shape: 1 contents { fp64_contents: 1 } }                                      | no 'datatype'
            inputs { name: "x" shape: 1 datatype: "FP64" }                                                   | no 'contents'
            inputs { name: "x" shape: 1 datatype: "DOUBLE" contents { fp64_contents: 1 } }                   | 'DOUBLE'
            inputs { name: "x" shape: 2 datatype: "FP64" contents { fp64_contents: 1 } }                     | has 1 values, its shape [2] wants 2
            inputs { name: "x" shape: -1 datatype: "FP64" contents { fp64_contents: 1 } }                    | 0 to 2147483647
            inputs { name: "x" shape: 9223372036854775807 datatype: "FP64" contents { fp64_contents: 1 } }   | 0 to 2147483647
            inputs { name: "x" shape: [2147483647, 2147483647, 2147483647] datatype: "FP64" contents { fp64_contents: 1 } } | 2^31
            inputs { name: "x" shape: [1, 1, 1, 1, 1, 1, 1, 1, 1] datatype: "FP64" contents { fp64_contents: 1 } } | longer than 8
            inputs { name: "x" shape: 1 datatype: "BYTES" contents { bytes_contents: "a" } }                 | texts
            inputs { name: "x" shape: 1 datatype: "FP64" contents { bytes_contents: "a" } }                  | text
            inputs { name: "x" shape: 1 datatype: "FP64" contents { fp32_contents: 1 } }                     | another type
            inputs { name: "x" shape: 1 datatype: "FP16" contents { fp32_contents: 1 } }                     | raw_input_contents
            inputs { name: "x" shape: [1, 2] datatype: "FP64" contents { fp64_contents: [1, 2] } }           | 2 values a row
            inputs { name: "y" shape: 1 datatype: "FP64" contents { fp64_contents: 1 } } inputs { name: "z" shape: 1 datatype: "FP64" contents { fp64_contents: 1 } } | reads 'x'
            inputs { name: "x" shape: 1 datatype: "FP64" contents { fp64_contents: 1 } } inputs { name: "x" shape: 1 datatype: "FP64" contents { fp64_contents: 1 } } | Two inputs
            inputs { name: "x" shape: 1 datatype: "FP64" contents { fp64_contents: 1 } } inputs { name: "z" shape: 2 datatype: "FP64" contents { fp64_contents: [1, 2] } } | has 2 rows
            inputs { name: "x" shape: 1 datatype: "INT64" contents { int64_contents: 9007199254740993 } }    | 2^53
            inputs { name: "x" shape: 1 datatype: "UINT64" contents { uint64_contents: 18446744073709551615 } } | 18446744073709551615
            inputs { name: "x" shape: 1 datatype: "FP64" contents { fp64_contents: 1 } } outputs { name: "nope" } | no output 'nope'
            inputs { name: "x" shape: 1 datatype: "FP64" contents { fp64_contents: 1 } } raw_input_contents: "12345678" | beside
            inputs { name: "x" shape: 1 datatype: "FP64" } raw_input_contents: ["12345678", "12345678"]      | 2 raw_input_contents for 1 inputs
            inputs { name: "x" shape: 1 datatype: "FP64" } raw_input_contents: "1234567"                     | has 0 values
            inputs { name: "x" shape: 1 datatype: "FP64" } raw_input_contents: "123456789"                   | multiple of 8
            inputs { name: "x" shape: 1 datatype: "UINT64" } raw_input_contents: "\\377\\377\\377\\377\\377\\377\\377\\377" | 2^53
            inputs { name: "x" shape: 2 datatype: "BYTES" } raw_input_contents: "\\001\\000\\000\\000a\\011\\000\\000\\000" | ends in value 1
            inputs { name: "x" shape: 1 datatype: "BYTES" } raw_input_contents: "\\377\\377\\377\\377"       | ends in value 0
            inputs { name: "x" shape: 1 datatype: "BYTES" } raw_input_contents: "\\000\\000\\000\\000\\000"  | has 2 values
            inputs { name: "x" shape: [2147483647, 2147483647] datatype: "BYTES" } raw_input_contents: ""    | has 0 values
            """)
    void a_malformed_request_is_told_what_is_wrong(@Nullable String text, String told) {
        ModelInferRequest request = request("model_name: \"asked\" " + (text == null ? "" : text));

        StatusRuntimeException refused = refused(() -> infer(request));

        assertThat(refused.getStatus().getCode()).as(refused.toString()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused.getStatus().getDescription()).contains(told);
    }

    @Test
    void what_is_no_message_of_the_call_is_told_so() {
        MethodDescriptor<byte[], ModelInferResponse> method = MethodDescriptor.<byte[], ModelInferResponse>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("inference.GRPCInferenceService/ModelInfer")
                .setRequestMarshaller(new MethodDescriptor.Marshaller<>() {
                    @Override
                    public InputStream stream(byte[] value) {
                        return new ByteArrayInputStream(value);
                    }

                    @Override
                    public byte[] parse(InputStream stream) {
                        throw new IllegalStateException();
                    }
                })
                .setResponseMarshaller(marshaller(ModelInferResponse.getDefaultInstance()))
                .build();

        StatusRuntimeException refused = refused(
                () -> ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, new byte[] {0x2a, 0x7f, 1}));

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused).hasMessageContaining("no ModelInferRequest");
    }

    // ---------------------------------------------------------------- the walls

    @Test
    void a_body_that_is_too_large_exhausts_its_resources() {
        StatusRuntimeException refused = refused(() ->
                infer(request("model_name: 'asked' inputs { name: 'x' datatype: 'FP64' shape: 1000000 }").toBuilder()
                        .addRawInputContents(ByteString.copyFrom(new byte[8_000_000]))
                        .build()));

        assertThat(refused.getStatus().getCode()).as(refused.toString()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(refused).hasMessageContaining("server.max-body-size");
    }

    /// Two bytes each on the wire, and an object each here.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_body_of_too_many_parts_exhausts_its_resources(boolean texts) {
        ModelInferRequest.Builder request = ModelInferRequest.newBuilder().setModelName("asked");
        if (texts) {
            var contents = request.addInputsBuilder().getContentsBuilder();
            for (int i = 0; i < 500_000; i++) contents.addBytesContents(ByteString.EMPTY);
        } else {
            for (int i = 0; i < 500_001; i++)
                request.addInputs(ModelInferRequest.InferInputTensor.getDefaultInstance());
        }

        StatusRuntimeException refused = refused(() -> infer(request.build()));

        assertThat(refused.getStatus().getCode()).as(refused.toString()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(refused).hasMessageContaining("more than 500,000");
    }

    @Test
    void a_call_past_its_deadline_is_not_answered() {
        StatusRuntimeException refused = refused(() -> ClientCalls.blockingUnaryCall(
                channel,
                method("inference.GRPCInferenceService/ServerLive", ServerLiveResponse.getDefaultInstance()),
                CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.NANOSECONDS),
                ServerLiveRequest.getDefaultInstance()));

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    /// The client of gRPC keeps the deadline itself; one that does not is told by the server.
    @Test
    void the_server_keeps_the_deadline_too() {
        StatusRuntimeException refused = refused(() -> ClientCalls.blockingUnaryCall(
                with("grpc-timeout", "1n", channel),
                method("inference.GRPCInferenceService/ServerLive", ServerLiveResponse.getDefaultInstance()),
                CallOptions.DEFAULT,
                ServerLiveRequest.getDefaultInstance()));

        assertThat(refused.getStatus().getCode()).as(refused.toString()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }

    @Test
    void a_workspace_that_is_no_name_is_refused() {
        StatusRuntimeException refused = refused(() -> index(with("x-mlflow-workspace", "No Name", channel)));

        assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(refused).hasMessageContaining("X-MLFLOW-WORKSPACE");
    }

    @Test
    void a_host_that_the_server_is_not_known_under_is_refused() {
        ManagedChannel elsewhere = OkHttpChannelBuilder.forAddress(
                        served.uri().getHost(), served.uri().getPort())
                .usePlaintext()
                .overrideAuthority("evil.example")
                .build();
        try {
            StatusRuntimeException refused = refused(() -> ClientCalls.blockingUnaryCall(
                    elsewhere,
                    method("inference.GRPCInferenceService/ServerLive", ServerLiveResponse.getDefaultInstance()),
                    CallOptions.DEFAULT,
                    ServerLiveRequest.getDefaultInstance()));

            assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
            assertThat(refused).hasMessageContaining("evil.example");
        } finally {
            elsewhere.shutdownNow();
        }
    }

    @Test
    void who_asks_is_told_by_metadata() throws Exception {
        try (TestServer server = TestServer.start(Map.of("server.authentication", "on"));
                HttpClient web = HttpClient.newHttpClient()) {
            String admin = "Bearer " + server.administratorToken();
            HttpRequest newUser = HttpRequest.newBuilder(server.uri().resolve("/api/millwright/v1/users"))
                    .header("authorization", admin)
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"name\": \"ann\", \"password\": \"long enough\"}"))
                    .build();
            assertThat(web.send(newUser, HttpResponse.BodyHandlers.ofString()).statusCode())
                    .isEqualTo(201);
            String ann = "Basic " + Base64.getEncoder().encodeToString("ann:long enough".getBytes(UTF_8));
            ManagedChannel guarded = channel(server.uri());
            try {
                assertThat(call(
                                        guarded,
                                        "ServerLive",
                                        ServerLiveRequest.getDefaultInstance(),
                                        ServerLiveResponse.getDefaultInstance())
                                .getLive())
                        .isTrue();
                assertThat(refused(() -> index(guarded)).getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
                assertThat(refused(() -> index(as("Bearer mw_nobody", guarded)))
                                .getStatus()
                                .getCode())
                        .isEqualTo(Status.Code.UNAUTHENTICATED);
                StatusRuntimeException withoutRights = refused(() -> index(as(ann, guarded)));
                assertThat(withoutRights.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
                assertThat(withoutRights).hasMessageContaining("'ann' has no right to read");
                assertThat(index(as(admin, guarded)).getModelsCount()).isZero();
            } finally {
                guarded.shutdownNow();
            }
        }
    }

    private static io.grpc.Channel as(String authorization, io.grpc.Channel channel) {
        return with("authorization", authorization, channel);
    }

    private static RepositoryIndexResponse index(io.grpc.Channel channel) {
        return call(
                channel,
                "RepositoryIndex",
                RepositoryIndexRequest.getDefaultInstance(),
                RepositoryIndexResponse.getDefaultInstance());
    }

    private static io.grpc.Channel with(String header, String value, io.grpc.Channel channel) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER), value);
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    @Test
    void who_does_not_speak_grpc_is_told_so_in_json() {
        var answer = served.post("/inference.GRPCInferenceService/ModelInfer", "{}");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(ServedModels.JSON.readTree(answer.body()).path("error").asString())
                .contains("application/grpc");
    }

    @Test
    void calls_are_measured_by_what_came_of_them() {
        refused(() -> infer(request("model_name: 'nobody'")));

        assertThat(served.get("/metrics").body())
                .containsPattern("millwright_http_requests_total\\{method=\"POST\","
                        + "route=\"/inference.GRPCInferenceService/ModelInfer\",status=\"4xx\"\\}");
    }

    // ---------------------------------------------------------------- calling

    private static ModelInferRequest request(String text) {
        try {
            return TextFormat.parse(text, ModelInferRequest.class);
        } catch (TextFormat.ParseException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static ByteString doubles(double... values) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) bytes.putDouble(value);
        return ByteString.copyFrom(bytes.flip());
    }

    private static ModelInferResponse infer(ModelInferRequest request) {
        return call("ModelInfer", request, ModelInferResponse.getDefaultInstance());
    }

    private static <A extends Message> A call(String method, Message request, A answer) {
        return call(channel, method, request, answer);
    }

    static <A extends Message> A call(io.grpc.Channel channel, String method, Message request, A answer) {
        return ClientCalls.blockingUnaryCall(
                channel,
                method("inference.GRPCInferenceService/" + method, answer),
                CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS),
                request);
    }

    private static StatusRuntimeException refused(Runnable call) {
        StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call::run);
        assertThat(refused).isNotNull();
        return refused;
    }

    private static <A extends Message> MethodDescriptor<Message, A> method(String name, A answer) {
        return MethodDescriptor.<Message, A>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(name)
                .setRequestMarshaller(marshaller(ServerLiveRequest.getDefaultInstance()))
                .setResponseMarshaller(marshaller(answer))
                .build();
    }

    @SuppressWarnings("unchecked") // A message's parser makes messages of its kind.
    private static <M extends MessageLite, A extends M> MethodDescriptor.Marshaller<M> marshaller(A example) {
        return new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(M value) {
                return new ByteArrayInputStream(value.toByteArray());
            }

            @Override
            public M parse(InputStream stream) {
                try {
                    return (M) example.getParserForType().parseFrom(stream.readAllBytes());
                } catch (InvalidProtocolBufferException e) {
                    throw new IllegalStateException(e);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }
}
