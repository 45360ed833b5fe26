// A Jupyter notebook as cells to be shown. Nothing of it runs: of each output the plainest form is taken.

export type Output = { kind: 'text' | 'error' | 'html'; text: string } | { kind: 'image'; url: string } | { kind: 'drawing'; text: string } | { kind: 'json'; value: unknown }

export interface NotebookCell {
  kind: 'markdown' | 'code' | 'raw'
  source: string
  count: number | undefined
  outputs: Output[]
}

export interface Notebook {
  language: string
  cells: NotebookCell[]
}

/** Undefined when it is no notebook. */
export function notebookOf(value: unknown): Notebook | undefined {
  const book = fields(value)
  const older = fields((book.worksheets as unknown[] | undefined)?.[0])
  const cells = Array.isArray(book.cells) ? book.cells : Array.isArray(older.cells) ? older.cells : undefined
  if (!cells) return undefined
  const metadata = fields(book.metadata)
  const language = fields(metadata.language_info).name ?? fields(metadata.kernelspec).language
  return { language: typeof language === 'string' ? language : '', cells: cells.map(cellOf) }
}

function cellOf(value: unknown): NotebookCell {
  const cell = fields(value)
  const kind = cell.cell_type === 'markdown' || cell.cell_type === 'heading' ? 'markdown' : cell.cell_type === 'code' ? 'code' : 'raw'
  const count = cell.execution_count ?? cell.prompt_number
  return {
    kind,
    source: textOf(cell.source ?? cell.input),
    count: typeof count === 'number' ? count : undefined,
    outputs: Array.isArray(cell.outputs) ? cell.outputs.flatMap(outputOf) : [],
  }
}

function outputOf(value: unknown): Output[] {
  const output = fields(value)
  switch (output.output_type) {
    case 'stream':
      return [{ kind: output.name === 'stderr' || output.stream === 'stderr' ? 'error' : 'text', text: withoutColours(textOf(output.text)) }]
    case 'error':
    case 'pyerr':
      return [{ kind: 'error', text: withoutColours(textOf(output.traceback, '\n')) || `${textOf(output.ename)}: ${textOf(output.evalue)}` }]
    default:
      return dataOf(fields(output.data ?? output))
  }
}

/** The form that needs least to be shown. */
function dataOf(data: Record<string, unknown>): Output[] {
  for (const type of ['image/png', 'image/jpeg', 'image/gif', 'image/webp']) {
    const image = textOf(data[type]).replace(/\s+/g, '')
    // Nothing but base64 may stand in the address.
    if (image !== '' && /^[A-Za-z0-9+/]+=*$/.test(image)) return [{ kind: 'image', url: `data:${type};base64,${image}` }]
  }
  if (data['image/svg+xml'] !== undefined) return [{ kind: 'drawing', text: textOf(data['image/svg+xml']) }]
  const plain = textOf(data['text/plain'])
  const html = textOf(data['text/html'])
  // A figure's plain text is only its name.
  if (plain !== '' && !(html !== '' && /^<[\w.]+(?: object| at 0x|>| size)/.test(plain))) return [{ kind: 'text', text: withoutColours(plain) }]
  if (html !== '') return [{ kind: 'html', text: html }]
  const json = Object.entries(data).find(([type]) => type === 'application/json' || type.endsWith('+json'))
  if (json) return [{ kind: 'json', value: json[1] }]
  return plain === '' ? [] : [{ kind: 'text', text: plain }]
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown, between = ''): string {
  return Array.isArray(value) ? value.map((line) => (typeof line === 'string' ? line : '')).join(between) : typeof value === 'string' ? value : ''
}

/** Without the marks by which a terminal colours text. */
export function withoutColours(text: string): string {
  return text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '')
}
