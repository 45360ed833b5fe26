// Writes NAME.br and NAME.gz beside each text file of dist, so that the server only has to send them.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const dist = new URL('../dist/', import.meta.url).pathname
const TEXT = /\.(js|css|html|svg|json)$/

for (const name of readdirSync(dist, { recursive: true })) {
  const file = join(dist, name)
  if (!TEXT.test(name) || !statSync(file).isFile()) continue
  const content = readFileSync(file)
  if (content.length < 512) continue
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }
  writeFileSync(file + '.br', brotliCompressSync(content, brotli))
  writeFileSync(file + '.gz', gzipSync(content, { level: 9 }))
}
