package io.millwright.serving;

import static io.millwright.kernel.ErrorCode.MALFORMED_REQUEST;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Dialect;
import io.millwright.http.Handler;
import io.millwright.http.Need;
import io.millwright.http.PromptHandler;
import io.millwright.http.Route;
import io.millwright.http.Routes;
import io.millwright.kernel.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// The Open Inference Protocol, version 2, over gRPC: to the server each method is a route whose body is a message.
///
/// The messages' classes are loaded with the first call, by [OipGrpcCalls], not with the server.
final class OipGrpcApi {
    private static final String SERVICE = "/inference.GRPCInferenceService/";

    /// Field 1, of bytes that have their length before them.
    private static final byte NAME_FIRST = 1 << 3 | 2;

    private final OipModels models;

    OipGrpcApi(OipModels models) {
        this.models = models;
    }

    void addRoutes(Routes routes) {
        on(routes, Need.PUBLIC, "ServerLive", "Whether the server is up", call -> calls().serverLive());
        on(routes, Need.PUBLIC, "ServerReady", "Whether the server takes requests", call -> calls().serverReady());
        on(
                routes,
                Need.PUBLIC,
                "ServerMetadata",
                "The server and the extensions it knows",
                call -> calls().serverMetadata());
        on(routes, Need.READ, "ModelReady", "Whether an endpoint answers", call -> calls().modelReady(call.body()));
        on(
                routes,
                Need.READ,
                "ModelMetadata",
                "What an endpoint takes and answers",
                call -> calls().modelMetadata(call.body()));
        on(
                routes,
                Need.READ,
                "ModelInfer",
                "Answers rows by the model whose turn it is",
                PromptHandler.of(call -> calls().modelInfer(call.body()), this::isPrompt));
        on(
                routes,
                Need.READ,
                "RepositoryIndex",
                "The endpoints, and whether each answers",
                call -> calls().repositoryIndex(call.body()));
        on(routes, Need.READ, "RepositoryModelLoad", "Refused: models are deployed", call -> {
            throw OipModels.deployedInstead("load");
        });
        on(routes, Need.READ, "RepositoryModelUnload", "Refused: models are deployed", call -> {
            throw OipModels.deployedInstead("unload");
        });
    }

    private static void on(Routes routes, Need need, String method, String summary, Handler handler) {
        Handler checked = call -> {
            try {
                return handler.handle(call);
            } catch (IOException e) { // What is no message is one to protobuf.
                throw malformed(method);
            }
        };
        Handler added = handler instanceof PromptHandler prompt ? PromptHandler.of(checked, prompt::isPrompt) : checked;
        routes.add(new Route("POST", SERVICE + method, Dialect.GRPC, BodyKind.MESSAGE, summary, need, added));
    }

    /// By the model's name, which every client writes first. Another message is answered all the same, by another
    /// thread.
    private boolean isPrompt(Call call) {
        byte[] message = call.body();
        if (message.length < 2 || message[0] != NAME_FIRST || message[1] < 0 || message.length < 2 + message[1])
            return false;
        String name = new String(message, 2, message[1], StandardCharsets.UTF_8);
        return models.isPrompt(name, message.length);
    }

    private OipGrpcCalls calls() {
        return new OipGrpcCalls(models);
    }

    private static Failure malformed(String method) {
        return MALFORMED_REQUEST.because("The message is no %sRequest of the package inference.", method);
    }
}
