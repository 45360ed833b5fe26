// Namespaces nest by dots; as a tree, with how many datasets each holds.

export interface Namespace {
  name: string
  /** Its last part. */
  label: string
  depth: number
  /** With those of the namespaces below. */
  datasets: number
}

export const namespaceOf = (dataset: string): string => dataset.slice(0, Math.max(0, dataset.lastIndexOf('.')))

/** In the order in which a tree is read; namespaces above those given are there as well. */
export function namespaceTree(names: readonly string[], datasets: readonly string[]): Namespace[] {
  const counts = new Map<string, number>()
  const chain = (name: string): string[] => name.split('.').map((_, i, parts) => parts.slice(0, i + 1).join('.'))
  for (const name of names) for (const each of chain(name)) counts.set(each, 0)
  for (const dataset of datasets) {
    const namespace = namespaceOf(dataset)
    if (namespace !== '') for (const each of chain(namespace)) counts.set(each, (counts.get(each) ?? 0) + 1)
  }
  const parts = (name: string) => name.split('.')
  return [...counts]
    .map(([name, count]) => ({ name, label: parts(name).at(-1)!, depth: parts(name).length - 1, datasets: count }))
    .sort((a, b) => byParts(parts(a.name), parts(b.name)))
}

function byParts(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = a[i]!.localeCompare(b[i]!, undefined, { numeric: true })
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** How often each word stands in the lists, the most frequent first. */
export function countWords(lists: readonly (readonly string[])[]): { word: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const list of lists) for (const word of new Set(list)) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts].map(([word, count]) => ({ word, count })).sort((a, b) => b.count - a.count || a.word.localeCompare(b.word))
}

/** Words as one types them, with commas between. */
export const wordsOf = (text: string): string[] => [...new Set(text.split(',').map((word) => word.trim()))].filter((word) => word !== '')
