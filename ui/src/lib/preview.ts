// Which preview a file gets, by its name and size. What no preview fits is downloaded.

export type PreviewKind = 'image' | 'table' | 'json' | 'markdown' | 'sandbox' | 'text' | 'none'

const LIMITS: Record<Exclude<PreviewKind, 'none'>, number> = {
  image: 20_000_000,
  table: 5_000_000,
  json: 2_000_000,
  markdown: 1_000_000,
  sandbox: 5_000_000,
  text: 2_000_000,
}

const KINDS: Record<string, Exclude<PreviewKind, 'none'>> = {}
function are(kind: Exclude<PreviewKind, 'none'>, endings: string): void {
  for (const ending of endings.split(' ')) KINDS[ending] = kind
}
are('image', 'png jpg jpeg gif webp avif bmp')
are('sandbox', 'html htm svg')
are('table', 'csv tsv')
are('json', 'json geojson ipynb')
are('markdown', 'md markdown')
are('text', 'txt log err out py r scala java js ts sh sql yaml yml toml ini cfg conf xml properties rst c h cpp rs go jsonl lock diff patch')

export function previewKind(path: string, bytes: number): PreviewKind {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  const kind = dot < 0 ? (/^(MLmodel|MLproject|Dockerfile|Makefile|README|LICENSE)$/.test(name) ? 'text' : undefined) : KINDS[name.slice(dot + 1).toLowerCase()]
  return kind && bytes <= LIMITS[kind] ? kind : 'none'
}

/** A link of a markdown text that may be followed; undefined for any other scheme. */
export function safeHref(href: string): string | undefined {
  // Browsers drop control characters inside a scheme, so they are dropped before it is judged.
  const plain = [...href].filter((c) => c > ' ' && c !== '\u007f').join('')
  return /^(https?:\/\/|mailto:)/i.test(plain) ? plain : undefined
}
