package io.millwright.registry.promotion;

import io.millwright.kernel.Digests;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/// What the checks of a promotion found, as canonical JSON: the keys of each object in the order of their UTF-16
/// units, no blanks, UTF-8, numbers as Java writes them. What is exported are these bytes, so anybody can hash them
/// again.
///
/// @param sha256 of the UTF-8 bytes, in hex
record Evidence(String json, String sha256) {
    private static final JsonMapper JSON = JsonMapper.shared();

    /// @param content texts, numbers, booleans, and lists and maps of them
    static Evidence of(Map<String, Object> content) {
        String json = JSON.writeValueAsString(sorted(content));
        return new Evidence(json, sha256(json));
    }

    private static Object sorted(Object value) {
        return switch (value) {
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .collect(Collectors.toMap(
                                entry -> String.valueOf(entry.getKey()),
                                entry -> sorted(entry.getValue()),
                                (first, second) -> second,
                                TreeMap::new));
            case List<?> list -> list.stream().map(Evidence::sorted).toList();
            default -> value;
        };
    }

    static String sha256(String text) {
        return HexFormat.of().formatHex(Digests.sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
    }
}
