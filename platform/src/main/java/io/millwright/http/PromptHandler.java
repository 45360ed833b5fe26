package io.millwright.http;

import java.io.IOException;
import java.util.function.Predicate;

/// A handler that can often tell beforehand that it answers a small request within microseconds. Then it runs where the
/// request arrived, since handing it to another thread and back takes longer than that. There it may wait for nothing:
/// no database, no file, no other process, no lock that is held across one. It answers with bytes.
public interface PromptHandler extends Handler {
    /// Whether this call is answered so. Asked where the request arrived, with its body and its context there.
    boolean isPrompt(Call call);

    static PromptHandler of(Handler handler, Predicate<Call> isPrompt) {
        return new PromptHandler() {
            @Override
            public boolean isPrompt(Call call) {
                return isPrompt.test(call);
            }

            @Override
            public Reply handle(Call call) throws IOException {
                return handler.handle(call);
            }
        };
    }
}
