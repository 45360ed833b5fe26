package io.millwright.http;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// JSON as the edge reads and writes it: bounded in depth and in the length of numbers and texts.
public final class Json {
    public static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(100)
                            .maxNumberLength(1000)
                            .maxStringLength(20_000_000)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    /// Parses a body a client sent; the message names line and column, never more of the body.
    public static JsonNode parse(byte[] body) {
        try {
            return MAPPER.readTree(body);
        } catch (JacksonException e) {
            throw malformed(e);
        }
    }

    public static RuntimeException malformed(JacksonException e) {
        var at = e.getLocation();
        String place = at == null ? "" : " at line %d, column %d".formatted(at.getLineNr(), at.getColumnNr());
        return INVALID_ARGUMENT.because("The request body is not valid JSON" + place + ": " + reason(e)
                + ". Send one JSON object, UTF-8, at most 100 levels deep.");
    }

    private static String reason(JacksonException e) {
        String text = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("unreadable");
        return text.length() > 160 ? text.substring(0, 160) : text;
    }
}
