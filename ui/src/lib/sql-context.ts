// What a query is about, as far as its text says while it is being written: which datasets, under which aliases.

export interface TableUse {
  dataset: string
  alias: string
}

const WORD = /"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*/u
const NAME = new RegExp(`(?:${WORD.source})(?:\\s*\\.\\s*(?:${WORD.source}))*`, 'u')
const USE = new RegExp(`(?:\\b(?:from|join)\\b|,)\\s*(${NAME.source})(?:\\s+(?:as\\s+)?(${WORD.source}))?`, 'giu')
const NO_ALIAS = new Set('at as on using where group order having limit union join inner left right full cross natural semi anti asof positional window qualify sample tablesample intersect except offset lateral set'.split(' '))

/** Comments and texts in quotes say nothing of tables. */
export function withoutTexts(sql: string): string {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)/g, (found) => ' '.repeat(found.length))
}

const bare = (word: string): string => (word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word)

/** The parts of a name that may be in quotes. */
export function partsOf(name: string): string[] {
  return (name.match(new RegExp(WORD.source, 'gu')) ?? []).map(bare)
}

export function tablesIn(sql: string, datasets: ReadonlySet<string>): TableUse[] {
  const text = withoutTexts(sql)
  const uses: TableUse[] = []
  for (let at = 0; at < text.length; ) {
    USE.lastIndex = at
    const found = USE.exec(text)
    if (!found) break
    // The word behind a table may be a keyword that begins what follows.
    at = found.index + Math.max(1, found[0].length - (found[2]?.length ?? 0))
    const parts = partsOf(found[1]!)
    const dataset = parts.join('.')
    if (!datasets.has(dataset)) continue
    const alias = found[2] && !NO_ALIAS.has(found[2].toLowerCase()) ? bare(found[2]) : parts.at(-1)!
    uses.push({ dataset, alias })
  }
  return uses
}
