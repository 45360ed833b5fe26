package io.millwright.tracking;

/// What it takes to write to a run: the small key and the experiment, which every table of a run carries.
record RunKey(long no, String id, long experiment) {
    String urn() {
        return "run:" + id;
    }
}
