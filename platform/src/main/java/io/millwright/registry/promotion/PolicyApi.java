package io.millwright.registry.promotion;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Need;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.Page;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JsonGenerator;

/// Millwright's own REST for the policies of promotion. A policy's entity tag is the number of its version.
final class PolicyApi {
    private static final Pattern TAG = Pattern.compile("\"(\\d{1,18})\"");

    private final PolicyService policies;

    PolicyApi(PolicyService policies) {
        this.policies = policies;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(Need.READ, "GET", "/policies", BodyKind.NONE, "The promotion policies in force", this::list)
                .on(
                        Need.MANAGE,
                        "PUT",
                        "/policies/{name}",
                        BodyKind.JSON,
                        "Puts a promotion policy in force, given as YAML; or only checks it",
                        this::apply)
                .on(Need.READ, "GET", "/policies/{name}", BodyKind.NONE, "The policy in force", this::get)
                .on(
                        Need.MANAGE,
                        "DELETE",
                        "/policies/{name}",
                        BodyKind.NONE,
                        "Takes a policy out of force; its versions are kept",
                        this::withdraw)
                .on(
                        Need.READ,
                        "GET",
                        "/policies/{name}/versions",
                        BodyKind.NONE,
                        "Every version of a policy",
                        this::versions)
                .on(
                        Need.READ,
                        "GET",
                        "/policies/{name}/versions/{version}",
                        BodyKind.NONE,
                        "One of them",
                        this::version)
                .on(
                        Need.PUBLIC,
                        "GET",
                        "/schemas/promotion-policy.json",
                        BodyKind.NONE,
                        "The JSON schema of a policy's file, for editors",
                        this::schema);
    }

    private Reply list(Call call) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject().writeName("policies").writeStartArray();
            for (PolicyVersion policy : policies.list()) write(json, policy);
            json.writeEndArray().writeEndObject();
        });
    }

    private Reply apply(Call call) throws IOException {
        boolean dryRun = switch (call.queryValue("dry_run").orElse("false")) {
            case "true" -> true;
            case "false" -> false;
            default -> throw INVALID_ARGUMENT.because("'dry_run' is neither true nor false.");
        };
        PolicyVersion policy = policies.apply(call.pathVariable("name"), text(call.body()), expected(call), dryRun);
        return reply(policy);
    }

    private Reply get(Call call) throws IOException {
        return reply(policies.get(call.pathVariable("name")));
    }

    private Reply withdraw(Call call) {
        policies.withdraw(call.pathVariable("name"), expected(call));
        return Reply.emptyJson();
    }

    private Reply versions(Call call) throws IOException {
        Page<PolicyVersion> page =
                policies.versions(call.pathVariable("name"), PromotionApi.maxResults(call), PromotionApi.before(call));
        return Reply.json(json -> {
            json.writeStartObject().writeName("policies").writeStartArray();
            for (PolicyVersion policy : page.items()) write(json, policy);
            json.writeEndArray();
            PromotionApi.endPage(json, page);
        });
    }

    private Reply version(Call call) throws IOException {
        String number = call.pathVariable("version");
        if (!number.matches("\\d{1,18}"))
            throw NOT_FOUND.because("'version' is '%s', expected the number of a version.", number);
        return reply(policies.version(call.pathVariable("name"), Long.parseLong(number)));
    }

    private Reply schema(Call call) throws IOException {
        try (InputStream in =
                Objects.requireNonNull(PolicyApi.class.getResourceAsStream("/schemas/promotion-policy.json"))) {
            return Reply.text(200, new String(in.readAllBytes(), StandardCharsets.UTF_8))
                    .with("content-type", "application/schema+json");
        }
    }

    private static String text(byte[] body) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw INVALID_ARGUMENT.because("The policy is no UTF-8 text. Save the file as UTF-8.");
        }
    }

    /// Which version the client expects in force: `If-Match`, or none with `If-None-Match: *`.
    private static OptionalLong expected(Call call) {
        if (call.header("if-none-match").filter("*"::equals).isPresent()) return OptionalLong.of(0);
        String tag = call.header("if-match").orElse("*");
        if (tag.equals("*")) return OptionalLong.empty();
        Matcher matcher = TAG.matcher(tag);
        if (!matcher.matches()) {
            throw INVALID_ARGUMENT.because(
                    "If-Match is '%s', expected the ETag of a policy as it was answered, such as \"3\".", tag);
        }
        return OptionalLong.of(Long.parseLong(matcher.group(1)));
    }

    private static Reply reply(PolicyVersion policy) throws IOException {
        return Reply.json(json -> write(json, policy)).with("etag", "\"" + policy.number() + "\"");
    }

    private static void write(JsonGenerator json, PolicyVersion policy) {
        json.writeStartObject()
                .writeStringProperty("name", policy.name())
                .writeNumberProperty("version", policy.number())
                .writeBooleanProperty("current", policy.current())
                .writeStringProperty("sha256", policy.sha256())
                .writeStringProperty("applied_by", policy.appliedBy())
                .writeStringProperty("applied_at", policy.appliedAt().toString())
                .writeStringProperty("document", policy.document())
                .writeEndObject();
    }
}
