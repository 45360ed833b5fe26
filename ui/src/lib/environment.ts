// What a run ran in, from the files that clients store beside a model: a row for each package or setting.

export const ENVIRONMENT_FILES = ['requirements.txt', 'conda.yaml', 'python_env.yaml'] as const

/** A longer file is none that a client wrote by itself. */
export const LONGEST_ENVIRONMENT = 200_000

export function isEnvironmentFile(path: string): boolean {
  return (ENVIRONMENT_FILES as readonly string[]).includes(path.slice(path.lastIndexOf('/') + 1))
}

/** Lines by what they are about, so that one package is one row whatever its version. */
export function environmentRows(file: string, text: string): Record<string, string> {
  const name = file.slice(file.lastIndexOf('/') + 1)
  const rows: Record<string, string> = {}
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.replace(/(^|\s)#.*$/, '').trim().replace(/^-\s+/, '')
    // Headings of lists say nothing by themselves.
    if (line === '' || /^[\w-]+:$/.test(line)) continue
    const match = /^([A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?)\s*(.*)$/.exec(line)
    const key = `${match ? match[1]!.toLowerCase() : line} · ${name}`
    const value = match ? match[2]!.replace(/^[:=]\s*(?![=])/, '').replace(/^==\s*/, '') || 'any' : 'yes'
    rows[key] = rows[key] === undefined ? value : `${rows[key]}\n${value}`
  }
  return rows
}
