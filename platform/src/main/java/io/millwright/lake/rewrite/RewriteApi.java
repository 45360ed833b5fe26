package io.millwright.lake.rewrite;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;

import io.millwright.http.BodyKind;
import io.millwright.http.Call;
import io.millwright.http.Json;
import io.millwright.http.Need;
import io.millwright.http.Operations;
import io.millwright.http.Query;
import io.millwright.http.Reply;
import io.millwright.http.Routes;
import io.millwright.lake.tables.DatasetName;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Millwright's own REST for files that are written again.
final class RewriteApi {
    private static final long LEAST = 1 << 20;

    private final RewriteService service;
    private final ErasureService erasures;
    private final Operations operations;

    RewriteApi(RewriteService service, ErasureService erasures, Operations operations) {
        this.service = service;
        this.erasures = erasures;
        this.operations = operations;
    }

    void addRoutes(Routes routes) {
        routes.own()
                .on(
                        Need.WRITE,
                        "POST",
                        "/datasets/{dataset}/compact",
                        BodyKind.JSON,
                        "Begins to make large files of small ones; answers with an operation",
                        this::compact)
                .on(
                        Need.MANAGE,
                        "POST",
                        "/datasets/{dataset}/erase",
                        BodyKind.JSON,
                        "Begins to take rows out of all versions, for good; answers with an operation",
                        this::erase);
    }

    private Reply erase(Call call) throws IOException {
        Query.of(call);
        JsonNode body = Json.fields(call, List.of("where", "reason", "dry_run"));
        Optional<String> where = Json.textIfGiven(body, "where");
        Optional<String> reason = Json.textIfGiven(body, "reason");
        boolean dryRun = Json.flag(body, "dry_run");
        var wish = new ErasureService.Wish(where.orElse(""), reason.orElse(dryRun ? "dry run" : ""));
        DatasetName name = DatasetName.parse(call.pathVariable("dataset"));
        erasures.require(name);
        return operations.start("dataset-erasure", progress -> {
            LongConsumer looked = files -> progress.tell("files", files);
            ErasureService.Erased erased =
                    dryRun ? erasures.preview(name, wish, looked) : erasures.erase(name, wish, looked);
            ObjectNode result = Json.MAPPER
                    .createObjectNode()
                    .put("dataset", name.toString())
                    .put("dry_run", dryRun)
                    .put("rows", erased.rows())
                    .put("files", erased.files());
            ArrayNode removed = result.putArray("versions_removed");
            erased.done().removed().forEach(removed::add);
            ArrayNode moved = result.putArray("made_anew");
            erased.done().moved().forEach(moved::add);
            if (!erased.receipt().isEmpty()) result.put("receipt", erased.receipt());
            return result;
        });
    }

    private Reply compact(Call call) throws IOException {
        Query.of(call);
        JsonNode body = Json.fields(call, List.of("target_bytes"));
        JsonNode target = body.path("target_bytes");
        boolean given = !target.isMissingNode();
        if (given && !(target.isIntegralNumber() && target.canConvertToLong() && target.longValue() >= LEAST)) {
            throw INVALID_ARGUMENT.because("'target_bytes' is %s, expected a number from %d on.", target, LEAST);
        }
        long bytes = given ? target.longValue() : RewriteService.TARGET_BYTES;
        DatasetName name = DatasetName.parse(call.pathVariable("dataset"));
        service.require(name);
        return operations.start("dataset-compaction", progress -> {
            RewriteService.Compaction done = service.compact(name, bytes, files -> progress.tell("files", files));
            ObjectNode result = Json.MAPPER
                    .createObjectNode()
                    .put("dataset", name.toString())
                    .put("files_before", done.filesBefore())
                    .put("files_after", done.filesAfter())
                    .put("bytes_before", done.bytesBefore())
                    .put("bytes_after", done.bytesAfter());
            done.version().ifPresent(version -> result.put("version", version.number()));
            return result;
        });
    }
}
