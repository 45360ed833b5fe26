/// The registry: registered models, their versions, stages, aliases and tags; prompts are registered models with a tag.
@NullMarked
package io.millwright.registry;

import org.jspecify.annotations.NullMarked;
