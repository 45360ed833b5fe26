package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.MALFORMED_REQUEST;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.millwright.http.Reply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.iceberg.rest.RESTRequest;
import org.apache.iceberg.rest.RESTResponse;
import org.apache.iceberg.rest.RESTSerializers;

/// The bodies of Iceberg's REST catalog, read and written by iceberg-core's own serializers, which are made
/// for Jackson 2.
final class IcebergJson {
    private static final ObjectMapper MAPPER = mapper();

    private IcebergJson() {}

    private static ObjectMapper mapper() {
        ObjectMapper mapper = new ObjectMapper();
        mapper.setVisibility(PropertyAccessor.FIELD, JsonAutoDetect.Visibility.ANY);
        mapper.configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false);
        mapper.setPropertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE);
        RESTSerializers.registerAll(mapper);
        return mapper;
    }

    static <T extends RESTRequest> T read(byte[] body, Class<T> type) {
        try {
            T request = MAPPER.readValue(body, type);
            if (request == null) throw MALFORMED_REQUEST.because("The body is null, expected a JSON object.");
            request.validate();
            return request;
        } catch (JsonProcessingException e) {
            throw MALFORMED_REQUEST.because("The body is not what this route takes: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw MALFORMED_REQUEST.because("The body cannot be read: " + e.getMessage());
        }
    }

    static Reply reply(RESTResponse response) throws IOException {
        return reply(MAPPER.writeValueAsBytes(response));
    }

    /// A table, whose metadata is JSON already.
    static Reply reply(String location, byte[] metadata, Map<String, String> config) throws IOException {
        String head = "{\"metadata-location\":" + MAPPER.writeValueAsString(location) + ",\"metadata\":";
        String tail = config.isEmpty() ? "}" : ",\"config\":" + MAPPER.writeValueAsString(config) + "}";
        ByteArrayOutputStream out = new ByteArrayOutputStream(metadata.length + head.length() + tail.length() + 64);
        out.writeBytes(head.getBytes(StandardCharsets.UTF_8));
        out.writeBytes(metadata);
        out.writeBytes(tail.getBytes(StandardCharsets.UTF_8));
        return reply(out.toByteArray());
    }

    private static Reply reply(byte[] json) {
        return new Reply(200, Map.of("content-type", "application/json"), new Reply.Body.Bytes(ByteBuffer.wrap(json)));
    }
}
