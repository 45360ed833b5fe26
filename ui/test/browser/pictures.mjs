// The pictures of docs/ui, made of the screens that the looks test visits.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { settled } from './stage.mjs'

const docs = new URL('../../../docs/ui/', import.meta.url).pathname
const LARGEST = 60_000
const shown = new Set(
  readdirSync(docs)
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) => [...readFileSync(join(docs, name), 'utf8').matchAll(/\(pictures\/([^)]+)\.webp\)/g)].map((found) => found[1])),
)

/** Writes `docs/ui/pictures/<name>.webp`, if a page shows it and UI_PICTURES says so. As sharp as the size allows. */
export async function pictureForDocs(page, name) {
  if (process.env.UI_PICTURES !== '1' || !shown.has(name)) return
  const before = page.viewportSize()
  await page.setViewportSize({ width: 1280, height: 800 })
  await settled(page)
  const session = await page.context().newCDPSession(page)
  for (const quality of [90, 80, 70, 60, 50]) {
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality })
    const picture = Buffer.from(data, 'base64')
    if (picture.length > LARGEST) continue
    writeFileSync(join(docs, 'pictures', `${name}.webp`), picture)
    await session.detach()
    await page.setViewportSize(before)
    return
  }
  assert.fail(`${name} does not fit into ${LARGEST} bytes`)
}
