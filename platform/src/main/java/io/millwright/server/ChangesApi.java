package io.millwright.server;

import static io.millwright.kernel.ErrorCode.BUSY;
import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.kernel.Failure;
import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.server.ChangeHub.Topic;
import io.millwright.tracking.TrackingSlice;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// Millwright's own REST for screens that stay live: server-sent events that name what changed.
final class ChangesApi {
    static final Topic ACCESS = new Topic("", "access");

    /// Any event of the workspace.
    static final String AUDIT = "audit";

    private static final int MOST_TOPICS = 100;
    private static final int MOST_STREAMS = 1_000;
    private static final Set<String> OF_WORKSPACE = Set.of("tracking", "registry", "promotion", "lake");
    /// Proxies close what is silent for half a minute and more.
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);
    private static final Duration BETWEEN_EVENTS = Duration.ofMillis(250);
    private static final Duration RIGHTS_CHECKED_EVERY = Duration.ofSeconds(1);

    private final ChangeHub hub;
    private final TrackingSlice tracking;
    private final Duration heartbeat;
    private final Semaphore free;

    ChangesApi(ChangeHub hub, TrackingSlice tracking) {
        this(hub, tracking, HEARTBEAT, MOST_STREAMS);
    }

    /// @param heartbeat how long a stream is silent at most
    /// @param mostStreams open at once
    ChangesApi(ChangeHub hub, TrackingSlice tracking, Duration heartbeat, int mostStreams) {
        this.hub = hub;
        this.tracking = tracking;
        this.heartbeat = heartbeat;
        this.free = new Semaphore(mostStreams);
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.READ,
                        "GET",
                        "/changes",
                        BodyKind.NONE,
                        "Server-sent events that name what has changed, for as long as they are read",
                        this::changes);
    }

    /// A topic and who may hear of it.
    private record Watched(Topic topic, Predicate<RequestContext> isOpenTo) {}

    private Reply changes(Call call) {
        Query query = Query.of(call, "topic");
        List<String> names = query.texts("topic").stream().distinct().toList();
        if (names.isEmpty() || names.size() > MOST_TOPICS) {
            throw INVALID_ARGUMENT.because(
                    "%d topics are asked for by 'topic', expected 1 to %d such as experiment:7.",
                    names.size(), MOST_TOPICS);
        }
        List<Watched> watched = new ArrayList<>();
        for (String name : names) watched.add(watched(name));
        String place = call.header("last-event-id").orElse("");
        return Reply.feed("text/event-stream", feed -> write(feed, call, watched, place))
                .with("cache-control", "no-store")
                .with("x-accel-buffering", "no"); // Else nginx keeps the events to itself.
    }

    private Watched watched(String name) {
        RequestContext context = RequestContext.current();
        Topic topic = new Topic(context.workspace(), name);
        if (OF_WORKSPACE.contains(name)) return new Watched(topic, now -> true);
        if (name.equals(AUDIT)) {
            String workspace = "workspace:" + context.workspace();
            context.require(Right.AUDIT, workspace);
            return new Watched(topic, now -> now.allows(Right.AUDIT, workspace));
        }
        if (name.equals(ACCESS.name())) {
            context.require(Right.ADMIN, "access");
            return new Watched(ACCESS, now -> now.allows(Right.ADMIN, "access"));
        }
        if (name.matches("experiment:\\d{1,18}")) {
            tracking.experiments().get(Long.parseLong(name.substring("experiment:".length())));
            return new Watched(topic, now -> now.allows(Right.READ, name));
        }
        if (name.startsWith("run:")) {
            long experiment =
                    tracking.runs().info(name.substring("run:".length())).experiment();
            return new Watched(topic, now -> now.allows(Right.READ, name, "experiment:" + experiment));
        }
        throw INVALID_ARGUMENT.because(
                "Unknown 'topic' '%s', expected experiment:<id>, run:<id>, tracking, registry, promotion, lake, audit or access.",
                name);
    }

    private void write(Reply.Feed feed, Call call, List<Watched> watched, String place)
            throws IOException, InterruptedException {
        if (!free.tryAcquire()) {
            throw BUSY.because("Too many streams of changes are open. Close one, or ask anew every few seconds.");
        }
        Set<Topic> topics = watched.stream().map(Watched::topic).collect(Collectors.toSet());
        try (ChangeHub.Listener listener = hub.listen(topics, place)) {
            boolean anew = !place.isEmpty() && !listener.hasResumed();
            feed.send("retry: 2000\n\n" + event(listener.place(), anew ? "reset" : "ready", Map.of()));
            long lastSent = System.nanoTime();
            while (feed.isOpen()) {
                ChangeHub.Changes changes = listener.await(RIGHTS_CHECKED_EVERY);
                if (!isStillOpen(call, watched)) return;
                if (!changes.topics().isEmpty()) {
                    feed.send(changes.topics().stream()
                            .map(topic -> event(changes.place(), "change", Map.of("topic", topic.name())))
                            .collect(Collectors.joining()));
                    lastSent = System.nanoTime();
                    Thread.sleep(BETWEEN_EVENTS); // What comes meanwhile is told together.
                } else if (System.nanoTime() - lastSent >= heartbeat.toNanos()) {
                    feed.send(": still here\n\n");
                    lastSent = System.nanoTime();
                }
            }
        } finally {
            free.release();
        }
    }

    private static String event(String place, String name, Map<String, String> data) {
        return "id: " + place + "\nevent: " + name + "\ndata: " + Json.MAPPER.writeValueAsString(data) + "\n\n";
    }

    /// Rights may be taken away while a stream is open.
    private static boolean isStillOpen(Call call, List<Watched> watched) {
        try {
            RequestContext now = call.asOfNow();
            return watched.stream().allMatch(one -> one.isOpenTo().test(now));
        } catch (Failure refused) {
            return false;
        }
    }
}
