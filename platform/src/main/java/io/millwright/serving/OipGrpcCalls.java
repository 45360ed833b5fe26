package io.millwright.serving;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.millwright.http.Reply;
import io.millwright.kernel.ErrorCode;
import io.millwright.kernel.Failure;
import io.millwright.runtime.Field;
import io.millwright.runtime.Output;
import io.millwright.serving.live.LiveEndpoint;
import io.millwright.serving.oip.ModelInferRequest;
import io.millwright.serving.oip.ModelMetadataRequest;
import io.millwright.serving.oip.ModelMetadataResponse;
import io.millwright.serving.oip.ModelReadyRequest;
import io.millwright.serving.oip.ModelReadyResponse;
import io.millwright.serving.oip.RepositoryIndexRequest;
import io.millwright.serving.oip.RepositoryIndexResponse;
import io.millwright.serving.oip.ServerLiveResponse;
import io.millwright.serving.oip.ServerMetadataResponse;
import io.millwright.serving.oip.ServerReadyResponse;
import io.millwright.serving.predict.Predictor;
import io.millwright.serving.wire.OipMessages;
import io.millwright.serving.wire.OipMetadata;

/// Each call of the protocol, from its message to its answer's.
final class OipGrpcCalls {
    private final OipModels models;

    OipGrpcCalls(OipModels models) {
        this.models = models;
    }

    Reply serverLive() {
        return reply(ServerLiveResponse.newBuilder().setLive(true).build());
    }

    Reply serverReady() {
        return reply(ServerReadyResponse.newBuilder().setReady(true).build());
    }

    Reply serverMetadata() {
        return reply(ServerMetadataResponse.newBuilder()
                .setName(OipModels.SERVER)
                .setVersion(models.programVersion())
                .addExtensions("model_repository")
                .build());
    }

    /// One that is being loaded is not ready; one that does not exist is NOT_FOUND.
    Reply modelReady(byte[] message) throws InvalidProtocolBufferException {
        ModelReadyRequest request = ModelReadyRequest.parseFrom(message);
        boolean ready = true;
        try {
            models.requireReady(request.getName(), request.getVersion());
        } catch (Failure failure) {
            if (failure.code() != ErrorCode.UNAVAILABLE) throw failure;
            ready = false;
        }
        return reply(ModelReadyResponse.newBuilder().setReady(ready).build());
    }

    Reply modelMetadata(byte[] message) throws InvalidProtocolBufferException {
        ModelMetadataRequest request = ModelMetadataRequest.parseFrom(message);
        OipModels.Description described = models.describe(request.getName(), request.getVersion());
        ModelMetadataResponse.Builder answer = ModelMetadataResponse.newBuilder()
                .setName(request.getName())
                .addAllVersions(described.versions())
                .setPlatform(described.platform());
        Predictor predictor = described.model().predictor();
        for (Field field : predictor.inputs()) answer.addInputs(OipMetadata.message(field));
        for (Output output : predictor.outputs())
            answer.addOutputs(OipMetadata.message(output, predictor.width(output)));
        return reply(answer.build());
    }

    Reply modelInfer(byte[] message) throws InvalidProtocolBufferException {
        ModelInferRequest request = OipMessages.read(message);
        LiveEndpoint.Answered answered =
                models.predict(request.getModelName(), request.getModelVersion(), OipMessages.frame(request));
        Reply reply = reply(OipMessages.answer(request, answered.variant().version(), answered.answer()));
        return Told.with(reply, answered);
    }

    Reply repositoryIndex(byte[] message) throws InvalidProtocolBufferException {
        RepositoryIndexResponse.Builder answer = RepositoryIndexResponse.newBuilder();
        for (OipModels.Indexed each :
                models.index(RepositoryIndexRequest.parseFrom(message).getReady())) {
            answer.addModelsBuilder()
                    .setName(each.name())
                    .setVersion(each.version())
                    .setState(each.state())
                    .setReason(each.reason());
        }
        return reply(answer.build());
    }

    private static Reply reply(MessageLite message) {
        return Reply.message(message.toByteString().asReadOnlyByteBuffer());
    }
}
