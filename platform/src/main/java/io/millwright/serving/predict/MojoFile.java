package io.millwright.serving.predict;

import hex.ModelCategory;
import hex.genmodel.MojoModel;
import hex.genmodel.MojoReaderBackend;
import io.millwright.runtime.read.UnreadableModel;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/// A model as H2O writes it for others to run: the zip of a MOJO, unpacked into memory and looked at before H2O's
/// library reads it. The library would believe the sizes that a zip declares, and knows no limits.
///
/// Source: docs.h2o.ai/h2o/latest-stable/h2o-docs/mojo-quickstart.html, and h2o-genmodel of 3.46.0.12.
public final class MojoFile {
    private static final long MOST_BYTES = 512 << 20;
    private static final int MOST_ENTRIES = 200_000;

    private static final String DESCRIPTION = "model.ini";
    /// What nobody needs to answer: tables about the training.
    private static final String ASIDE = "experimental/";

    /// Those that are compared with H2O by each build. The names have changed with the years.
    private static final Set<String> ALGORITHMS = Set.of(
            "Gradient Boosting Machine",
            "Gradient Boosting Method",
            "Distributed Random Forest",
            "XGBoost",
            "Generalized Linear Model",
            "Generalized Linear Modeling",
            "Deep Learning",
            "deep learning",
            "K-means",
            "Isolation Forest",
            "Extended Isolation Forest",
            "Principal Components Analysis",
            "Stacked Ensemble",
            "StackedEnsemble",
            "RuleFit");

    private static final Set<ModelCategory> CATEGORIES = EnumSet.of(
            ModelCategory.Binomial,
            ModelCategory.Multinomial,
            ModelCategory.Ordinal,
            ModelCategory.Regression,
            ModelCategory.Clustering,
            ModelCategory.AnomalyDetection,
            ModelCategory.DimReduction,
            ModelCategory.AutoEncoder);

    private final String name;
    private final Map<String, byte[]> entries;

    private MojoFile(String name, Map<String, byte[]> entries) {
        this.name = name;
        this.entries = entries;
    }

    /// @throws UnreadableModel when it is no MOJO, or one that would not be safe to unpack
    public static MojoFile read(Path file) {
        String name = file.getFileName().toString();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            MojoFile read = new MojoFile(name, unpacked(name, zip));
            if (!read.entries.containsKey(DESCRIPTION)) {
                throw new UnreadableModel(
                        "'%s' is no MOJO: it has no %s. Expected is what H2O's download_mojo() writes; Java sources"
                                        .formatted(name, DESCRIPTION)
                                + " (POJO) are not compiled here");
            }
            return read;
        } catch (ZipException e) {
            throw new UnreadableModel(
                    "'%s' is no zip file (%s), expected is what H2O's download_mojo() writes"
                            .formatted(name, e.getMessage()),
                    e);
        } catch (IOException e) {
            throw new UnreadableModel("the MOJO '%s' cannot be read: %s".formatted(name, e.getMessage()), e);
        }
    }

    private static Map<String, byte[]> unpacked(String name, ZipFile zip) throws IOException {
        if (zip.size() > MOST_ENTRIES) {
            throw new UnreadableModel(
                    "'%s' has %d entries, at most %d are read".formatted(name, zip.size(), MOST_ENTRIES));
        }
        List<? extends ZipEntry> listed = zip.stream().toList();
        long bytes = 0;
        for (ZipEntry entry : listed) {
            requireInside(name, entry);
            if (entry.getSize() < 0 || entry.getSize() > MOST_BYTES) bytes = MOST_BYTES + 1;
            else bytes += entry.getSize();
            if (bytes > MOST_BYTES) {
                throw new UnreadableModel(
                        "'%s' unpacks to more than the %d bytes that are read".formatted(name, MOST_BYTES));
            }
        }
        Map<String, byte[]> entries = HashMap.newHashMap(listed.size());
        for (ZipEntry entry : listed) {
            if (entry.isDirectory() || isAside(entry.getName())) continue;
            if (entries.put(entry.getName(), content(name, zip, entry)) != null) {
                throw new UnreadableModel("'%s' has two entries '%s'".formatted(name, entry.getName()));
            }
        }
        return entries;
    }

    private static boolean isAside(String entry) {
        return entry.startsWith(ASIDE) || entry.contains("/" + ASIDE);
    }

    private static void requireInside(String name, ZipEntry entry) {
        String path = entry.getName();
        boolean inside = !path.startsWith("/")
                && path.indexOf('\\') < 0
                && Arrays.stream(path.split("/")).noneMatch(".."::equals);
        if (!inside) {
            throw new UnreadableModel(
                    "'%s' has an entry '%s', which would lie outside of its folder".formatted(name, path));
        }
    }

    /// Never more than is declared, whatever the entry inflates to.
    private static byte[] content(String name, ZipFile zip, ZipEntry entry) throws IOException {
        int declared = Math.toIntExact(entry.getSize());
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] content = in.readNBytes(declared + 1);
            if (content.length == declared) return content;
            throw new UnreadableModel("'%s' is damaged: its entry '%s' has %s bytes than the %d it declares"
                    .formatted(name, entry.getName(), content.length > declared ? "more" : "fewer", declared));
        }
    }

    /// Why it is not run here, though it may be a good MOJO; empty when it is.
    public Optional<String> whyNot() {
        for (String entry : entries.keySet()) {
            // A stacked ensemble has its base models in folders.
            if (!entry.equals(DESCRIPTION) && !entry.endsWith("/" + DESCRIPTION)) continue;
            String algorithm = told(entry, "algorithm");
            if (!ALGORITHMS.contains(algorithm)) {
                return Optional.of("MOJOs of the algorithm '%s' are not run here, only those of %s"
                        .formatted(
                                algorithm,
                                String.join(", ", ALGORITHMS.stream().sorted().toList())));
            }
        }
        String category = told(DESCRIPTION, "category");
        if (CATEGORIES.stream().noneMatch(each -> each.name().equals(category))) {
            return Optional.of(
                    "MOJOs of the category '%s' are not run here, only those of %s".formatted(category, CATEGORIES));
        }
        return Optional.empty();
    }

    /// Whether it is of a k-means without standardization: it was not given the means that H2O's server puts for what
    /// is
    /// missing.
    boolean lacksMeans() {
        return told(DESCRIPTION, "algorithm").equals("K-means")
                && told(DESCRIPTION, "standardize").equals("false");
    }

    /// A field of a description's first section.
    private String told(String entry, String field) {
        return text(entry)
                .lines()
                .map(String::strip)
                .takeWhile(line -> !line.equals("[columns]"))
                .map(line -> line.split("\\s*=\\s*", 2))
                .filter(pair -> pair.length == 2 && pair[0].equals(field))
                .map(pair -> pair[1])
                .findFirst()
                .orElse("");
    }

    private String text(String entry) {
        return new String(Optional.ofNullable(entries.get(entry)).orElseThrow(), StandardCharsets.UTF_8);
    }

    /// @throws UnreadableModel when H2O's library does not read it
    MojoModel model() {
        whyNot().ifPresent(why -> {
            throw new UnreadableModel(why);
        });
        try {
            return MojoModel.load(new Entries(entries));
        } catch (IOException | RuntimeException e) {
            throw new UnreadableModel("H2O's library does not read the MOJO '%s': %s".formatted(name, e), e);
        } catch (OutOfMemoryError e) {
            // A damaged count asks for an array that there can never be; nothing of it is left behind.
            throw new UnreadableModel(
                    "the MOJO '%s' asks for more memory than there is: it is damaged, or too large".formatted(name), e);
        }
    }

    /// @param content by name
    private record Entries(Map<String, byte[]> content) implements MojoReaderBackend {
        @Override
        public BufferedReader getTextFile(String filename) throws IOException {
            return new BufferedReader(
                    new InputStreamReader(new ByteArrayInputStream(getBinaryFile(filename)), StandardCharsets.UTF_8));
        }

        @Override
        public byte[] getBinaryFile(String filename) throws IOException {
            byte[] found = content.get(filename);
            if (found == null) throw new IOException("it has no entry '" + filename + "'");
            return found;
        }

        @Override
        public boolean exists(String filename) {
            return content.containsKey(filename);
        }
    }
}
