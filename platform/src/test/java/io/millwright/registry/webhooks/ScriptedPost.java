package io.millwright.registry.webhooks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/// Takes what is posted, and answers 200 unless told otherwise.
final class ScriptedPost implements HttpPost {
    final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();

    ScriptedPost answer(int status) {
        answers.add(new Answer(status, Optional.empty(), text("answer " + status)));
        return this;
    }

    ScriptedPost answer(int status, String retryAfter) {
        answers.add(new Answer(status, Optional.of(retryAfter), text("")));
        return this;
    }

    @Override
    public Answer send(Request request) throws IOException {
        requests.add(request);
        Answer next = answers.poll();
        return next == null ? new Answer(200, Optional.empty(), text("thanks")) : next;
    }

    List<String> bodies() {
        return requests.stream()
                .map(request -> new String(request.body(), StandardCharsets.UTF_8))
                .toList();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
