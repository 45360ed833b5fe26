// Which key a press is, and whether it is meant for the page or for a field.

/** `j`, `?`, `g h` is not one press. With a modifier: `mod+k` for Ctrl or Cmd. */
export function keyOf(event: { key: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean }): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return event.ctrlKey || event.metaKey ? `mod+${key}` : event.altKey ? `alt+${key}` : key
}
