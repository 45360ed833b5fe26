package io.millwright.serving.wire;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import io.millwright.kernel.Failure;
import io.millwright.serving.oip.InferTensorContents;
import io.millwright.serving.oip.ModelInferRequest;
import io.millwright.serving.oip.ModelInferRequest.InferInputTensor;
import io.millwright.serving.oip.ModelInferRequest.InferRequestedOutputTensor;
import io.millwright.serving.oip.ModelInferResponse;
import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Rows as the Open Inference Protocol writes them over gRPC: typed, in the contents of each tensor, or raw beside all
/// of them.
public final class OipMessages {
    /// Of tensors, texts and parameters: each may be two bytes long and becomes an object of some hundred.
    private static final int MOST_PARTS = 500_000;

    private OipMessages() {}

    /// @param message not changed afterwards: what is raw is read where it lies
    /// @throws Failure TOO_LARGE
    public static ModelInferRequest read(byte[] message) throws InvalidProtocolBufferException {
        CodedInputStream in = UnsafeByteOperations.unsafeWrap(message).newCodedInput();
        in.enableAliasing(true);
        try {
            countParts(CodedInputStream.newInstance(message), 0, 0);
            return ModelInferRequest.parseFrom(in);
        } catch (InvalidProtocolBufferException e) {
            throw e;
        } catch (IOException e) {
            throw new InvalidProtocolBufferException(e);
        }
    }

    /// Counts before anything is made of them.
    ///
    /// @param depth 0 in a request, 1 in its inputs and outputs, 2 in contents, where texts are
    private static int countParts(CodedInputStream in, int depth, int before) throws IOException {
        int parts = before;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                if (!in.skipField(tag)) return parts;
                continue;
            }
            if (++parts > MOST_PARTS) {
                throw TOO_LARGE.because(
                        "The request holds more than %,d tensors, texts and parameters. Send less at a time, or texts"
                                + " in raw_input_contents.",
                        MOST_PARTS);
            }
            if (isNested(depth, WireFormat.getTagFieldNumber(tag))) {
                int end = in.pushLimit(in.readRawVarint32());
                parts = countParts(in, depth + 1, parts);
                in.popLimit(end);
            } else {
                in.skipField(tag);
            }
        }
        return parts;
    }

    private static boolean isNested(int depth, int field) {
        return depth == 0
                ? field == ModelInferRequest.INPUTS_FIELD_NUMBER || field == ModelInferRequest.OUTPUTS_FIELD_NUMBER
                : depth == 1 && field == InferInputTensor.CONTENTS_FIELD_NUMBER;
    }

    /// @throws Failure INVALID_ARGUMENT
    public static Frame frame(ModelInferRequest request) {
        int count = request.getInputsCount();
        int raw = request.getRawInputContentsCount();
        if (count > Tensors.MOST) throw INVALID_ARGUMENT.because("More than %d inputs.", Tensors.MOST);
        if (raw > 0 && raw != count) {
            throw INVALID_ARGUMENT.because(
                    "There are %d raw_input_contents for %d inputs, expected one for each, or none.", raw, count);
        }
        Tensors tensors = new Tensors(count);
        for (int i = 0; i < count; i++) {
            InferInputTensor input = request.getInputs(i);
            Tensor tensor = tensors.next(Tensor.of(input.getName(), input.getDatatype(), shape(input)));
            if (raw > 0 && input.hasContents()) {
                throw INVALID_ARGUMENT.because(
                        "Input '%s' has contents beside the request's raw_input_contents, expected one of them.",
                        input.getName());
            }
            tensors.add(
                    raw > 0
                            ? tensor.column(request.getRawInputContents(i).asReadOnlyByteBuffer())
                            : column(tensor, input));
        }
        return tensors.frame();
    }

    private static long[] shape(InferInputTensor input) {
        long[] shape = new long[input.getShapeCount()];
        for (int i = 0; i < shape.length; i++) shape[i] = input.getShape(i);
        return shape;
    }

    private static Column column(Tensor tensor, InferInputTensor input) {
        if (!input.hasContents() && tensor.count() > 0) {
            throw INVALID_ARGUMENT.because("Input '%s' has no 'contents'.", tensor.name());
        }
        InferTensorContents contents = input.getContents();
        int all = contents.getBoolContentsCount()
                + contents.getIntContentsCount()
                + contents.getInt64ContentsCount()
                + contents.getUintContentsCount()
                + contents.getUint64ContentsCount()
                + contents.getFp32ContentsCount()
                + contents.getFp64ContentsCount()
                + contents.getBytesContentsCount();
        int count = count(tensor, contents);
        if (all != count) {
            throw INVALID_ARGUMENT.because(
                    "The contents of input '%s' are %s, its datatype is %s: %d of %d values lie in its field.",
                    tensor.name(),
                    contents.getBytesContentsCount() > 0 ? "text" : "numbers of another type",
                    tensor.datatype(),
                    count,
                    all);
        }
        tensor.requireCount(count);
        if (tensor.datatype() == Datatype.BYTES) {
            @Nullable String[] texts = new String[count];
            for (int i = 0; i < count; i++)
                texts[i] = contents.getBytesContents(i).toStringUtf8();
            return tensor.column(texts);
        }
        double[] numbers = new double[count];
        for (int i = 0; i < count; i++) numbers[i] = number(tensor.datatype(), contents, i);
        return tensor.column(numbers);
    }

    private static int count(Tensor tensor, InferTensorContents contents) {
        return switch (tensor.datatype()) {
            case BOOL -> contents.getBoolContentsCount();
            case INT8, INT16, INT32 -> contents.getIntContentsCount();
            case INT64 -> contents.getInt64ContentsCount();
            case UINT8, UINT16, UINT32 -> contents.getUintContentsCount();
            case UINT64 -> contents.getUint64ContentsCount();
            case FP32 -> contents.getFp32ContentsCount();
            case FP64 -> contents.getFp64ContentsCount();
            case BYTES -> contents.getBytesContentsCount();
            case FP16 ->
                throw INVALID_ARGUMENT.because(
                        "Input '%s' is FP16, for which contents have no field: send it in raw_input_contents.",
                        tensor.name());
        };
    }

    private static double number(Datatype datatype, InferTensorContents contents, int at) {
        return switch (datatype) {
            case BOOL -> contents.getBoolContents(at) ? 1 : 0;
            case INT8, INT16, INT32 -> contents.getIntContents(at);
            case INT64 -> Datatype.whole(contents.getInt64Contents(at));
            case UINT8, UINT16, UINT32 -> Integer.toUnsignedLong(contents.getUintContents(at));
            case UINT64 -> Datatype.unsigned(contents.getUint64Contents(at));
            case FP32 -> contents.getFp32Contents(at);
            case FP64 -> contents.getFp64Contents(at);
            case FP16, BYTES -> throw new IllegalStateException(datatype + " has no field of numbers");
        };
    }

    /// Raw when the request was, else typed.
    ///
    /// @param version which answered
    /// @throws Failure INVALID_ARGUMENT when an output is asked for that there is not
    public static ModelInferResponse answer(ModelInferRequest request, String version, Frame answer) {
        if (request.getOutputsCount() > Tensors.MOST_OUTPUTS)
            throw INVALID_ARGUMENT.because("More than %d outputs are asked for.", Tensors.MOST_OUTPUTS);
        List<String> names = request.getOutputsList().stream()
                .map(InferRequestedOutputTensor::getName)
                .toList();
        boolean raw = request.getRawInputContentsCount() > 0;
        ModelInferResponse.Builder message = ModelInferResponse.newBuilder()
                .setModelName(request.getModelName())
                .setModelVersion(version)
                .setId(request.getId());
        for (Column column : Tensors.wanted(names, answer)) {
            ModelInferResponse.InferOutputTensor.Builder output = message.addOutputsBuilder()
                    .setName(column.name())
                    .setDatatype(Datatype.of(column.type()).name())
                    .addShape(answer.rows());
            if (!column.isFlat()) output.addShape(column.width());
            if (raw) message.addRawOutputContents(UnsafeByteOperations.unsafeWrap(OipAnswer.bytes(column)));
            else output.setContents(contents(column));
        }
        return message.build();
    }

    private static InferTensorContents contents(Column column) {
        InferTensorContents.Builder contents = InferTensorContents.newBuilder();
        for (@Nullable String text : column.texts())
            contents.addBytesContents(text == null ? ByteString.EMPTY : ByteString.copyFromUtf8(text));
        for (double number : column.numbers()) {
            switch (column.type()) {
                case BOOLEAN -> contents.addBoolContents(number != 0);
                case INT32 -> contents.addIntContents((int) number);
                case INT64 -> contents.addInt64Contents((long) number);
                case FLOAT32 -> contents.addFp32Contents((float) number);
                case FLOAT64 -> contents.addFp64Contents(number);
                case TEXT -> throw new IllegalStateException("texts are no numbers");
            }
        }
        return contents.build();
    }
}
