package io.millwright.http;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.TOO_LARGE;

import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// JSON as the edge reads and writes it: bounded in depth, in the length of numbers and texts, and in how many tokens
/// there are, because a tree of them takes up to [#TREE_BYTES_PER_TOKEN] for each.
public final class Json {
    /// A brace, a bracket, a name and a value are a token each. The largest messages of any client, batches of 1,000
    /// metrics with all their fields, have a tenth of this.
    public static final int MOST_TOKENS = 200_000;
    /// Measured on objects with one empty object in each, the dearest of all.
    public static final int TREE_BYTES_PER_TOKEN = 90;

    public static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(100)
                            .maxNumberLength(1000)
                            .maxStringLength(20_000_000)
                            .maxTokenCount(MOST_TOKENS)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /// 1 for a byte that a token comes before or after. A look-up takes a third of the time that comparing takes.
    private static final byte[] BEGINS_TOKEN = new byte[256];

    static {
        for (char each : ",:[{".toCharArray()) BEGINS_TOKEN[each] = 1;
    }

    private Json() {}

    /// Parses a body a client sent; the message names line and column, never more of the body.
    public static JsonNode parse(byte[] body) {
        try {
            return MAPPER.readTree(body);
        } catch (JacksonException e) {
            throw malformed(e);
        }
    }

    /// About the most memory that parsing this text takes: its texts once as characters, once while they are built and
    /// once as they stay, and a tree of its tokens. One pass over the text, no memory.
    public static long bytesToParse(byte[] body) {
        int tokens = 0;
        for (byte b : body) tokens += BEGINS_TOKEN[b & 0xff];
        return 5L * body.length + (long) TREE_BYTES_PER_TOKEN * Math.min(tokens, MOST_TOKENS);
    }

    public static RuntimeException malformed(JacksonException e) {
        if (e instanceof StreamConstraintsException && reason(e).startsWith("Token count")) {
            return TOO_LARGE.because(
                    "The request body holds more than %,d names, values, braces and brackets. Send less at a time.",
                    MOST_TOKENS);
        }
        var at = e.getLocation();
        String place = at == null ? "" : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
        return INVALID_ARGUMENT.because("The request body is not valid JSON" + place + ": " + reason(e)
                + ". Send one JSON object, UTF-8, at most 100 levels deep.");
    }

    private static String reason(JacksonException e) {
        String text = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("unreadable");
        return text.length() > 160 ? text.substring(0, 160) : text;
    }

    /// The body of a call of our own API: an object with no field but these; an empty body is one without any. What is
    /// misspelt would otherwise stay as it is without a word, or do more than was meant.
    ///
    /// @throws io.millwright.kernel.Failure INVALID_ARGUMENT when it is something else
    public static JsonNode fields(Call call, List<String> known) {
        JsonNode body = call.body().length == 0 ? MAPPER.createObjectNode() : parse(call.body());
        onlyFields(body, known);
        return body;
    }

    /// The same of an object inside.
    public static void onlyFields(JsonNode object, List<String> known) {
        if (!object.isObject()) throw INVALID_ARGUMENT.because("A JSON object is expected, with some of %s.", known);
        for (String field : object.propertyNames()) {
            if (!known.contains(field))
                throw INVALID_ARGUMENT.because("Unknown field '%s', expected some of %s.", field, known);
        }
    }

    /// A text that must be there.
    public static String text(JsonNode object, String field) {
        return textIfGiven(object, field).orElseThrow(() -> INVALID_ARGUMENT.because("'%s' is missing.", field));
    }

    public static Optional<String> textIfGiven(JsonNode object, String field) {
        JsonNode value = object.path(field);
        if (value.isMissingNode()) return Optional.empty();
        if (!value.isString()) throw INVALID_ARGUMENT.because("'%s' is no text.", field);
        return Optional.of(value.stringValue());
    }

    /// False when it is not given.
    public static boolean flag(JsonNode object, String field) {
        JsonNode value = object.path(field);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw INVALID_ARGUMENT.because("'%s' is neither true nor false.", field);
        }
        return value.asBoolean(false);
    }
}
