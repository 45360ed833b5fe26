package io.millwright.governance;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Event;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Keeps grants true to the things they are on, in the very transactions that make, rename and delete these:
/// whoever makes one maintains it, and nobody inherits rights on a name that was free in between.
final class OwnerRights {
    private static final JsonMapper JSON = JsonMapper.shared();

    private final AccessEvents events;
    private final SignInService signIns;
    private final AccessStore store = new AccessStore();
    /// Requests that changed grants and whose commit is still to come.
    private final Set<String> unsettled = ConcurrentHashMap.newKeySet();

    OwnerRights(AccessEvents events, SignInService signIns) {
        this.events = events;
        this.signIns = signIns;
    }

    void follow(Ledger ledger) {
        ledger.beside("experiment.created", this::created);
        ledger.beside("model.created", this::created);
        ledger.beside("model.renamed", this::renamed);
        ledger.beside("model.deleted", this::deleted);
        ledger.beside("namespace.created", this::created);
        ledger.beside("namespace.dropped", this::namespaceDropped);
        ledger.beside("dataset.created", this::datasetCreated);
        ledger.beside("dataset.renamed", this::datasetRenamed);
    }

    /// After a request has been handled, whatever it committed.
    void settle(String requestId) {
        if (!unsettled.isEmpty() && unsettled.remove(requestId)) signIns.forgetAll();
    }

    private void created(Sql sql, Event event) {
        RequestContext maker = RequestContext.current();
        // Who manages it anyway needs no grant; so is everybody on a server without authentication.
        if (maker.allows(Right.MANAGE, event.entity())) return;
        store.account(sql, event.actor()).ifPresent(account -> {
            var place = new Grant.Place(event.workspace(), event.entity());
            var rule = new Grant.Rule.Allow(Role.MAINTAINER);
            store.insertGrant(sql, account.subject(), place, rule, event.at());
            events.append(
                    sql,
                    "grant.added",
                    event.entity(),
                    Map.of("subject", account.subject().urn(), "workspace", event.workspace(), "rule", rule.word()));
            changed(sql, event.at());
        });
    }

    private void renamed(Sql sql, Event event) {
        JsonNode names = JSON.readTree(event.payload());
        String from = names.path("from").asString();
        String to = names.path("to").asString();
        if (!from.equals(to) && store.moveModel(sql, event.workspace(), from, to) > 0) changed(sql, event.at());
    }

    private void deleted(Sql sql, Event event) {
        String name = event.entity().substring("model:".length());
        if (store.deleteModel(sql, event.workspace(), name) > 0) changed(sql, event.at());
    }

    private void namespaceDropped(Sql sql, Event event) {
        if (store.deleteEntity(sql, event.workspace(), event.entity()) > 0) changed(sql, event.at());
    }

    /// One that was dropped can be restored, so its grants stay until its name is given to another.
    private void datasetCreated(Sql sql, Event event) {
        if (store.deleteEntity(sql, event.workspace(), event.entity()) > 0) changed(sql, event.at());
        created(sql, event);
    }

    private void datasetRenamed(Sql sql, Event event) {
        String from = "dataset:" + JSON.readTree(event.payload()).path("from").asString();
        if (store.moveEntity(sql, event.workspace(), from, event.entity()) > 0) changed(sql, event.at());
    }

    private void changed(Sql sql, Instant at) {
        store.noteChange(sql, at);
        RequestContext context = RequestContext.current();
        if (context.isRequest()) unsettled.add(context.requestId());
    }
}
