package io.millwright.tracking;

import io.millwright.kernel.Ids;

/// Invents a name for a run or a model whose client gave none: `adjective-animal-number`.
final class RunNames {
    private static final String[] ADJECTIVES = {
        "able", "amber", "bold", "brave", "bright", "calm", "clever", "crisp", "curious", "daring", "eager", "early",
        "fair", "fond", "gentle", "glad", "golden", "grand", "happy", "honest", "keen", "kind", "lively", "loyal",
        "lucky", "merry", "mild", "neat", "nimble", "noble", "patient", "proud", "quick", "quiet", "rare", "ready",
        "silent", "smart", "steady", "still", "sunny", "swift", "tidy", "warm", "wise", "witty"
    };
    private static final String[] ANIMALS = {
        "ant", "badger", "bat", "bear", "bee", "bison", "boar", "crane", "crow", "deer", "dove", "duck", "eagle",
        "falcon", "ferret", "finch", "fox", "frog", "goat", "goose", "gull", "hare", "hawk", "heron", "horse", "ibex",
        "jay", "kite", "koala", "lark", "lion", "lynx", "mole", "moose", "newt", "otter", "owl", "panda", "quail",
        "raven", "robin", "seal", "shrew", "snail", "stork", "swan", "tern", "toad", "vole", "wolf", "wren", "yak"
    };

    private RunNames() {}

    static String invent(Ids ids) {
        return ADJECTIVES[ids.below(ADJECTIVES.length)] + "-" + ANIMALS[ids.below(ANIMALS.length)] + "-"
                + ids.below(1000);
    }
}
