/** How many series have a colour of their own; further ones are dashed. */
export const COLORS = 8

export function colorOf(index: number): string {
  return `var(--c-series-${(index % COLORS) + 1})`
}
