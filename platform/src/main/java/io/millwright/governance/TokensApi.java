package io.millwright.governance;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.RequestContext;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/// Our own REST for tokens.
final class TokensApi {
    private static final int USUAL_PAGE = 100;

    private final AccessService access;

    TokensApi(AccessService access) {
        this.access = access;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.SIGNED_IN,
                        "GET",
                        "/tokens",
                        BodyKind.NONE,
                        "The tokens of the caller or of an owner, or a page of everybody's",
                        this::list)
                .on(
                        Need.SIGNED_IN,
                        "POST",
                        "/tokens",
                        BodyKind.JSON,
                        "Makes a token; this answer alone has it",
                        this::create)
                .on(Need.SIGNED_IN, "DELETE", "/tokens/{token_id}", BodyKind.NONE, "Revokes a token", this::revoke);
    }

    private Reply list(Call call) throws IOException {
        Query query = Query.of(call, "owner", "all_owners", "max_results", "page_token");
        boolean all = query.choice("all_owners", false, Map.of("true", true, "false", false));
        int size = query.number("max_results", USUAL_PAGE, 1, AccessService.LARGEST_PAGE);
        String after = query.text("page_token").orElse("");
        if (!after.matches("([0-9a-f]{32})?")) {
            throw INVALID_ARGUMENT.because("'page_token' is none that this list has given out.");
        }
        var owner = query.text("owner").map(Subject::checkedName);
        if (all && owner.isPresent()) throw INVALID_ARGUMENT.because("Give one of 'owner' and 'all_owners'.");
        List<ApiToken> found =
                all ? access.everybodysTokens(after, size + 1) : access.tokens(owner.orElseGet(TokensApi::caller));
        boolean more = all && found.size() > size;
        List<ApiToken> page = more ? found.subList(0, size) : found;
        return Reply.json(json -> {
            json.writeStartObject().writeName("tokens").writeStartArray();
            for (ApiToken token : page) {
                json.writeStartObject();
                fields(json, token);
                json.writeEndObject();
            }
            json.writeEndArray();
            if (more) json.writeStringProperty("next_page_token", page.getLast().id());
            json.writeEndObject();
        });
    }

    private Reply create(Call call) throws IOException {
        Fields fields = Fields.of(call, "name", "owner", "scope", "expires_at");
        AccessService.NewToken made = access.createToken(
                fields.text("owner").orElseGet(TokensApi::caller),
                fields.required("name"),
                fields.text("scope").map(Role::of).orElse(null),
                fields.instant("expires_at").orElse(null));
        return Reply.json(201, "application/json", json -> {
                    json.writeStartObject();
                    fields(json, made.token());
                    json.writeStringProperty("token", made.text()).writeEndObject();
                })
                .with("cache-control", "no-store");
    }

    private static void fields(JsonGenerator json, ApiToken token) {
        json.writeStringProperty("token_id", token.id())
                .writeStringProperty("owner", token.owner())
                .writeStringProperty("name", token.name())
                .writeStringProperty("created_at", token.createdAt().toString())
                .writeBooleanProperty("session", token.isSession());
        if (token.scope() != null)
            json.writeStringProperty("scope", token.scope().word());
        if (token.expiresAt() != null)
            json.writeStringProperty("expires_at", token.expiresAt().toString());
        if (token.lastUsedAt() != null)
            json.writeStringProperty("last_used_at", token.lastUsedAt().toString());
    }

    private Reply revoke(Call call) {
        access.revoke(call.pathVariable("token_id"));
        return Reply.noContent(204);
    }

    private static String caller() {
        return RequestContext.current().principal().name();
    }
}
