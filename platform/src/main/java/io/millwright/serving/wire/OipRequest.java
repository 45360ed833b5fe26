package io.millwright.serving.wire;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.MALFORMED_REQUEST;

import io.millwright.http.Json;
import io.millwright.kernel.Failure;
import io.millwright.serving.predict.Column;
import io.millwright.serving.predict.Frame;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// An inference request of the Open Inference Protocol, version 2, over REST; with the binary tensor
/// data extension.
///
/// @param id the caller's own, empty without one
/// @param outputs which are asked for; empty for all
/// @param binary whether outputs that say nothing of it are answered as binary
public record OipRequest(String id, Frame frame, List<Wanted> outputs, boolean binary) {
    /// @param binary whether it is answered as binary; absent when the request says nothing of it
    public record Wanted(String name, Optional<Boolean> binary) {}

    public OipRequest {
        outputs = List.copyOf(outputs);
    }

    /// @param jsonLength how many bytes of the body are JSON, the others being binary tensors; -1 for
    /// all
    /// @throws Failure MALFORMED_REQUEST, INVALID_ARGUMENT
    public static OipRequest read(byte[] body, int jsonLength) {
        if (jsonLength > body.length || jsonLength < -1) {
            throw INVALID_ARGUMENT.because(
                    "Inference-Header-Content-Length is %d, the body has %d bytes.", jsonLength, body.length);
        }
        int length = jsonLength < 0 ? body.length : jsonLength;
        try (JsonParser parser = BodyParser.of(body, length)) {
            return new Reader(parser, ByteBuffer.wrap(body, length, body.length - length)).read();
        } catch (JacksonException e) {
            throw Json.malformed(e) instanceof Failure failure
                    ? failure
                    : MALFORMED_REQUEST.because("The body is no JSON.");
        }
    }

    private static final class Reader {
        private final JsonParser parser;
        private final ByteBuffer binary;
        private final List<Input> inputs = new ArrayList<>();
        private final List<Wanted> outputs = new ArrayList<>();
        private String id = "";
        private boolean binaryOutput;
        private boolean hasInputs;

        /// What an input is, as far as it was read; its data may come before its shape.
        private static final class Input {
            private String name = "";
            private long @Nullable [] shape;
            private String datatype = "";
            private @Nullable Values data;
            private long binarySize = -1;
        }

        Reader(JsonParser parser, ByteBuffer binary) {
            this.parser = parser;
            this.binary = binary;
        }

        OipRequest read() {
            if (parser.nextToken() != JsonToken.START_OBJECT)
                throw INVALID_ARGUMENT.because("The body is no JSON object.");
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                JsonToken token = parser.nextToken();
                switch (name) {
                    case "id" -> id = token == JsonToken.VALUE_NULL ? "" : parser.getValueAsString("");
                    case "inputs" -> inputs();
                    case "outputs" -> outputs();
                    case "parameters" ->
                        binaryOutput = flagIn("binary_data_output").orElse(false);
                    default -> parser.skipChildren();
                }
            }
            if (parser.nextToken() != null) throw INVALID_ARGUMENT.because("The body goes on after its JSON object.");
            if (!hasInputs)
                throw INVALID_ARGUMENT.because("The request has no 'inputs', expected an array of tensors.");
            Frame frame = frame();
            if (binary.hasRemaining()) {
                throw INVALID_ARGUMENT.because(
                        "%d bytes of binary data belong to no input: their binary_data_size is smaller.",
                        binary.remaining());
            }
            return new OipRequest(id, frame, outputs, binaryOutput);
        }

        private void inputs() {
            hasInputs = true;
            if (parser.currentToken() != JsonToken.START_ARRAY) throw INVALID_ARGUMENT.because("'inputs' is no array.");
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                inputs.add(input());
                if (inputs.size() > Tensors.MOST) throw INVALID_ARGUMENT.because("More than %d inputs.", Tensors.MOST);
            }
            if (parser.currentToken() != JsonToken.END_ARRAY)
                throw INVALID_ARGUMENT.because("'inputs' holds what is no object.");
        }

        private Input input() {
            Input input = new Input();
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "name" -> input.name = parser.getValueAsString("");
                    case "datatype" -> input.datatype = parser.getValueAsString("");
                    case "shape" -> input.shape = shape(input.name);
                    case "data" -> input.data = data(input);
                    case "parameters" -> input.binarySize = sizeIn("binary_data_size");
                    default -> parser.skipChildren();
                }
            }
            return input;
        }

        private long[] shape(String input) {
            if (parser.currentToken() != JsonToken.START_ARRAY) throw Tensor.wrongShape(input, "no array");
            long[] shape = new long[4];
            int count = 0;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT)
                    throw Tensor.wrongShape(input, "not of whole numbers");
                if (count == 8) throw Tensor.wrongShape(input, "longer than 8");
                if (count == shape.length) shape = Arrays.copyOf(shape, 8);
                shape[count++] = parser.getLongValue();
            }
            return Arrays.copyOf(shape, count);
        }

        /// Nested arrays are read as the flat one they spell: what counts is the shape.
        private Values data(Input input) {
            if (parser.currentToken() != JsonToken.START_ARRAY) {
                throw INVALID_ARGUMENT.because("The data of input '%s' is no array.", input.name);
            }
            Values values = new Values(input.name, 16);
            if (BodyParser.numbers(parser, values)) {
                parser.nextToken();
                return values;
            }
            int depth = 1;
            while (depth > 0) {
                JsonToken token = parser.nextToken();
                if (token == JsonToken.START_ARRAY) depth++;
                else if (token == JsonToken.END_ARRAY) depth--;
                else if (token == null)
                    throw INVALID_ARGUMENT.because("The body ends in the data of input '%s'.", input.name);
                else values.add(parser);
            }
            return values;
        }

        private void outputs() {
            if (parser.currentToken() != JsonToken.START_ARRAY)
                throw INVALID_ARGUMENT.because("'outputs' is no array.");
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                String name = "";
                Optional<Boolean> asBinary = Optional.empty();
                while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                    String field = parser.currentName();
                    parser.nextToken();
                    if (field.equals("name")) name = parser.getValueAsString("");
                    else if (field.equals("parameters")) asBinary = flagIn("binary_data");
                    else parser.skipChildren();
                }
                outputs.add(new Wanted(name, asBinary));
                if (outputs.size() > Tensors.MOST_OUTPUTS)
                    throw INVALID_ARGUMENT.because("More than %d outputs are asked for.", Tensors.MOST_OUTPUTS);
            }
        }

        private Optional<Boolean> flagIn(String wanted) {
            Optional<Boolean> found = Optional.empty();
            if (parser.currentToken() != JsonToken.START_OBJECT) return found;
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                boolean is = parser.currentName().equals(wanted);
                JsonToken token = parser.nextToken();
                if (is) found = Optional.of(token == JsonToken.VALUE_TRUE);
                else parser.skipChildren();
            }
            return found;
        }

        private long sizeIn(String wanted) {
            long found = -1;
            if (parser.currentToken() != JsonToken.START_OBJECT) return found;
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                boolean is = parser.currentName().equals(wanted);
                JsonToken token = parser.nextToken();
                if (!is) parser.skipChildren();
                else if (token == JsonToken.VALUE_NUMBER_INT) found = parser.getLongValue();
                else throw INVALID_ARGUMENT.because("'%s' is no whole number.", wanted);
            }
            return found;
        }

        private Frame frame() {
            Tensors tensors = new Tensors(inputs.size());
            for (Input input : inputs) {
                Tensor tensor = tensors.next(Tensor.of(input.name, input.datatype, input.shape));
                tensors.add(column(tensor, input));
            }
            return tensors.frame();
        }

        private Column column(Tensor tensor, Input input) {
            if (input.binarySize >= 0) return tensor.column(binary(input));
            Values data = input.data;
            if (data == null) throw INVALID_ARGUMENT.because("Input '%s' has no 'data'.", input.name);
            return tensor.column(data);
        }

        private ByteBuffer binary(Input input) {
            if (input.binarySize > binary.remaining()) {
                throw INVALID_ARGUMENT.because(
                        "Input '%s' has a binary_data_size of %d, %d bytes are left of the body.",
                        input.name, input.binarySize, binary.remaining());
            }
            ByteBuffer bytes = binary.slice(binary.position(), (int) input.binarySize);
            binary.position(binary.position() + (int) input.binarySize);
            return bytes;
        }
    }
}
