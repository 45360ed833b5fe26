package io.millwright.server;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/// Millwright's own REST for how this server is set up: what `millwright config` prints, of the running process.
final class SettingsApi {
    /// What is kept where.
    ///
    /// @param database without a password
    record Place(String home, String database, String artifacts, Instant startedAt) {}

    private final List<SettingValues.Effective> settings;
    private final Place place;

    SettingsApi(List<SettingValues.Effective> settings, Place place) {
        this.settings = List.copyOf(settings);
        this.place = place;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        "GET",
                        "/settings",
                        BodyKind.NONE,
                        "Every setting, its value and where it came from",
                        this::settings);
    }

    private Reply settings(Call call) throws IOException {
        return Reply.json(json -> {
            json.writeStartObject();
            json.writeStringProperty("home", place.home());
            json.writeStringProperty("database", place.database());
            json.writeStringProperty("artifacts", place.artifacts());
            json.writeStringProperty("started_at", place.startedAt().toString());
            json.writeName("settings").writeStartArray();
            for (SettingValues.Effective one : settings) {
                json.writeStartObject();
                json.writeStringProperty("key", one.key());
                json.writeStringProperty("value", one.value());
                json.writeBooleanProperty("hidden", one.isHidden());
                json.writeStringProperty("source", one.source().name().toLowerCase(Locale.ROOT));
                json.writeStringProperty("origin", one.origin());
                json.writeStringProperty("description", SettingWords.of(one.key()));
                json.writeEndObject();
            }
            json.writeEndArray().writeEndObject();
        });
    }
}
