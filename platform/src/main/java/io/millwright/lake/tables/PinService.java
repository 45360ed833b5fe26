package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.RequestContext;
import io.millwright.kernel.Right;
import io.millwright.ledger.Db;
import io.millwright.ledger.Ledger;
import io.millwright.ledger.Sql;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Keeps versions from being removed for as long as somebody needs them. A pinned version is removed by nobody:
/// not by retention, and not by a client that asks for it.
public final class PinService {
    private final Db db;
    private final Ledger ledger;
    private final Clock clock;
    private final TableService service;
    private final TableStore tables = new TableStore();
    private final PinStore pins = new PinStore();

    PinService(Db db, Ledger ledger, Clock clock, TableService service) {
        this.db = db;
        this.ledger = ledger;
        this.clock = clock;
        this.service = service;
    }

    /// Whoever may write a dataset may pin it; a legal hold is for who manages it. Pinning twice is as
    /// pinning once.
    ///
    /// @param at the version; empty for all of the dataset
    /// @throws io.millwright.kernel.Failure NOT_FOUND, or WRONG_STATE when the version is gone already
    public Pin pin(DatasetName name, Optional<At> at, String kind, String holder, String reason) {
        TableService.require(rightFor(kind), name);
        Optional<Long> snapshot =
                at.map(version -> service.version(name, version).snapshotId());
        Pin pin = new Pin(
                snapshot,
                kind,
                holder,
                reason,
                RequestContext.current().principal().name(),
                clock.instant().truncatedTo(ChronoUnit.MILLIS));
        db.tx(sql -> {
            TableStore.Row row = locked(sql, name);
            if (snapshot.isPresent() && isExpired(sql, row, snapshot.get())) {
                throw WRONG_STATE.because("This version of '%s' was removed meanwhile.", name);
            }
            if (pins.insert(sql, row.id(), pin)) ledger.append(sql, "dataset.pinned", name.urn(), told(pin));
            return 0;
        });
        return pin;
    }

    /// @param at as it was pinned
    public void unpin(DatasetName name, Optional<At> at, String kind, String holder) {
        TableService.require(rightFor(kind), name);
        Optional<Long> snapshot =
                at.map(version -> service.version(name, version).snapshotId());
        db.tx(sql -> {
            TableStore.Row row = locked(sql, name);
            if (!pins.remove(sql, row.id(), snapshot, kind, holder)) {
                throw NOT_FOUND.because("'%s' is not pinned there by the %s of %s.", name, kind, holder);
            }
            Pin gone = new Pin(snapshot, kind, holder, "", "", clock.instant());
            ledger.append(sql, "dataset.unpinned", name.urn(), told(gone));
            return 0;
        });
    }

    public List<Pin> pins(DatasetName name) {
        TableService.require(Right.READ, name);
        return db.read(sql -> pins.of(sql, row(sql, name).id()));
    }

    private static Right rightFor(String kind) {
        return kind.equals(Pin.LEGAL_HOLD) ? Right.MANAGE : Right.WRITE;
    }

    private boolean isExpired(Sql sql, TableStore.Row row, long snapshot) {
        return tables.versionOf(sql, row.id(), snapshot)
                .flatMap(DatasetVersion::expiredAt)
                .isPresent();
    }

    private TableStore.Row locked(Sql sql, DatasetName name) {
        TableStore.Row row = row(sql, name);
        tables.touch(sql, row.id(), clock.instant());
        return row;
    }

    private TableStore.Row row(Sql sql, DatasetName name) {
        return tables.find(sql, RequestContext.current().workspace(), name)
                .orElseThrow(() -> NOT_FOUND.because("There is no dataset '%s'. See ./millwright data list.", name));
    }

    private static Map<String, Object> told(Pin pin) {
        Map<String, Object> payload = new LinkedHashMap<>();
        pin.snapshotId().ifPresent(id -> payload.put("snapshot_id", Long.toString(id)));
        payload.put("kind", pin.kind());
        payload.put("holder", pin.holder());
        if (!pin.reason().isEmpty()) payload.put("reason", pin.reason());
        return payload;
    }
}
