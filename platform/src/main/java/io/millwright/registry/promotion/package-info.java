/// Promotion with evidence: which models, stages and aliases move only when checks pass and people agree.
@NullMarked
package io.millwright.registry.promotion;

import org.jspecify.annotations.NullMarked;
