package io.millwright.lake;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// What kind of content a name promises, as MLflow tells it: the texts a person would read are all `text/plain`.
final class MediaTypes {
    private static final Set<String> PLAIN = Set.of(
            "txt",
            "log",
            "err",
            "cfg",
            "conf",
            "cnf",
            "cf",
            "ini",
            "properties",
            "prop",
            "hocon",
            "toml",
            "yaml",
            "yml",
            "xml",
            "json",
            "js",
            "py",
            "py3",
            "csv",
            "tsv",
            "md",
            "rst",
            "ipynb",
            "MLmodel",
            "MLproject");
    private static final Map<String, String> OTHERS = parse("""
        application/gzip tgz
        application/javascript mjs
        application/msword doc dot
        application/pdf pdf
        application/postscript ai eps ps
        application/rtf rtf
        application/vnd.apache.arrow.file arrow
        application/vnd.ms-excel xls xlb
        application/vnd.ms-powerpoint ppt pot ppa pps pwz
        application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
        application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
        application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
        application/wasm wasm
        application/x-hdf5 h5
        application/x-netcdf nc cdf
        application/x-sh sh
        application/x-tar tar
        application/x-tex tex
        application/zip zip
        audio/basic au snd
        audio/mpeg mp3 mp2
        audio/ogg ogg oga
        audio/x-wav wav
        font/ttf ttf
        font/woff woff
        font/woff2 woff2
        image/avif avif
        image/bmp bmp
        image/gif gif
        image/heic heic heif
        image/jpeg jpg jpeg jpe
        image/png png
        image/svg+xml svg
        image/tiff tif tiff
        image/vnd.microsoft.icon ico
        image/webp webp
        text/css css
        text/html html htm
        text/plain text c h ksh pl bat
        text/x-python pyw
        video/mp4 mp4
        video/mpeg mpeg mpg m1v mpa mpe
        video/quicktime mov qt
        video/webm webm
        video/x-msvideo avi
        """);
    /// A compression says nothing of what is in it: `a.tar.gz` is a tar.
    private static final Set<String> COMPRESSIONS = Set.of("gz", "bz2", "xz", "br", "zst", "Z");

    private MediaTypes() {}

    static String of(String name) {
        String extension = extension(name);
        // Names without an extension count as one: MLmodel.
        if (PLAIN.contains(extension.isEmpty() ? name : extension.toLowerCase(Locale.ROOT))) return "text/plain";
        String inner = COMPRESSIONS.contains(extension)
                ? extension(name.substring(0, name.length() - extension.length() - 1))
                : extension;
        if (COMPRESSIONS.contains(extension) && PLAIN.contains(inner)) return "text/plain";
        return OTHERS.getOrDefault(inner.toLowerCase(Locale.ROOT), "application/octet-stream");
    }

    private static String extension(String name) {
        int dot = name.lastIndexOf('.');
        return dot <= 0 ? "" : name.substring(dot + 1);
    }

    private static Map<String, String> parse(String lines) {
        Map<String, String> types = new HashMap<>();
        lines.lines().forEach(line -> {
            String[] words = line.split(" ", -1);
            for (int i = 1; i < words.length; i++) types.put(words[i], words[0]);
        });
        return Map.copyOf(types);
    }
}
