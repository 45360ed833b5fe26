// Tables as text and back.

/** RFC 4180, with a quote before what a spreadsheet would run as a formula. */
export function toCsv(rows: readonly (readonly (string | number | null | undefined)[])[]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) && !/^[-+]?[\d.]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** At most `most` rows; quotes and their doubling are understood, ragged rows are kept as they are. */
export function parseCsv(text: string, separator: string, most: number): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let field = ''
  let inQuotes = false
  for (let at = 0; at < text.length && rows.length < most; at++) {
    const c = text[at]!
    if (inQuotes) {
      if (c !== '"') field += c
      else if (text[at + 1] === '"') {
        field += '"'
        at++
      } else inQuotes = false
    } else if (c === '"' && field === '') {
      inQuotes = true
    } else if (c === separator) {
      row.push(field)
      field = ''
    } else if (c === '\n' || c === '\r') {
      if (c === '\r' && text[at + 1] === '\n') at++
      rows.push([...row, field])
      row = []
      field = ''
    } else {
      field += c
    }
  }
  if (rows.length < most && (field !== '' || row.length > 0)) rows.push([...row, field])
  return rows
}
