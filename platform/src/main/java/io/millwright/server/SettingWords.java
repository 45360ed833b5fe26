package io.millwright.server;

import java.util.Map;

/// What each setting is for, for whoever runs the server. A test holds it to the settings there are.
final class SettingWords {
    private static final Map<String, String> WORDS = Map.ofEntries(
            Map.entry("home", "The folder where an installation keeps what is its own: database, artifacts, keys."),
            Map.entry(
                    "db",
                    "Where the database is: postgresql://user:password@host/database. Empty: SQLite in the home."),
            Map.entry(
                    "artifacts", "Where artifacts lie: a folder or s3://bucket/prefix. Empty: artifacts in the home."),
            Map.entry("lake", "Where datasets lie: a folder or s3://bucket/prefix. Empty: lake in the home."),
            Map.entry("lake.cache-size", "How much of data files on S3 may be kept on this machine's disk."),
            Map.entry("sql.memory", "How much memory a query may have; the process around it takes up to 768 MB more."),
            Map.entry("sql.spill-size", "How much disk a query may use for what does not fit into its memory."),
            Map.entry("sql.threads", "How many threads a query runs on."),
            Map.entry("sql.at-once", "How many queries may run at once; nobody may have all but one of them alone."),
            Map.entry("sql.timeout", "How long a query may take, to its last row."),
            Map.entry("sql.max-result-rows", "How many rows a result may have."),
            Map.entry("sql.max-result-size", "How many bytes a result may have."),
            Map.entry("sql.keep-history", "How long the texts of queries can be looked up."),
            Map.entry(
                    "serving.python",
                    "Whether models' own Python environments may be made and run on this machine. As it is usual: only"
                            + " while nobody has to say who they are."),
            Map.entry("serving.max-model-size", "The largest model that is loaded."),
            Map.entry(
                    "serving.memory",
                    "How much memory models of endpoints may take together. Above it, those that were not asked for longest"
                            + " are put to sleep. As it is usual: half of the machine's."),
            Map.entry(
                    "serving.max-log-size",
                    "Disk space for predictions that are not in the lake yet. When it is full, the policy of each endpoint"
                            + " says whether it goes on answering."),
            Map.entry("serving.log-every", "How long a prediction waits at most before it is brought into the lake."),
            Map.entry("serving.workers", "How many processes answer for a model that runs in Python."),
            Map.entry("serving.worker-timeout", "How long such a process may compute for one request."),
            Map.entry("serving.worker-memory", "How much memory (address space) such a process may have."),
            Map.entry("server.host", "The address to listen on. Beyond this machine it needs authentication."),
            Map.entry("server.port", "The port to listen on; 0 takes a free one."),
            Map.entry("server.max-body-size", "The largest JSON body that is taken, after unpacking."),
            Map.entry("server.max-upload-size", "The largest file that is taken in one upload."),
            Map.entry("server.max-header-size", "The most that the headers of a request may take."),
            Map.entry(
                    "server.request-timeout",
                    "How long a request may take, from its headers to the end of its answer. Files may take longer."),
            Map.entry("server.idle-timeout", "How long a connection may stay silent before it is closed."),
            Map.entry("server.max-connections", "How many connections may be open at once."),
            Map.entry(
                    "server.allowed-hosts",
                    "Further names under which clients may reach this server; *.example.org for all below."),
            Map.entry(
                    "server.trust-network",
                    "Whether everybody who reaches the address may do everything. Only for a network of your own."),
            Map.entry(
                    "server.authentication", "Whether everybody must say who they are, by token, password or sign-in."),
            Map.entry(
                    "server.trust-proxy",
                    "Whether to believe the proxy in front (X-Forwarded-For, -Proto) about who asks and how."),
            Map.entry("oidc.issuer", "The OpenID provider where people sign in. Empty: none."),
            Map.entry("oidc.client-id", "What the provider calls this server."),
            Map.entry("oidc.client-secret", "What this server proves itself with to the provider."),
            Map.entry("oidc.scopes", "What is asked of the provider about somebody."),
            Map.entry("oidc.redirect-url", "Where the provider sends people back to. Empty: as the browser came."),
            Map.entry("oidc.username-claim", "Which claim becomes the name of a user."),
            Map.entry("oidc.groups-claim", "Which claim says in what groups a user is. Empty: groups are kept here."),
            Map.entry("oidc.session", "How long somebody stays signed in."),
            Map.entry("lineage.collector", "Where commits and runs are told as OpenLineage; empty to tell nobody."),
            Map.entry("lineage.collector-key", "The key that the OpenLineage collector asks for."),
            Map.entry("lineage.collector-timeout", "How long one event to the OpenLineage collector may take."),
            Map.entry("lineage.namespace", "The namespace of the jobs that the collector is told of."),
            Map.entry("webhooks.allow-http", "Whether webhooks may lead to http: as well as https:."),
            Map.entry(
                    "webhooks.allowed-ranges",
                    "Addresses of your own network that webhooks may reach, as in 10.20.0.0/16. Public ones always may."),
            Map.entry("webhooks.timeout", "How long one attempt to deliver may take."),
            Map.entry("webhooks.max-attempts", "How often a delivery is tried."),
            Map.entry("webhooks.keep-deliveries", "How long what became of a delivery is kept."),
            Map.entry(
                    "webhooks.secret-key",
                    "What signing secrets are encrypted with. Empty: a key file in the home. Several processes need one."),
            Map.entry("log.level", "How much is logged: error, warn, info or debug."),
            Map.entry("log.format", "How it is logged: text for people, json for machines."));

    private SettingWords() {}

    /// Empty for one that nobody has described.
    static String of(String key) {
        return WORDS.getOrDefault(key, "");
    }

    static int count() {
        return WORDS.size();
    }
}
