// What the type checker cannot see: colours live in tokens.css alone, nothing is set as raw HTML, no address of another
// host, no file that nobody could read.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const root = new URL('..', import.meta.url).pathname
const TOKENS = 'src/tokens.css'
const NAMED =
  'black|white|red|green|blue|yellow|orange|purple|pink|gray|grey|silver|maroon|olive|lime|teal|navy|aqua|cyan|magenta|brown|gold'
const RULES = [
  { in: /\.(tsx?|css)$/, not: TOKENS, pattern: /#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b(?!['"]?\s*\))/i, says: 'raw colour: use a token of src/tokens.css' },
  { in: /\.(tsx?|css)$/, not: TOKENS, pattern: /\b(?:rgba?|hsla?|hwb|oklch|oklab|lab|lch|light-dark)\(/, says: 'raw colour: use a token of src/tokens.css' },
  { in: /\.css$/, not: TOKENS, pattern: new RegExp(`:\\s*(?:${NAMED})\\s*[;!]`, 'i'), says: 'named colour: use a token of src/tokens.css' },
  { in: /\.tsx?$/, pattern: new RegExp(`(?:color|background|fill|stroke|borderColor)\\s*[:=]\\s*["'\`](?:${NAMED})["'\`]`, 'i'), says: 'named colour: use a token of src/tokens.css' },
  { in: /\.tsx$/, pattern: new RegExp(`\\b(?:bg|text|border|ring|fill|stroke|outline|divide|from|to|via|shadow|accent|caret|decoration)-(?:${NAMED}|slate|zinc|neutral|stone|amber|emerald|sky|indigo|violet|fuchsia|rose)(?:-\\d+)?\\b`), says: "Tailwind's own palette: use a token of src/tokens.css" },
  { in: /\.tsx?$/, pattern: /\btext-\[\d/, says: 'a size outside the typographic scale' },
  { in: /\.tsx?$/, pattern: /dangerouslySetInnerHTML|\.innerHTML\b|\.outerHTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\(/, says: 'raw HTML or code from text' },
  { in: /\.(tsx?|css|html|mjs)$/, pattern: /https?:\/\/(?!127\.0\.0\.1|localhost|www\.w3\.org|\$\{|\.\.\.|example\.)[a-z0-9-]+\.[a-z]/i, says: 'an address of another host' },
  { in: /\.(tsx?|mjs)$/, pattern: /\b(?:TODO|FIXME|XXX)\b/, says: 'unfinished: finish it or leave it out' },
]

const problems = []
for (const folder of ['src', 'test', 'scripts']) {
  for (const name of readdirSync(join(root, folder), { recursive: true })) {
    const file = join(folder, name)
    if (file === 'scripts/lint.mjs' || !/\.(tsx?|css|mjs|html)$/.test(file)) continue
    const lines = readFileSync(join(root, file), 'utf8').split('\n')
    for (const rule of RULES) {
      if (!rule.in.test(file) || rule.not === file || (folder !== 'src' && !/unfinished/.test(rule.says))) continue
      lines.forEach((line, at) => {
        const found = rule.pattern.exec(line)
        if (found) problems.push(`${relative('.', file)}:${at + 1}: ${rule.says}: ${found[0]}`)
      })
    }
    if (lines.length > 450) problems.push(`${file}: ${lines.length} lines; split it at the second idea`)
  }
}
if (/https?:\/\/(?!opencollective|github)/.test(readLock())) problems.push('package-lock.json holds download addresses; see .npmrc')

function readLock() {
  return [...readFileSync(join(root, 'package-lock.json'), 'utf8').matchAll(/"resolved":\s*"([^"]*)"/g)].map((m) => m[1]).join('\n')
}

if (problems.length > 0) {
  console.error(problems.join('\n'))
  console.error(`lint: ${problems.length} problem${problems.length === 1 ? '' : 's'}`)
  process.exit(1)
}
console.log('lint: no problem')
