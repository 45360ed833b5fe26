package io.millwright.lake.tables;

import static io.millwright.kernel.ErrorCode.INVALID_ARGUMENT;
import static io.millwright.kernel.ErrorCode.NAME_TAKEN;
import static io.millwright.kernel.ErrorCode.NOT_FOUND;
import static io.millwright.kernel.ErrorCode.WRONG_STATE;

import io.millwright.kernel.Right;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.Table;
import org.apache.iceberg.Transaction;
import org.apache.iceberg.UpdateProperties;
import org.apache.iceberg.UpdateSchema;

/// What people change of a dataset without touching its rows: what is said of it, its tags, and where main
/// stands.
final class DatasetEdits {
    private static final int LONGEST_TEXT = 10_000;
    private static final int LONGEST_WORD = 100;
    private static final int MOST_WORDS = 50;

    private final TableService tables;

    DatasetEdits(TableService tables) {
        this.tables = tables;
    }

    /// What is absent stays.
    record Change(
            Optional<String> comment,
            Optional<List<String>> owners,
            Optional<List<String>> tags,
            Map<String, ColumnChange> columns) {}

    record ColumnChange(Optional<String> doc, Optional<String> unit, Optional<List<String>> tags) {}

    void describe(DatasetName name, Change change) {
        Table table = tables.table(name);
        check(table, change);
        tables.commit(name, CommitNote.NONE, transaction -> {
            UpdateProperties properties = transaction.updateProperties();
            change.comment().ifPresent(text -> set(properties, Description.COMMENT, text));
            change.owners().ifPresent(words -> set(properties, Description.OWNER, String.join(",", words)));
            change.tags().ifPresent(words -> set(properties, Description.TAGS, String.join(",", words)));
            change.columns().forEach((path, column) -> {
                int id = table.schema().findField(path).fieldId();
                column.unit().ifPresent(text -> set(properties, Description.unitProperty(id), text));
                column.tags()
                        .ifPresent(words -> set(properties, Description.tagsProperty(id), String.join(",", words)));
            });
            properties.commit();
            describeColumns(transaction, change);
        });
    }

    private static void describeColumns(Transaction transaction, Change change) {
        if (change.columns().values().stream().noneMatch(column -> column.doc().isPresent())) return;
        UpdateSchema schema = transaction.updateSchema();
        change.columns().forEach((path, column) -> column.doc().ifPresent(doc -> schema.updateColumnDoc(path, doc)));
        schema.commit();
    }

    private static void set(UpdateProperties properties, String key, String value) {
        if (value.isEmpty()) properties.remove(key);
        else properties.set(key, value);
    }

    private static void check(Table table, Change change) {
        change.comment().ifPresent(text -> checkText("comment", text));
        change.owners().ifPresent(words -> checkWords("owners", words));
        change.tags().ifPresent(words -> checkWords("tags", words));
        change.columns().forEach((path, column) -> {
            if (table.schema().findField(path) == null) {
                throw NOT_FOUND.because("'%s' has no column '%s'.", table.name(), path);
            }
            column.doc().ifPresent(text -> checkText("doc", text));
            column.unit().ifPresent(text -> checkWords("unit", List.of(text)));
            column.tags().ifPresent(words -> checkWords("tags", words));
        });
    }

    private static void checkText(String field, String text) {
        if (text.length() <= LONGEST_TEXT && text.indexOf('\0') < 0) return;
        throw INVALID_ARGUMENT.because(
                "'%s' has %d characters, expected at most %d, and no U+0000.", field, text.length(), LONGEST_TEXT);
    }

    private static void checkWords(String field, List<String> words) {
        if (words.size() > MOST_WORDS) {
            throw INVALID_ARGUMENT.because(
                    "'%s' has %d entries, expected at most %d.", field, words.size(), MOST_WORDS);
        }
        for (String word : words) {
            boolean plain = word.length() <= LONGEST_WORD
                    && word.equals(word.strip())
                    && word.indexOf(',') < 0
                    && word.chars().noneMatch(Character::isISOControl);
            if (plain) continue;
            throw INVALID_ARGUMENT.because(
                    "An entry of '%s' is '%s', expected at most %d characters without commas, line breaks or blanks at its"
                            + " ends.",
                    field, word.length() > LONGEST_WORD ? word.substring(0, LONGEST_WORD) + "…" : word, LONGEST_WORD);
        }
    }

    /// A tag names one version for good: it is set once, and moved by nobody.
    DatasetVersion tag(DatasetName name, String tag, At at) {
        if (!tag.matches("[\\p{L}\\p{N}_][\\p{L}\\p{N}_./-]{0,99}") || tag.matches("\\d+")) {
            throw INVALID_ARGUMENT.because(
                    "'%s' cannot be a tag: expected 1 to 100 letters, digits, '_', '.', '/' or '-', and not a number alone.",
                    tag);
        }
        DatasetVersion version = tables.version(name, at);
        tables.commit(name, CommitNote.NONE, transaction -> {
            if (transaction.table().refs().containsKey(tag)) {
                throw NAME_TAKEN.because(
                        "'%s' already has a tag or branch '%s'. A tag names one version for good: choose another name, or"
                                + " delete that one first.",
                        name, tag);
            }
            transaction.manageSnapshots().createTag(tag, version.snapshotId()).commit();
        });
        return version;
    }

    void deleteRef(DatasetName name, String ref) {
        TableService.require(Right.MANAGE, name);
        tables.commit(name, CommitNote.NONE, transaction -> {
            SnapshotRef found = transaction.table().refs().get(ref);
            if (found == null) throw NOT_FOUND.because("'%s' has no tag or branch '%s'.", name, ref);
            if (ref.equals(SnapshotRef.MAIN_BRANCH)) {
                throw WRONG_STATE.because("The branch main of '%s' cannot be deleted. Drop the dataset instead.", name);
            }
            var manage = transaction.manageSnapshots();
            if (found.isBranch()) manage.removeBranch(ref);
            else manage.removeTag(ref);
            manage.commit();
        });
    }

    /// Has main stand at an earlier version; the later ones stay, and can be rolled forward to.
    DatasetVersion rollBack(DatasetName name, At at, String message) {
        TableService.require(Right.MANAGE, name);
        DatasetVersion version = tables.version(name, at);
        tables.commit(
                name,
                new CommitNote(message, List.of()),
                transaction -> transaction
                        .manageSnapshots()
                        .setCurrentSnapshot(version.snapshotId())
                        .commit());
        return version;
    }
}
