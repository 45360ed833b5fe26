// Every screen has its page in docs/ui, with a picture of it.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const LARGEST_PICTURE = 60_000
const root = join(import.meta.dirname, '../../../../..')
const docs = join(root, 'docs/ui')
const pages = readdirSync(docs).filter((name) => name.endsWith('.md') && name !== 'README.md')
const read = (page: string): string => readFileSync(join(docs, page), 'utf8')

test('every screen has a page, and every page a screen', () => {
  const routes = [...readFileSync(join(root, 'ui/src/router.tsx'), 'utf8').matchAll(/\bpath: '([^']+)'/g)].map((found) => found[1]!)
  const told = pages.flatMap((page) => [...read(page).matchAll(/^\*.+\* Address: `\/ui([^`]+)`/gm)].map((found) => found[1]!))
  assert.deepEqual(told.sort(), routes.sort(), 'docs/ui/<screen>.md says its question and "Address: `/ui/…`" as src/router.tsx has it')
})

test('every page shows a picture that is there and small, and no picture is left over', () => {
  const shown = new Set<string>()
  for (const page of pages) {
    const pictures = [...read(page).matchAll(/!\[[^\]]+\]\((pictures\/[^)]+)\)/g)].map((found) => found[1]!)
    assert.ok(pictures.length > 0, `${page} shows no picture`)
    for (const picture of pictures) {
      assert.ok(existsSync(join(docs, picture)), `${page}: no ${picture}; UI_PICTURES=1 makes it, see docs/ui/README.md`)
      assert.ok(statSync(join(docs, picture)).size <= LARGEST_PICTURE, `${picture} has ${statSync(join(docs, picture)).size} bytes`)
      shown.add(picture)
    }
  }
  for (const name of readdirSync(join(docs, 'pictures'))) assert.ok(shown.has(`pictures/${name}`), `no page shows pictures/${name}`)
})

test('the list of screens leads to every page', () => {
  for (const page of pages) assert.ok(read('README.md').includes(`](${page})`), `docs/ui/README.md does not lead to ${page}`)
})
